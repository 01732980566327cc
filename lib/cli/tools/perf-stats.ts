/** Figures of `ottla perf`, in the lines of Kafka's performance tools. */

/** Latencies that are kept for the percentiles: of more records, each n-th. */
const samplesMax = 500_000
const mebibyte = 1024 * 1024

/** Takes a line of Kafka's tool, and what it tells as figures. */
export type Print = (line: string, figures?: object) => void

/** How long records took until they were confirmed. */
export class ProduceStats {
  readonly #startMs: number
  readonly #sampling: number
  readonly #samples: Int32Array
  readonly #reportingMs: number
  readonly #label: string
  readonly #print: Print
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

  constructor(recordCount: number, startMs: number, reportingMs: number, print: Print, isSteady = false) {
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
        {
          type: 'progress',
          records: this.#windowCount,
          recordsPerSecond: this.#windowCount * perMs,
          mebibytesPerSecond: (this.#windowBytes * perMs) / mebibyte,
          averageLatencyMs: this.#windowTotalMs / this.#windowCount,
          maxLatencyMs: this.#windowMaxMs,
        },
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
    this.#print(`${this.#count}${this.#label} records sent, ${rate}, ${latency}, ${percentiles}`, {
      type: this.#label === '' ? 'total' : 'steady',
      records: this.#count,
      recordsPerSecond: this.#count * perMs,
      mebibytesPerSecond: (this.#bytes * perMs) / mebibyte,
      averageLatencyMs: this.#count === 0 ? null : this.#totalMs / this.#count,
      maxLatencyMs: this.#maxMs,
      ...{ p50LatencyMs: at(0.5), p95LatencyMs: at(0.95), p99LatencyMs: at(0.99), p999LatencyMs: at(0.999) },
    })
  }
}

/** How much was read by when. */
export interface ReadSoFar {
  readonly ms: number
  readonly records: number
  readonly bytes: number
}

/** What was read up to a moment, and how fast since an earlier one, of which `joinMs` went to joining the group. */
export function readFigures(from: ReadSoFar, to: ReadSoFar, joinMs: number) {
  const [elapsedMs, records] = [to.ms - from.ms, to.records - from.records]
  const mebibytes = (to.bytes - from.bytes) / mebibyte
  const fetchMs = elapsedMs - joinMs
  const perSecond = (value: number, ms: number) => (ms <= 0 ? 0 : (1_000 * value) / ms)
  return {
    mebibytes: to.bytes / mebibyte,
    mebibytesPerSecond: perSecond(mebibytes, elapsedMs),
    records: to.records,
    recordsPerSecond: perSecond(records, elapsedMs),
    rebalanceMs: joinMs,
    fetchMs,
    fetchedMebibytesPerSecond: perSecond(mebibytes, fetchMs),
    fetchedRecordsPerSecond: perSecond(records, fetchMs),
  }
}

/** The same as columns. */
export function readColumns(from: ReadSoFar, to: ReadSoFar, joinMs: number): string[] {
  const { records, rebalanceMs, fetchMs, ...rates } = readFigures(from, to, joinMs)
  return [
    rates.mebibytes.toFixed(4),
    rates.mebibytesPerSecond.toFixed(4),
    String(records),
    rates.recordsPerSecond.toFixed(4),
    String(rebalanceMs),
    String(fetchMs),
    rates.fetchedMebibytesPerSecond.toFixed(4),
    rates.fetchedRecordsPerSecond.toFixed(4),
  ]
}
