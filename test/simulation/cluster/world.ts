/** What a simulated cluster lives in: brokers, a network, a store and time, all out of one seed. */
import { type Random, seededRandom } from '../../../lib/base/random.ts'
import { EmbeddedStore } from '../../../lib/metadata/embedded.ts'
import { memoryJournal } from '../../../lib/metadata/journal.ts'
import { MemoryNetwork } from '../../../lib/network/memory.ts'
import { ManualClock } from '../../../lib/testing/clock.ts'
import { Died } from '../../storage/simulated-files.ts'
import { turnOfTheLoop } from '../../turn-of-the-loop.ts'
import { hostOf, Node } from './node.ts'

export interface ClusterWorldOptions {
  readonly brokers: number
  readonly properties: Readonly<Record<string, string>>
  /** How many of a thousand answers of the store are lost. */
  readonly lost: number
  readonly trace?: ((line: string) => void) | undefined
}

export class ClusterWorld {
  readonly random: Random
  readonly clock = new ManualClock()
  readonly network: MemoryNetwork
  readonly store = new EmbeddedStore(memoryJournal())
  readonly nodes: readonly Node[]
  /** What no part may have run into. */
  readonly errors: Error[] = []
  readonly #startMs: number
  readonly #options: ClusterWorldOptions
  /** Called after each step. */
  observe: () => void = () => {}

  constructor(seed: number, options: ClusterWorldOptions) {
    this.random = seededRandom(seed)
    this.#options = options
    this.#startMs = this.clock.now()
    const { clock, random, store } = this
    this.network = new MemoryNetwork({ clock, random, delayMs: [0, 4] })
    const { properties, lost } = options
    const say = (line: () => string) => this.say(line)
    const failed = (error: Error) => this.failed(error)
    this.nodes = Array.from(
      { length: options.brokers },
      (_, i) => new Node({ id: i + 1, clock, network: this.network, random, store, lost, properties, say, failed }),
    )
  }

  say(line: () => string): void {
    this.#options.trace?.(`${this.clock.now() - this.#startMs} ms: ${line()}`)
  }

  failed(error: Error): void {
    this.say(() => `failed: ${error.stack}`)
    this.errors.push(error)
  }

  raise(): void {
    const [error] = this.errors
    if (error) throw error
  }

  /** Nothing comes through between a broker and anybody; its process may stand still as well. */
  block(node: Node, others: Iterable<string>): void {
    for (const other of others) this.network.block(hostOf(node.id), other)
  }

  unblock(node: Node, others: Iterable<string>): void {
    for (const other of others) this.network.unblock(hostOf(node.id), other)
  }

  /** What can run runs; then time goes on to the next moment at which something is due. */
  async step(endMs: number): Promise<void> {
    await turnOfTheLoop()
    const { clock } = this
    try {
      if (clock.heldImmediates > 0) clock.runImmediates()
      else clock.advance(Math.max(0, Math.min(endMs, clock.nextTimerMs) - clock.now()))
    } catch (error) {
      // Thrown into a broker that is dead: nobody is there to catch it.
      if (!(error instanceof Died)) throw error
    }
    this.observe()
    this.raise()
  }

  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms
    while (this.clock.now() < end) await this.step(end)
  }

  /** Time goes on until the promise is settled, at the most for so long. */
  async passing<T>(promise: Promise<T>, what: string, msMax = 300_000): Promise<T> {
    let isSettled = false
    const settled = promise.finally(() => {
      isSettled = true
    })
    settled.catch(() => undefined)
    const end = this.clock.now() + msMax
    for (;;) {
      await turnOfTheLoop()
      if (isSettled) return settled
      if (this.clock.now() >= end) throw new Error(`${what} takes for ever`)
      await this.step(this.clock.now() + 1_000)
    }
  }

  /** Time goes on until something is so. */
  async until(isSo: () => boolean, what: string, msMax = 300_000): Promise<void> {
    const end = this.clock.now() + msMax
    while (!isSo()) {
      if (this.clock.now() >= end) throw new Error(`${what}: never`)
      await this.step(this.clock.now() + 1_000)
    }
  }
}
