/** Counts durations in buckets that are 1.6 % wide, so that percentiles of millions of requests cost a few kilobytes. */

/** Buckets for each doubling. */
const bucketsPerDoubling = 64
/** Microseconds below which all count as one. */
const microsecondsMin = 1
const doublings = 32

/** What was counted, in milliseconds. */
export interface Percentiles {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** A histogram of durations. */
export class Histogram {
  readonly #counts = new Float64Array(bucketsPerDoubling * doublings)
  #count = 0
  #maxMs = 0

  add(durationMs: number): void {
    const microseconds = durationMs * 1000
    const bucket = microseconds <= microsecondsMin ? 0 : Math.floor(Math.log2(microseconds) * bucketsPerDoubling)
    this.#counts[Math.min(bucket, this.#counts.length - 1)]++
    this.#count++
    if (durationMs > this.#maxMs) this.#maxMs = durationMs
  }

  clear(): void {
    this.#counts.fill(0)
    this.#count = 0
    this.#maxMs = 0
  }

  percentiles(): Percentiles {
    return { count: this.#count, p50: this.#at(0.5), p99: this.#at(0.99), p999: this.#at(0.999), max: this.#maxMs }
  }

  /** The upper end of the bucket below which so large a share lies. */
  #at(share: number): number {
    const rank = Math.ceil(share * this.#count)
    if (rank === 0) return 0
    let count = 0
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      count += this.#counts[bucket]
      if (count >= rank) return Math.min(this.#maxMs, 2 ** ((bucket + 1) / bucketsPerDoubling) / 1000)
    }
    return this.#maxMs
  }
}
