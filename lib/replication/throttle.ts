/** The rate to which copies between brokers are held on one side (KIP-73), measured as Apache Kafka measures it. Pure but for the clock that it is given. */
import type { Clock } from '../base/clock.ts'
import { longMax } from '../config/property.ts'
import type { ReplicationThrottle } from '../partitions/throttled.ts'
import { SampledRate, sinceOldest, type Windows } from '../quotas/sampled-rate.ts'

export interface ThrottleOptions {
  /** Bytes a second, asked again all the time; `longMax` for none. */
  readonly bytesPerSecondMax: () => number
  /** `replication.quota.window.num` and `replication.quota.window.size.seconds`. */
  readonly windows: Windows
  /** The wire's. */
  readonly clock: Clock
}

/** See the head of the file. */
export class Throttle implements ReplicationThrottle {
  readonly #options: ThrottleOptions
  readonly #rate = new SampledRate(sinceOldest)
  /** Bytes of throttled partitions since the broker started. */
  bytes = 0

  constructor(options: ThrottleOptions) {
    this.#options = options
  }

  get #bound(): number {
    return this.#options.bytesPerSecondMax()
  }

  /** What one window holds: more at once would be ahead of the rate for long, or be forgotten with its window before it is made up for. */
  get bytesMax(): number {
    const { ms } = this.#options.windows
    const bound = this.#bound
    return bound >= longMax ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor((bound * ms) / 1_000))
  }

  isExceeded(pendingBytes = 0): boolean {
    const { windows, clock } = this.#options
    const bound = this.#bound
    return bound < longMax && this.#rate.perSecond(clock.monotonicMs(), windows, pendingBytes) > bound
  }

  record(bytes: number): void {
    const { windows, clock } = this.#options
    this.bytes += bytes
    this.#rate.record(bytes, clock.monotonicMs(), windows)
  }

  waitMs(): number {
    const { windows, clock } = this.#options
    return this.#rate.throttleMs(this.#bound, clock.monotonicMs(), windows)
  }
}
