/** A rate as Kafka measures it: what happened in the last few windows, by the time that they span. */

/** By how many windows, and how long each is. */
export interface Windows {
  readonly count: number
  readonly ms: number
}

interface Sample {
  readonly startMs: number
  lastMs: number
  value: number
}

export class SampledRate {
  /** The oldest first. */
  #samples: Sample[] = []

  record(value: number, nowMs: number, { count, ms }: Windows): void {
    let sample = this.#samples.at(-1)
    if (sample === undefined || nowMs - sample.startMs >= ms) {
      sample = { startMs: nowMs, lastMs: nowMs, value: 0 }
      this.#samples.push(sample)
      if (this.#samples.length > count + 1) this.#samples.shift()
    }
    sample.value += value
    sample.lastMs = nowMs
  }

  /** How long a client is held up, in milliseconds, until its rate is `bound` a second again; 0 where it is not above it. */
  throttleMs(bound: number, nowMs: number, windows: Windows): number {
    this.#forget(nowMs, windows)
    const [oldest] = this.#samples
    if (oldest === undefined) return 0
    const spanMs = spanOf(oldest, nowMs, windows)
    const rate = (this.#samples.reduce((sum, { value }) => sum + value, 0) * 1_000) / spanMs
    return rate > bound ? Math.round(((rate - bound) / bound) * spanMs) : 0
  }

  /** Whether nothing of it counts any more. */
  isOver(nowMs: number, windows: Windows): boolean {
    this.#forget(nowMs, windows)
    return this.#samples.length === 0
  }

  #forget(nowMs: number, { count, ms }: Windows): void {
    if (this.#samples.some(({ lastMs }) => nowMs - lastMs >= count * ms))
      this.#samples = this.#samples.filter(({ lastMs }) => nowMs - lastMs < count * ms)
  }
}

/** What is measured for a short time counts as for all windows but the one that goes on: a burst is spread over them. */
function spanOf(oldest: Sample, nowMs: number, { count, ms }: Windows): number {
  const elapsedMs = nowMs - oldest.startMs
  const missing = count - 1 - Math.floor(elapsedMs / ms)
  return Math.max(1, elapsedMs + Math.max(0, missing) * ms)
}
