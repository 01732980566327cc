/** The batches that a Fetch has brought of one partition, in order, without those that a consumer does not see (KIP-98). */
import { batches, isWholeBatch, readRecords } from '../../protocol/records/batch.ts'
import { readControlType } from '../../protocol/records/control.ts'
import {
  baseOffset,
  isControl,
  isTransactional,
  lastOffset,
  magic,
  partitionLeaderEpoch,
  producerId,
  sizeInBytes,
  type TimestampType,
  timestampType,
} from '../../protocol/records/header.ts'
import type { RecordView } from '../../protocol/records/record.ts'

/** A transaction that was aborted, as Fetch tells it: its records begin at this offset. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** A batch as a consumer gets it. */
export interface FetchedBatch {
  readonly topic: string
  readonly partition: number
  /** Where it lies in `bytes`, in its stored form; its first records may be before the position that was asked for. */
  readonly bytes: Buffer
  readonly at: number
  /** The offset from which its records are wanted. */
  readonly fromOffset: number
  /** The offset behind it. */
  readonly nextOffset: number
  readonly highWatermark: number
}

/** The records of a batch that are wanted. */
export function recordsOf({ bytes, at, fromOffset }: FetchedBatch): RecordView[] {
  const records = readRecords(bytes, at)
  return records.length > 0 && records[0]!.offset < fromOffset
    ? records.filter(({ offset }) => offset >= fromOffset)
    : records
}

/** The epoch of the leader that appended a batch; −1 where its format does not tell. */
export function leaderEpochOf({ bytes, at }: FetchedBatch): number {
  return magic(bytes, at) === 2 ? partitionLeaderEpoch(bytes, at) : -1
}

/** Whose time the timestamps of a batch are; null where its format has none. */
export function timestampTypeOf({ bytes, at }: FetchedBatch): TimestampType | null {
  return magic(bytes, at) === 0 ? null : timestampType(bytes, at)
}

/** The offset behind a batch. Old messages that wrap others carry the last offset of these. */
function nextOffsetOf(bytes: Buffer, at: number): number {
  return (magic(bytes, at) === 2 ? lastOffset(bytes, at) : baseOffset(bytes, at)) + 1
}

export class FetchedSet {
  readonly topic: string
  readonly partition: number
  readonly bytes: Buffer
  readonly #highWatermark: number
  /** Null where uncommitted records are seen. */
  readonly #aborted: AbortedTransaction[] | null
  readonly #abortedProducers = new Set<number>()
  #position: number
  #at = 0
  readonly #end: number

  constructor(
    topic: string,
    partition: number,
    bytes: Buffer,
    position: number,
    highWatermark: number,
    aborted: readonly AbortedTransaction[] | null,
  ) {
    this.topic = topic
    this.partition = partition
    this.bytes = bytes
    this.#position = position
    this.#highWatermark = highWatermark
    this.#aborted = aborted && [...aborted].sort((a, b) => b.firstOffset - a.firstOffset)
    this.#end = wholeBytes(bytes)
  }

  /** Whether not even one batch is whole. */
  get isEmpty(): boolean {
    return this.#end === 0
  }

  /** Where the next Fetch goes on. Throws KafkaError where a batch is damaged. */
  get nextOffset(): number {
    let next = this.#position
    for (const at of batches(this.bytes, this.#at, this.#end)) next = Math.max(next, nextOffsetOf(this.bytes, at))
    return next
  }

  /** The next batch that is seen, or null where there is none left; the position goes on either way. Throws KafkaError. */
  take(): FetchedBatch | null {
    const { bytes, topic, partition } = this
    for (;;) {
      const { value: at, done } = batches(bytes, this.#at, this.#end).next()
      if (done === true) return null
      this.#at = at + sizeInBytes(bytes, at)
      const fromOffset = this.#position
      const nextOffset = nextOffsetOf(bytes, at)
      // A batch before the position comes where compaction has left a gap behind it.
      if (nextOffset <= fromOffset) continue
      this.#position = nextOffset
      if (magic(bytes, at) === 2 && this.#isHidden(at)) continue
      return { topic, partition, bytes, at, fromOffset, nextOffset, highWatermark: this.#highWatermark }
    }
  }

  /** The offset behind what was taken or passed over. */
  get position(): number {
    return this.#position
  }

  #isHidden(at: number): boolean {
    const { bytes } = this
    const aborted = this.#aborted
    if (aborted !== null) {
      const last = lastOffset(bytes, at)
      for (let next = aborted.at(-1); next !== undefined && next.firstOffset <= last; next = aborted.at(-1)) {
        this.#abortedProducers.add(next.producerId)
        aborted.pop()
      }
    }
    if (isControl(bytes, at)) {
      if (aborted !== null && this.#abortedProducers.has(producerId(bytes, at)) && isAbort(bytes, at)) {
        this.#abortedProducers.delete(producerId(bytes, at))
      }
      return true
    }
    return isTransactional(bytes, at) && this.#abortedProducers.has(producerId(bytes, at))
  }
}

function isAbort(bytes: Buffer, at: number): boolean {
  return readControlType(bytes, at) === 'ABORT'
}

/** Bytes of the batches that are whole: the last one may be cut. */
function wholeBytes(bytes: Buffer): number {
  let at = 0
  while (at < bytes.length && isWholeBatch(bytes, at, bytes.length)) at += sizeInBytes(bytes, at)
  return at
}
