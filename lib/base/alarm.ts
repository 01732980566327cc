/** One real timer for a whole set of deadlines. */
import type { Clock, Timer } from './clock.ts'

/** Which of the clock's two times the alarm is set in. */
export type AlarmScale = 'now' | 'monotonicMs'

/** Calls `fire` once at or after the moment it is set to. Moving it later is free: the timer re-arms itself when it rings. */
export class Alarm {
  readonly #clock: Clock
  readonly #fire: () => void
  readonly #scale: AlarmScale
  #timer: Timer | null = null
  #atMs = Number.POSITIVE_INFINITY
  #ringsMs = Number.POSITIVE_INFINITY

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
  }

  #arm(): void {
    this.#ringsMs = this.#atMs
    this.#timer = this.#clock.schedule(Math.max(0, this.#atMs - this.#clock[this.#scale]()), () => this.#rang())
  }

  #rang(): void {
    if (this.#clock[this.#scale]() < this.#atMs) {
      this.#arm()
      return
    }
    this.cancel()
    this.#fire()
  }
}
