/** A clock that stands still until it is turned: minutes of timeouts pass in a test in no time, and in the same order every time. */
import { type Clock, systemClock, type Timer } from '../base/clock.ts'
import { Deadlines } from '../base/deadlines.ts'
import { Queue } from '../base/queue.ts'

class ManualTimer implements Timer {
  readonly #timers: Deadlines<ManualTimer>
  readonly run: () => void

  constructor(timers: Deadlines<ManualTimer>, run: () => void) {
    this.#timers = timers
    this.run = run
  }

  cancel(): void {
    this.#timers.cancel(this)
  }
}

/** How a manual clock begins. */
export interface ManualClockOptions {
  /** Milliseconds since 1970 at the beginning. */
  now?: number
  /**
   * 'held' (the default): work for the end of the turn waits for `advance` or `runImmediates`, for tests without sockets.
   * 'real': it runs at the end of the event loop's real turn, for tests in which sockets are read.
   */
  immediates?: 'held' | 'real'
}

export class ManualClock implements Clock {
  #now: number
  readonly #startMs: number
  readonly #realImmediates: boolean
  readonly #timers = new Deadlines<ManualTimer>()
  readonly #immediates = new Queue<() => void>()

  constructor({ now = Date.UTC(2026, 0, 1), immediates = 'held' }: ManualClockOptions = {}) {
    this.#now = now
    this.#startMs = now
    this.#realImmediates = immediates === 'real'
  }

  now(): number {
    return this.#now
  }

  monotonicMs(): number {
    return this.#now - this.#startMs
  }

  schedule(delayMs: number, run: () => void): Timer {
    const timer = new ManualTimer(this.#timers, run)
    this.#timers.set(timer, this.#now + Math.max(0, delayMs))
    return timer
  }

  immediate(run: () => void): void {
    if (this.#realImmediates) systemClock.immediate(run)
    else this.#immediates.push(run)
  }

  /** Timers that were set and neither ran nor were cancelled. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  /** When the next timer is due, in milliseconds since 1970; Infinity where there is none. */
  get nextTimerMs(): number {
    return this.#timers.nextMs()
  }

  /** Work that is held for the end of the turn. */
  get heldImmediates(): number {
    return this.#immediates.length
  }

  /** Turns the clock by so many milliseconds; what falls due runs in order, each at its own moment, with what it schedules in turn. */
  advance(ms: number): void {
    const end = this.#now + ms
    this.runImmediates()
    while (this.#timers.nextMs() <= end) {
      this.#now = Math.max(this.#now, this.#timers.nextMs())
      this.#timers.expireOne(this.#now)?.run()
      this.runImmediates()
    }
    this.#now = end
  }

  /** Time passes, and nothing runs: as where something is done before the event loop looks for timers that are due. */
  pass(ms: number): void {
    this.#now += ms
  }

  /**
   * Time in which the process was held up: timers that fell due meanwhile run when it is over, all of them late. What is held for
   * the end of the turn is left to `runImmediates`, so that a test can bring what came in meanwhile before it.
   */
  holdUp(ms: number): void {
    this.pass(ms)
    while (this.#timers.nextMs() <= this.#now) this.#timers.expireOne(this.#now)?.run()
  }

  /**
   * Turns the clock of something that goes on by itself: after each moment at which something was due, `settled` is awaited, so that all that
   * follows from it has been done before time goes on.
   */
  async advanceWith(ms: number, settled: () => Promise<void>): Promise<void> {
    const end = this.#now + ms
    await settled()
    while (this.nextTimerMs <= end) {
      this.advance(Math.max(0, this.nextTimerMs - this.#now))
      await settled()
    }
    this.advance(end - this.#now)
    await settled()
  }

  /** Runs the held work for the end of the turn, and what it adds to it. */
  runImmediates(): void {
    for (let run = this.#immediates.shift(); run; run = this.#immediates.shift()) run()
  }

  /** Runs the first of it alone. */
  runOneImmediate(): void {
    this.#immediates.shift()?.()
  }
}
