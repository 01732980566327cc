/**
 * Long work of all shards of a topic, such as replaying their logs: some milliseconds in each turn of the event loop, shared by all that
 * have any, so that requests wait no longer where fifty partitions have something to do.
 */
import type { Clock } from '../base/clock.ts'
import { Queue } from '../base/queue.ts'

/** Milliseconds of a turn that go to long work, beside what the last step takes. */
const sliceMs = 5

/** A short piece of long work; true where there is more. */
export type Step = () => boolean

/** See the head of the file. */
export class Work {
  readonly #clock: Clock
  readonly #steps = new Queue<Step>()
  /** Whether this turn has a slice already, and when it ends. */
  #hasSlice = false
  #endMs = 0
  readonly #idlers: (() => void)[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Takes the step until it is done: for the first time at once, where this turn has time for it. */
  add(step: Step): void {
    this.#beginSlice()
    if (!this.hasTime() || step()) this.#steps.push(step)
  }

  /** Resolves when nothing is left to do. */
  idle(): Promise<void> {
    if (this.#steps.length === 0) return Promise.resolve()
    return new Promise(resolve => this.#idlers.push(resolve))
  }

  /** Whether this turn has time for more. */
  readonly hasTime = (): boolean => this.#clock.monotonicMs() < this.#endMs

  #beginSlice(): void {
    if (this.#hasSlice) return
    this.#hasSlice = true
    this.#endMs = this.#clock.monotonicMs() + sliceMs
    this.#clock.immediate(() => this.#nextSlice())
  }

  #nextSlice(): void {
    this.#hasSlice = false
    if (this.#steps.length === 0) return
    this.#beginSlice()
    do {
      const step = this.#steps.shift()!
      if (step()) this.#steps.push(step)
    } while (this.#steps.length > 0 && this.hasTime())
    if (this.#steps.length === 0) for (const tell of this.#idlers.splice(0)) tell()
  }
}
