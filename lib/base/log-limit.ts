/** Keeps a client that misbehaves a thousand times a second from writing a thousand lines a second. */
import type { Clock } from './clock.ts'

/** So many lines per window of time; the rest are counted and told with the next line that is let through. */
export class LogLimit {
  readonly #clock: Clock
  readonly #linesMax: number
  readonly #windowMs: number
  #windowStartMs = Number.NEGATIVE_INFINITY
  #lines = 0
  #suppressed = 0

  constructor(clock: Clock, linesMax = 10, windowMs = 10_000) {
    this.#clock = clock
    this.#linesMax = linesMax
    this.#windowMs = windowMs
  }

  /** Whether a line may be written now; if so, how many were left out since the last one (undefined for none, so that it logs as nothing). */
  take(): { readonly leftOut: number | undefined } | null {
    const now = this.#clock.monotonicMs()
    if (now - this.#windowStartMs >= this.#windowMs) {
      this.#windowStartMs = now
      this.#lines = 0
    }
    if (this.#lines >= this.#linesMax) {
      this.#suppressed++
      return null
    }
    this.#lines++
    const leftOut = this.#suppressed || undefined
    this.#suppressed = 0
    return { leftOut }
  }
}
