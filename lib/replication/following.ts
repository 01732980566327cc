/** One partition that follows a leader: what its leader's fetch session has of it, and what becomes of the answers. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Fetch } from '../../protocol/messages/fetch.ts'
import type { ClientResponseOf } from '../../protocol/schema.ts'
import type { Partition } from '../partitions/partition.ts'
import type { NextFetch } from '../partitions/roles/follower.ts'

/** A leader's answer as it is decoded: all of its fields are there. */
export type FetchAnswer = ClientResponseOf<typeof Fetch>
export type PartitionAnswer = FetchAnswer['responses'][number]['partitions'][number]

/**
 * What came of an answer: it was taken over; it was for a place where the log does not end any more; the leader has nothing at this place, so
 * it is to be asked where its log lies; or there is nothing to be done for now.
 */
export type Outcome =
  | { readonly kind: 'taken' | 'late' | 'out of range' }
  | { readonly kind: 'refused'; readonly error: KafkaError; readonly isFault: boolean }

const nothing = Buffer.alloc(0)
const taken: Outcome = { kind: 'taken' }
const late: Outcome = { kind: 'late' }
const outOfRange: Outcome = { kind: 'out of range' }

/** See the head of the file. One for each epoch of a leader. */
export class Following {
  readonly partition: Partition
  readonly leaderEpoch: number
  /** As the leader's session has it; null where it has not. */
  sent: NextFetch | null = null
  /** Numbers of the requests that told the leader of this place, and of the first one. */
  #sentIn = Number.POSITIVE_INFINITY
  #firstSentIn = Number.POSITIVE_INFINITY
  /** Whether the leader is being asked where its log begins and ends. */
  isAsking = false
  /** Failures since the last success. */
  failures = 0
  /** Whether what the leader gave could not be taken over. */
  isFaulty = false
  /** Records that the leader has committed and this replica does not have. */
  lag = 0
  /** Whether it had all that its leader had committed, as of the last answer. */
  isInSync = false

  constructor(partition: Partition) {
    this.partition = partition
    this.leaderEpoch = partition.leaderEpoch
  }

  /** What is to be asked for now; null where that has to wait, until what came is in the file. Throws KafkaError where the partition cannot be used. */
  next(): NextFetch | null {
    return this.isAsking ? null : this.partition.following(this.leaderEpoch).nextFetch()
  }

  /** Whether the leader's session has it as it is. */
  isSentAs(next: NextFetch): boolean {
    return this.sent !== null && isSamePlace(this.sent, next) && this.sent.logStartOffset === next.logStartOffset
  }

  /** The request of this number tells the leader so. */
  tell(next: NextFetch, number: number): void {
    this.sent = next
    this.#sentIn = number
    this.#firstSentIn = Math.min(this.#firstSentIn, number)
  }

  /** Takes over the answer to the request of this number. */
  take(answer: PartitionAnswer, number: number): Outcome {
    const { errorCode, divergingEpoch, highWatermark, logStartOffset, records } = answer
    try {
      const follower = this.partition.following(this.leaderEpoch)
      const now = follower.nextFetch()
      // Of two requests on their way, the later one names a place that the answer to the earlier one has moved, or the other way round.
      if (now === null || this.sent === null || !isSamePlace(this.sent, now) || number < this.#sentIn) {
        // What the leader told of its log it does not tell again.
        if (errorCode === codes.NONE && divergingEpoch.endOffset < 0 && number >= this.#firstSentIn)
          follower.take({ records: nothing, highWatermark, logStartOffset })
        return late
      }
      if (errorCode === codes.OFFSET_OUT_OF_RANGE) return outOfRange
      if (errorCode !== codes.NONE) {
        return {
          kind: 'refused',
          error: new KafkaError(errorCode, 'its leader refuses to give records'),
          isFault: false,
        }
      }
      if (divergingEpoch.endOffset >= 0) follower.part(divergingEpoch)
      else follower.take({ records: whole(records), highWatermark, logStartOffset })
      this.lag = Math.max(0, highWatermark - this.partition.logEndOffset)
      this.isInSync = this.lag === 0
    } catch (error) {
      return refused(error)
    }
    this.failures = 0
    this.isFaulty = false
    return taken
  }

  /** Goes to where the leader's log lies, which has nothing at the end of this one. */
  moveInto(leader: { readonly start: number; readonly end: number }): Outcome {
    try {
      const follower = this.partition.following(this.leaderEpoch)
      const { logEndOffset } = this.partition
      if (leader.end < logEndOffset) follower.part({ epoch: -1, endOffset: leader.end })
      else if (leader.start > logEndOffset) follower.restart(leader.start)
    } catch (error) {
      return refused(error)
    }
    return taken
  }
}

/** What was given does not fit, or the disk has failed: the leader is asked again later on. */
function refused(error: unknown): Outcome {
  if (error instanceof KafkaError) return { kind: 'refused', error, isFault: true }
  throw error
}

function isSamePlace(a: NextFetch, b: NextFetch): boolean {
  return a.fetchOffset === b.fetchOffset && a.lastFetchedEpoch === b.lastFetchedEpoch
}

/** Bytes of the records in an answer. */
export function sizeOf(records: PartitionAnswer['records']): number {
  if (records === null) return 0
  return Buffer.isBuffer(records)
    ? records.length
    : (records as unknown as Buffer[]).reduce((sum, { length }) => sum + length, 0)
}

function whole(records: PartitionAnswer['records']): Buffer {
  if (records === null) return nothing
  return Buffer.isBuffer(records) ? records : Buffer.concat(records as unknown as Buffer[])
}
