/**
 * A fetch session with a leader as its follower keeps it (KIP-227): which partitions the leader knows of, and what a request has to say so
 * that it knows of the present ones. Pure: no connection, no clock.
 */
import type { FetchRequest } from '../../protocol/messages/fetch.ts'
import type { Partition } from '../partitions/partition.ts'
import type { Following } from './following.ts'

/** The part of a request that is about the session and its partitions. */
export type SessionPart = Pick<FetchRequest, 'sessionId' | 'sessionEpoch' | 'topics' | 'forgottenTopicsData'>

/** A request as it is to be sent. */
export interface SessionRequest {
  readonly part: SessionPart
  /** Counted over all sessions: the answer is about what was said up to here. */
  readonly number: number
}

interface TopicPart {
  readonly topic: string
  readonly topicId: string
  readonly partitions: FetchRequest['topics'][number]['partitions'][number][]
}

const epochMax = 0x7fffffff

/** See the head of the file. */
export class LeaderSession {
  #id = 0
  /** The number of the next request; 0 asks for a new session. */
  #epoch = 0
  #number = 0
  readonly #here = new Set<Following>()
  /** Partitions that the leader has still, and is to forget. */
  readonly #left = new Set<Partition>()

  /** Whether the leader knows of the partitions, so that a request need only say what is different. */
  get isOpen(): boolean {
    return this.#id !== 0
  }

  /** Partitions that the leader has in the session. */
  get size(): number {
    return this.#here.size
  }

  /** The leader does not know the session any more. */
  reset(): void {
    this.#id = 0
    this.#epoch = 0
    for (const following of this.#here) following.sent = null
    this.#here.clear()
    this.#left.clear()
  }

  /** The partition is not to be fetched, for now or for ever. */
  leave(following: Following): void {
    following.sent = null
    if (this.#here.delete(following) && this.isOpen) this.#left.add(following.partition)
  }

  /**
   * What a request says whose `wanted` partitions may have something new to say. A session that is not open has those alone. Null where
   * there is nothing to say: to nobody, or, with `isSecond`, beside a request that waits.
   */
  next(wanted: Iterable<Following>, bytesMax: number, isSecond = false): SessionRequest | null {
    if (!this.isOpen) this.reset()
    const number = this.#number + 1
    const topics = new Map<string, TopicPart>()
    for (const following of wanted) {
      const next = following.next()
      if (next === null) {
        this.leave(following)
        continue
      }
      if (following.isSentAs(next)) continue
      following.tell(next, number)
      this.#here.add(following)
      // Named by the same request, it stays.
      this.#left.delete(following.partition)
      const { topic, topicId, index } = following.partition
      let part = topics.get(topicId)
      if (part === undefined) {
        part = { topic, topicId, partitions: [] }
        topics.set(topicId, part)
      }
      part.partitions.push({
        ...{ partition: index, currentLeaderEpoch: next.currentLeaderEpoch, fetchOffset: next.fetchOffset },
        ...{
          lastFetchedEpoch: next.lastFetchedEpoch,
          logStartOffset: next.logStartOffset,
          partitionMaxBytes: bytesMax,
        },
        ...{ replicaDirectoryId: noDirectory, highWatermark: unknownHighWatermark },
      })
    }
    // Of what is not sent there is no number: the leader waits for the next one.
    if (topics.size === 0 && this.#left.size === 0 && (this.size === 0 || isSecond)) return null
    const part = { sessionId: this.#id, sessionEpoch: this.#epoch, topics: [...topics.values()] }
    const forgottenTopicsData = [...this.#left].map(({ topic, topicId, index }) => ({
      ...{ topic, topicId, partitions: [index] },
    }))
    this.#left.clear()
    if (this.isOpen) this.#epoch = this.#epoch === epochMax ? 1 : this.#epoch + 1
    this.#number = number
    return { part: { ...part, forgottenTopicsData }, number }
  }

  /** The leader has answered a request that asked for a new session; 0 where it had no room for one. */
  opened(id: number): void {
    this.#id = id
    this.#epoch = id === 0 ? 0 : 1
  }
}

const noDirectory = 'AAAAAAAAAAAAAAAAAAAAAA'
const unknownHighWatermark = 2 ** 63
