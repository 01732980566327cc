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

/** The time by which a sum is divided, of samples of which the oldest began then, in ms. */
export type Span = (elapsedMs: number, windows: Windows) => number

export class SampledRate {
  /** The oldest first. */
  #samples: Sample[] = []
  readonly #span: Span

  constructor(span: Span = overAllWindows) {
    this.#span = span
  }

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
    const rate = this.perSecond(nowMs, windows)
    return rate > bound ? Math.round(((rate - bound) / bound) * this.#spanMs(nowMs, windows)) : 0
  }

  /** The rate as it is now, or would be if `more` had come at this moment. */
  perSecond(nowMs: number, windows: Windows, more = 0): number {
    this.#forget(nowMs, windows)
    return (this.#samples.reduce((sum, { value }) => sum + value, more) * 1_000) / this.#spanMs(nowMs, windows)
  }

  /** Whether nothing of it counts any more. */
  isOver(nowMs: number, windows: Windows): boolean {
    this.#forget(nowMs, windows)
    return this.#samples.length === 0
  }

  #spanMs(nowMs: number, windows: Windows): number {
    const [oldest] = this.#samples
    return this.#span(oldest === undefined ? 0 : nowMs - oldest.startMs, windows)
  }

  #forget(nowMs: number, { count, ms }: Windows): void {
    if (this.#samples.some(({ lastMs }) => nowMs - lastMs >= count * ms))
      this.#samples = this.#samples.filter(({ lastMs }) => nowMs - lastMs < count * ms)
  }
}

/** What is measured for a short time counts as for all windows but the one that goes on: a burst is spread over them. */
export function overAllWindows(elapsedMs: number, { count, ms }: Windows): number {
  const missing = count - 1 - Math.floor(elapsedMs / ms)
  return Math.max(1, elapsedMs + Math.max(0, missing) * ms)
}

/** The time since then as it is, but one window at the least: a burst is paid for at once. */
export function sinceOldest(elapsedMs: number, { ms }: Windows): number {
  return Math.max(elapsedMs, ms)
}
