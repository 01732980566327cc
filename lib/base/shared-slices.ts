/**
 * Long work of several at once, such as answers that go through all partitions, or logs of many new partitions to be made: each works on while the slice
 * is not over, and then waits for its next. All that wait are served by turns, one in each turn of the event loop, so that together they hold up others for
 * no longer than one would.
 */
import type { Clock } from './clock.ts'
import { Queue } from './queue.ts'

/**
 * Milliseconds of a turn that go to them, beside what the last step takes: less by what others took since the slice before, as sockets, timers and the
 * collector of garbage hold up those who wait just as well; but so much at the least that they get on however busy all others are.
 */
const [sliceMs, sliceMsMin] = [5, 1]

const byClock = new WeakMap<Clock, SharedSlices>()

/** The slices of who goes by this clock: there is one event loop behind it. */
export function slicesOf(clock: Clock): SharedSlices {
  let slices = byClock.get(clock)
  if (slices === undefined) {
    slices = new SharedSlices(clock)
    byClock.set(clock, slices)
  }
  return slices
}

/** See the head of the file. */
export class SharedSlices {
  readonly #clock: Clock
  #endMs = Number.NEGATIVE_INFINITY
  /** When the others' part of the turn began. */
  #othersMs = 0
  /** Whether the next slice is some turn's end away. */
  #isTaken = false
  #isDue = false
  readonly #waiting = new Queue<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether others are to have their turn now. */
  get isOver(): boolean {
    return this.#clock.monotonicMs() >= this.#endMs
  }

  /** When the present slice ends. */
  get endMs(): number {
    return this.#endMs
  }

  /** Resolves at the begin of a slice, in another turn. */
  next(): Promise<void> {
    return new Promise(resolve => this.wait(resolve))
  }

  /** Runs `run` at the begin of a slice, in another turn. */
  wait(run: () => void): void {
    this.#waiting.push(run)
    if (this.#isTaken || this.#isDue) return
    this.#isDue = true
    this.#othersMs = this.#clock.monotonicMs()
    this.#atEnd(() => {
      this.#isDue = false
      this.#begin()
    })
  }

  /** Begins a slice at once; false where somebody has one, or waits for it. */
  take(): boolean {
    if (this.#isTaken || this.#waiting.length > 0) return false
    this.#open(sliceMs)
    // Anywhere in a turn: sockets are not read before its end, and are to be read before the next slice.
    this.#clock.immediate(() => this.#atEnd(() => this.#free()))
    return true
  }

  /** At the end of a turn; a slice that `run` begins does not outlast it. Who waited for a socket meanwhile would work ahead of the next slice. */
  #atEnd(run: () => void): void {
    this.#clock.immediate(run)
    this.#clock.immediate(() => {
      this.#endMs = Number.NEGATIVE_INFINITY
      this.#othersMs = this.#clock.monotonicMs()
    })
  }

  #begin(): void {
    this.#open(Math.max(sliceMsMin, sliceMs - (this.#clock.monotonicMs() - this.#othersMs)))
    this.#atEnd(() => this.#free())
    this.#waiting.shift()!()
  }

  #open(ms: number): void {
    this.#isTaken = true
    this.#endMs = this.#clock.monotonicMs() + ms
  }

  #free(): void {
    this.#isTaken = false
    this.#endMs = Number.NEGATIVE_INFINITY
    if (this.#waiting.length > 0) this.#begin()
  }
}
