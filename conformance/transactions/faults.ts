/** What is done to brokers and clients while they work: kills and pauses, in an order drawn by chance. */
import type { Random } from '../../lib/base/random.ts'
import type { BrokerUnderTest } from './brokers.ts'
import type { Kept } from './kept.ts'
import type { ClientProcess } from './puppet.ts'
import { pause, transactionMsMax, type Writer } from './writer.ts'

/** Who can be met. */
export interface Victims {
  readonly broker: BrokerUnderTest
  readonly writers: readonly Writer[]
  readonly readers: readonly Kept[]
  readonly copiers: readonly Kept[]
}

export const faultNames = [
  'kill the broker',
  'pause the broker',
  'kill a writer',
  'pause a writer',
  'replace a paused writer',
  'kill a reader',
  'kill a copier',
  'pause a copier',
] as const
export type FaultName = (typeof faultNames)[number]

/** Goes through the faults again and again until it is ended, each time in another order. */
export class Faults {
  readonly #victims: Victims
  readonly #random: Random
  readonly #names: readonly FaultName[]
  readonly #running: Promise<void>
  /** Pauses of clients go on beside other faults. */
  readonly #pauses = new Set<Promise<void>>()
  #isOver = false
  readonly counts = new Map<FaultName, number>()

  constructor(victims: Victims, random: Random, names: readonly FaultName[]) {
    this.#victims = victims
    this.#random = random
    const { broker, readers, copiers, writers } = victims
    const isPossible: Record<FaultName, boolean> = {
      'kill the broker': broker.killAndRestart !== undefined,
      'pause the broker': broker.signal !== undefined,
      'kill a writer': writers.length > 0,
      'pause a writer': writers.length > 0,
      'replace a paused writer': writers.length > 0,
      'kill a reader': readers.length > 0,
      'kill a copier': copiers.length > 0,
      'pause a copier': copiers.length > 0,
    }
    this.#names = names.filter(name => isPossible[name])
    this.#running = this.#run()
  }

  /** How often somebody was killed. */
  get kills(): number {
    return [...this.counts].reduce((sum, [name, count]) => sum + (name.startsWith('kill') ? count : 0), 0)
  }

  /** No more faults; resolves once all that were stopped go on. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.#running
    await Promise.all(this.#pauses)
  }

  async #run(): Promise<void> {
    let deck: FaultName[] = []
    while (!this.#isOver) {
      await pause(300 + this.#random.int(2_000))
      if (this.#isOver || this.#names.length === 0) return
      if (deck.length === 0) deck = [...this.#names]
      const [name] = deck.splice(this.#random.int(deck.length), 1) as [FaultName]
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
      await this.#carryOut(name)
    }
  }

  async #carryOut(name: FaultName): Promise<void> {
    const { broker, writers, readers, copiers } = this.#victims
    const random = this.#random
    const oneOf = <T>(all: readonly T[]) => all[random.int(all.length)]!
    if (name === 'kill the broker') {
      await broker.killAndRestart!()
    } else if (name === 'pause the broker') {
      // Longer than clients wait for an answer, so that they send again what it may have taken.
      broker.signal!('SIGSTOP')
      await pause(1_000 + random.int(2_500))
      broker.signal!('SIGCONT')
    } else if (name === 'kill a writer') {
      oneOf(writers).process.signal('SIGKILL')
    } else if (name === 'pause a writer') {
      this.#stop(oneOf(writers).process, random.int(2) === 0 ? 500 : transactionMsMax + 1_000)
    } else if (name === 'replace a paused writer') {
      const writer = oneOf(writers)
      this.#stop(writer.process, 1_000 + random.int(3_000))
      writer.replace()
    } else if (name === 'kill a reader') {
      oneOf(readers).process.signal('SIGKILL')
    } else if (name === 'kill a copier') {
      oneOf(copiers).process.signal('SIGKILL')
    } else {
      this.#stop(oneOf(copiers).process, random.int(2) === 0 ? 500 : broker.sessionMsMin + 1_500)
    }
  }

  #stop(process: ClientProcess, ms: number): void {
    process.signal('SIGSTOP')
    const paused = pause(ms).then(() => {
      process.signal('SIGCONT')
      this.#pauses.delete(paused)
    })
    this.#pauses.add(paused)
  }
}
