/** Keeps a cleaning from taking more of the disk than it may. */

/** Counts bytes against a rate. */
export class Throttle {
  readonly #bytesPerSecondMax: number
  /** When what was counted until now has had its time, in milliseconds. */
  #paidMs = 0

  constructor(bytesPerSecondMax: number) {
    this.#bytesPerSecondMax = bytesPerSecondMax
  }

  /** Counts bytes; gives how many milliseconds to wait for their sake. */
  delayMs(bytes: number, nowMs: number): number {
    this.#paidMs = Math.max(this.#paidMs, nowMs) + (bytes * 1_000) / this.#bytesPerSecondMax
    return this.#paidMs - nowMs
  }
}

/** Told of bytes that were read and written; what it gives is waited for, so that others can work. Throws to call all off. */
export type Pace = (bytes: number) => Promise<void> | undefined
