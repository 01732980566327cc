/**
 * Long work of several at once, such as answers that go through all partitions: each works on while the slice is not over, and then waits for its next. All
 * that wait are served by turns, one in each turn of the event loop, so that together they hold up others for no longer than one would.
 */
import type { Clock } from './clock.ts'

/** Milliseconds of a turn that go to them, beside what the last step takes. */
const sliceMs = 5

/** See the head of the file. */
export class SharedSlices {
  readonly #clock: Clock
  #endMs = Number.NEGATIVE_INFINITY
  #isDue = false
  readonly #waiting: (() => void)[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether others are to have their turn now. */
  get isOver(): boolean {
    return this.#clock.monotonicMs() >= this.#endMs
  }

  /** Resolves at the begin of a slice, in another turn. */
  next(): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      if (!this.#isDue) this.#expect()
    })
  }

  #expect(): void {
    this.#isDue = true
    this.#clock.immediate(() => {
      this.#isDue = false
      this.#endMs = this.#clock.monotonicMs() + sliceMs
      const resolve = this.#waiting.shift()!
      if (this.#waiting.length > 0) this.#expect()
      resolve()
    })
  }
}
