/** How many records a second `ottla perf produce` sends at most. */
import type { Clock, Timer } from '../../base/clock.ts'

/** Counts from when it is made: what a producer was kept from sending, it makes up for. */
export class Pace {
  readonly #perSecond: number
  readonly #clock: Clock
  readonly #startMs: number
  #timer: Timer | null = null
  #isStopped = false

  /** Without a limit where `perSecond` is not above zero. */
  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond
    this.#clock = clock
    this.#startMs = clock.monotonicMs()
  }

  /** Resolves when the next one may go after so many; null where it may at once. */
  due(sent: number): Promise<void> | null {
    if (this.#perSecond <= 0 || this.#isStopped) return null
    const aheadMs = (1_000 * sent) / this.#perSecond - (this.#clock.monotonicMs() - this.#startMs)
    if (aheadMs < 1) return null
    return new Promise(resolve => {
      this.#timer = this.#clock.schedule(aheadMs, resolve)
    })
  }

  /** Nobody waits any more. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }
}
