/** A writer of random transactions: one transactional id in the hands of one process after the other, sometimes of two at once. */
import type { Random } from '../../lib/base/random.ts'
import type { Event } from './history.ts'
import { type Command, Puppet } from './puppet.ts'

/** A process that is stopped for longer finds its transaction aborted. */
export const transactionMsMax = 3_000

export interface WriterOptions {
  readonly name: string
  readonly transactionalId: string
  readonly command: Command
  readonly topic: string
  readonly partitions: number
  readonly random: Random
  /** Takes what happens. */
  readonly record: (event: Event) => void
}

/** One process of a writer. */
interface Life {
  readonly puppet: Puppet
  readonly number: number
  /** Another process has its transactional id: whatever fails is not tried again. */
  isReplaced: boolean
}

export class Writer {
  readonly #options: WriterOptions
  readonly #lives = new Set<Promise<void>>()
  #current: Life
  #count = 0
  #isOver = false
  /** It has done a whole transaction. */
  isAtWork = false

  constructor(options: WriterOptions) {
    this.#options = options
    this.#current = this.#begin()
  }

  /** The process that has the transactional id now. */
  get process(): Puppet['process'] {
    return this.#current.puppet.process
  }

  /** Gives the transactional id to a new process, whatever becomes of the one that had it. */
  replace(): void {
    this.#current.isReplaced = true
    this.#current = this.#begin()
  }

  /** No more transactions are begun; resolves when those under way have come to their ends. */
  async end(): Promise<void> {
    this.#isOver = true
    while (this.#lives.size > 0) await Promise.all(this.#lives)
  }

  #begin(): Life {
    const life: Life = { puppet: new Puppet(this.#options.command), number: ++this.#count, isReplaced: false }
    const lived = this.#live(life).finally(async () => {
      await life.puppet.process.kill()
      this.#lives.delete(lived)
      if (life === this.#current && !this.#isOver) this.replace()
    })
    this.#lives.add(lived)
    return life
  }

  async #live(life: Life): Promise<void> {
    const { puppet } = life
    const { transactionalId } = this.#options
    let count = 0
    while (!this.#isOver && !puppet.process.isEnded) {
      const isReady = (await puppet.ask(`init ${transactionalId} ${transactionMsMax}`)) === 'ok'
      if (!isReady) await pause(100)
      while (isReady && !this.#isOver) {
        if (!(await this.#transaction(life, ++count))) break
        this.isAtWork = true
        await pause(this.#options.random.int(20))
      }
      if (life.isReplaced) return
    }
  }

  /** One transaction; false where anything in it failed, so that the producer has to begin anew. */
  async #transaction({ puppet, number }: Life, count: number): Promise<boolean> {
    const { name, topic, partitions, random, record } = this.#options
    const transaction = `${name}.${number}.${count}`
    if ((await puppet.ask('begin')) !== 'ok') return false
    let values = 0
    for (let sends = 1 + random.int(3); sends > 0; sends--) {
      const records: string[] = []
      for (let left = 1 + random.int(3); left > 0; left--) {
        const index = random.int(partitions)
        const value = `${transaction}:${++values}`
        record({ type: 'send', transaction, partition: `${topic}-${index}`, value })
        records.push(`${index}=${value}`)
      }
      if ((await puppet.ask(`send ${topic} ${records.join(' ')}`)) !== 'ok') return false
      if (random.int(4) === 0) await pause(random.int(50))
    }
    if (random.int(4) === 0) return (await puppet.ask('abort')) === 'ok'
    record({ type: 'commit', transaction })
    if ((await puppet.ask('commit')) !== 'ok') return false
    record({ type: 'committed', transaction })
    return true
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
