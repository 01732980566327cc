/** What was opened of a broker so far, so that it can be closed in reverse. */
import { Failure } from '../base/failure.ts'
import { Metrics } from '../metrics/metrics.ts'

/** What was opened so far, how to close it, and whether it failed meanwhile. */
export class Opened {
  readonly failure = new Failure()
  readonly metrics = new Metrics()
  readonly #closings: (() => unknown)[] = []
  /** Closes it all as if the process had been killed, as far as that can be had within one. */
  kill: () => Promise<void> = () => this.close()
  /** Closes it all without having anything written. */
  discard: () => Promise<void> = () => this.close()
  isKilled = false
  handsOver = true
  settle: () => Promise<void> = () => Promise.resolve()

  add(close: () => unknown): void {
    this.#closings.push(close)
  }

  /** Closes in reverse order, all of it even where something fails; then rejects with the first failure. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (let close = this.#closings.pop(); close !== undefined; close = this.#closings.pop()) {
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
