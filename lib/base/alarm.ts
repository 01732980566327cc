/** One real timer for a whole set of deadlines. */
import type { Clock, Timer } from './clock.ts'

/** Which of the clock's two times the alarm is set in. */
export type AlarmScale = 'now' | 'monotonicMs'

/**
 * Milliseconds by which something is late where the process was held up, as by a stopped container, and not only busy. What came in
 * meanwhile came perhaps in time and was not heard of: it is to be heard first.
 */
export const heldUpMs = 20

/**
 * Calls `fire` once at or after the moment it is set to: where the process was held up, at the end of the turn, in which what came in
 * meanwhile is read. Moving it later is free: the timer re-arms itself when it rings.
 */
export class Alarm {
  readonly #clock: Clock
  readonly #fire: () => void
  readonly #scale: AlarmScale
  #timer: Timer | null = null
  #atMs = Number.POSITIVE_INFINITY
  /** When the timer is to ring; in the past while the end of the turn is waited for. */
  #ringsMs = Number.POSITIVE_INFINITY
  #armedMs = 0
  #waitsForTurn = false

  constructor(clock: Clock, fire: () => void, scale: AlarmScale = 'now') {
    this.#clock = clock
    this.#fire = fire
    this.#scale = scale
  }

  /** Sets the moment, in milliseconds on the alarm's scale; replaces the one before. Infinity: never. */
  set(atMs: number): void {
    this.#atMs = atMs
    if (atMs === Number.POSITIVE_INFINITY) {
      this.cancel()
    } else if (atMs < this.#ringsMs) {
      this.#timer?.cancel()
      this.#arm()
    }
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#atMs = Number.POSITIVE_INFINITY
    this.#ringsMs = Number.POSITIVE_INFINITY
    this.#waitsForTurn = false
  }

  #arm(): void {
    const now = this.#clock[this.#scale]()
    this.#armedMs = now
    this.#ringsMs = this.#atMs
    const delayMs = this.#atMs - now
    this.#timer = delayMs > 0 ? this.#clock.schedule(delayMs, () => this.#rang()) : this.#soon()
  }

  /** What is due already needs no time to pass: it goes off at the end of this turn, also where the clock stands still. */
  #soon(): Timer {
    let isCancelled = false
    this.#clock.immediate(() => {
      if (!isCancelled) this.#rang()
    })
    return {
      cancel: () => {
        isCancelled = true
      },
    }
  }

  #rang(): void {
    this.#timer = null
    const lateMs = this.#clock[this.#scale]() - Math.max(this.#atMs, this.#armedMs)
    if (lateMs <= heldUpMs) {
      this.#fireIfDue()
      return
    }
    this.#waitsForTurn = true
    this.#ringsMs = Number.NEGATIVE_INFINITY
    this.#clock.immediate(() => {
      if (this.#waitsForTurn) this.#fireIfDue()
    })
  }

  #fireIfDue(): void {
    this.#waitsForTurn = false
    if (this.#clock[this.#scale]() < this.#atMs) {
      this.#arm()
      return
    }
    this.cancel()
    this.#fire()
  }
}
