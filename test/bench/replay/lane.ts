/** What one connection does over and over, and what all of them count together. */
import { Histogram } from './histogram.ts'

/** Totals of all lanes; cleared when warming up is over. */
export class Tally {
  requests = 0
  records = 0
  bytes = 0
  /** Answers with an error code, and the last such code. */
  errors = 0
  errorCode = 0
  /** From a request's sending to its answer. */
  readonly requestLatency = new Histogram()
  /** From a produce's sending to its records' coming in at a tailing fetch. */
  readonly endToEndLatency = new Histogram()

  clear(): void {
    this.requests = 0
    this.records = 0
    this.bytes = 0
    this.requestLatency.clear()
    this.endToEndLatency.clear()
  }
}

/** One connection at work. */
export interface Lane {
  start(): void
  /** Sends no more; resolves when what is under way is answered, or at once where that may take long. */
  stop(): Promise<void>
  /** Rejects when the connection is lost. */
  readonly failed: Promise<never>
  close(): void
}
