/** Which partition a record goes to, as Kafka's producers choose it: by its key, or, without one, to the same partition for a batch's bytes and then to another at random (KIP-794). */
import type { Random } from '../base/random.ts'
import { partitionOfRecordKey } from '../contents/partition-of-key.ts'
import type { TopicView } from './cluster-view.ts'

/** Where records of a topic without keys go for now, and the bytes that have gone there. */
interface Sticky {
  partition: number
  bytes: number
}

/** See the head of the file. */
export class Partitioner {
  readonly #random: Random
  readonly #batchBytesMax: number
  readonly #sticky = new Map<string, Sticky>()

  constructor(random: Random, batchBytesMax: number) {
    this.#random = random
    this.#batchBytesMax = batchBytesMax
  }

  /** The partition of a record of so many bytes. */
  partitionOf({ name, partitions }: TopicView, key: Uint8Array | null, bytes: number): number {
    if (key !== null) return partitionOfRecordKey(key, partitions.length)
    let sticky = this.#sticky.get(name)
    if (sticky === undefined || sticky.bytes >= this.#batchBytesMax || sticky.partition >= partitions.length) {
      // Partitions without a leader would hold up what can be sent to others.
      const led = partitions.filter(({ leader }) => leader >= 0)
      const choice = led.length > 0 ? led : partitions
      sticky = { partition: choice[this.#random.int(choice.length)]!.index, bytes: 0 }
      this.#sticky.set(name, sticky)
    }
    sticky.bytes += bytes
    return sticky.partition
  }
}
