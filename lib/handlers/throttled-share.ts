/** What one answer to a follower's fetch may have of throttled partitions (KIP-73): those of which it is in sync are given in any case, and counted. */
import type { Partition } from '../partitions/partition.ts'
import { isThrottled, type ReplicationThrottle } from '../partitions/throttled.ts'

/** See the head of the file. */
export class ThrottledShare {
  readonly #throttle: ReplicationThrottle
  readonly #replicaId: number
  /** Of throttled partitions, in the look that goes on. */
  #bytes = 0

  constructor(throttle: ReplicationThrottle, replicaId: number) {
    this.#throttle = throttle
    this.#replicaId = replicaId
  }

  /** Looks from the beginning: what was found before is not given. */
  begin(): void {
    this.#bytes = 0
  }

  /** Most bytes that the answer may have of a partition that is led here; 0 where it is left out. */
  bytesMax(partition: Partition): number {
    // Producers wait for whoever is in sync.
    if (!isThrottled(partition, 'leader') || partition.leading.mayBeInSync(this.#replicaId)) return Infinity
    return this.#throttle.isExceeded(this.#bytes) ? 0 : this.#throttle.bytesMax
  }

  /** So much of it was found. */
  found(partition: Partition, bytes: number): void {
    if (isThrottled(partition, 'leader')) this.#bytes += bytes
  }

  /** What was found is given. */
  give(): void {
    if (this.#bytes > 0) this.#throttle.record(this.#bytes)
  }
}
