/** How long the event loop keeps others waiting, looked at by a timer that is set again and again. */
import type { Clock, Timer } from './clock.ts'
import { TimeHistogram, ticksOf } from './time-histogram.ts'

/** Often enough to find what holds it up for long, and seldom enough to cost nothing. */
const everyMs = 100

export class EventLoopDelays {
  readonly times = new TimeHistogram()
  readonly #clock: Clock
  #timer: Timer

  constructor(clock: Clock) {
    this.#clock = clock
    this.#timer = this.#look()
  }

  stop(): void {
    this.#timer.cancel()
  }

  #look(): Timer {
    const dueMs = this.#clock.monotonicMs() + everyMs
    return this.#clock.schedule(everyMs, () => {
      this.times.add(ticksOf(this.#clock.monotonicMs() - dueMs))
      this.#timer = this.#look()
    })
  }
}
