/** Figures of `ottla perf`, in the lines of Kafka's performance tools. */

/** Latencies that are kept for the percentiles: of more records, each n-th. */
const samplesMax = 500_000
const mebibyte = 1024 * 1024

/** How long records took until they were confirmed. */
export class ProduceStats {
  readonly #startMs: number
  readonly #sampling: number
  readonly #samples: Int32Array
  readonly #reportingMs: number
  readonly #label: string
  readonly #print: (line: string) => void
  isQuiet = false
  #sampled = 0
  #count = 0
  #bytes = 0
  #totalMs = 0
  #maxMs = 0
  #windowStartMs: number
  #windowCount = 0
  #windowBytes = 0
  #windowTotalMs = 0
  #windowMaxMs = 0

  constructor(
    recordCount: number,
    startMs: number,
    reportingMs: number,
    print: (line: string) => void,
    isSteady = false,
  ) {
    this.#startMs = startMs
    this.#windowStartMs = startMs
    this.#reportingMs = reportingMs
    this.#label = isSteady ? ' steady state' : ''
    this.#print = print
    this.#sampling = Math.max(1, Math.floor(recordCount / Math.min(recordCount, samplesMax)))
    this.#samples = new Int32Array(Math.floor(recordCount / this.#sampling) + 1)
  }

  /** One record was confirmed. */
  record(latencyMs: number, bytes: number, now: number): void {
    if (this.#count % this.#sampling === 0 && this.#sampled < this.#samples.length) {
      this.#samples[this.#sampled++] = latencyMs
    }
    this.#count++
    this.#bytes += bytes
    this.#totalMs += latencyMs
    if (latencyMs > this.#maxMs) this.#maxMs = latencyMs
    this.#windowCount++
    this.#windowBytes += bytes
    this.#windowTotalMs += latencyMs
    if (latencyMs > this.#windowMaxMs) this.#windowMaxMs = latencyMs
    if (now - this.#windowStartMs >= this.#reportingMs) this.#endWindow(now)
  }

  #endWindow(now: number): void {
    const perMs = 1_000 / (now - this.#windowStartMs)
    if (this.#label !== '' && this.#count === this.#windowCount) this.#print('In steady state.')
    if (!this.isQuiet) {
      const rate = `${(this.#windowCount * perMs).toFixed(1)} records/sec (${((this.#windowBytes * perMs) / mebibyte).toFixed(2)} MB/sec)`
      const average = (this.#windowTotalMs / this.#windowCount).toFixed(1)
      this.#print(
        `${this.#windowCount} records sent, ${rate}, ${average} ms avg latency, ${this.#windowMaxMs.toFixed(1)} ms max latency.`,
      )
    }
    this.#windowStartMs = now
    this.#windowCount = 0
    this.#windowBytes = 0
    this.#windowTotalMs = 0
    this.#windowMaxMs = 0
  }

  printTotal(now: number): void {
    const perMs = 1_000 / Math.max(1, now - this.#startMs)
    const sorted = this.#samples.subarray(0, this.#sampled).sort()
    const at = (share: number) => sorted[Math.floor(share * sorted.length)] ?? 0
    const rate = `${(this.#count * perMs).toFixed(6)} records/sec (${((this.#bytes * perMs) / mebibyte).toFixed(2)} MB/sec)`
    const average = this.#count === 0 ? 'NaN' : (this.#totalMs / this.#count).toFixed(2)
    const latency = `${average} ms avg latency, ${this.#maxMs.toFixed(2)} ms max latency`
    const percentiles = `${at(0.5)} ms 50th, ${at(0.95)} ms 95th, ${at(0.99)} ms 99th, ${at(0.999)} ms 99.9th.`
    this.#print(`${this.#count}${this.#label} records sent, ${rate}, ${latency}, ${percentiles}`)
  }
}

/** How much was read by when. */
export interface ReadSoFar {
  readonly ms: number
  readonly records: number
  readonly bytes: number
}

/** Columns of what was read between two moments, of which `joinMs` went to joining the group. */
export function readColumns(from: ReadSoFar, to: ReadSoFar, joinMs: number): string[] {
  const [elapsedMs, records] = [to.ms - from.ms, to.records - from.records]
  const megabytes = (to.bytes - from.bytes) / mebibyte
  const fetchMs = elapsedMs - joinMs
  const perSecond = (value: number, ms: number) => (ms <= 0 ? 0 : (1_000 * value) / ms).toFixed(4)
  return [
    (to.bytes / mebibyte).toFixed(4),
    perSecond(megabytes, elapsedMs),
    String(to.records),
    perSecond(records, elapsedMs),
    String(joinMs),
    String(fetchMs),
    perSecond(megabytes, fetchMs),
    perSecond(records, fetchMs),
  ]
}
