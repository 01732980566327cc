/** The committed offsets of a shard's groups. They change by replay alone. */
import { type OffsetRecord, OpenOffsets } from './open-offsets.ts'
import { type CommittedOffset, noTopicId } from './records.ts'

/** Where an offset stands, and the id of the topic that it was committed for. */
export interface Place {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  readonly topicId: string
}
/** An offset as figures tell of it. */
export interface Committed {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly commitMs: number
}
/** By partition index. */
export type PartitionOffsets = ReadonlyMap<number, CommittedOffset>

export class Offsets {
  readonly #isGone: (topic: string, topicId: string) => boolean
  readonly #groups = new Map<string, Map<string, Map<number, CommittedOffset>>>()
  readonly #open = new OpenOffsets()

  /** `isGone` says of which topics what was committed is void. */
  constructor(isGone: (topic: string, topicId: string) => boolean) {
    this.#isGone = isGone
  }

  /** What is committed and counts. */
  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    const offset = this.#groups.get(groupId)?.get(topic)?.get(partition)
    return offset === undefined || this.#isGone(topic, offset.topicId) ? undefined : offset
  }

  has(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  /** The topics of a group with their partitions, in the order in which they were first committed. */
  topicsOf(groupId: string): Iterable<[string, PartitionOffsets]> {
    return this.#groups.get(groupId) ?? []
  }

  /** Every offset that is committed and counts. */
  *committed(): Iterable<Committed> {
    for (const [groupId, topics] of this.#groups) {
      for (const [topic, partitions] of topics) {
        for (const [partition, { offset, commitTimestampMs, topicId }] of partitions) {
          if (!this.#isGone(topic, topicId)) yield { groupId, topic, partition, offset, commitMs: commitTimestampMs }
        }
      }
    }
  }

  /** The place of every offset, committed or in a transaction that has not ended. */
  *places(): Iterable<Place> {
    for (const groupId of this.#groups.keys()) yield* this.#committedPlacesOf(groupId)
    for (const record of this.#open.records()) yield placeOf(record)
  }

  /** The same for one group. A place may come twice. */
  *placesOf(groupId: string): Iterable<Place> {
    yield* this.#committedPlacesOf(groupId)
    for (const record of this.#open.records()) if (record.groupId === groupId) yield placeOf(record)
  }

  *#committedPlacesOf(groupId: string): Iterable<Place> {
    for (const [topic, partitions] of this.topicsOf(groupId)) {
      for (const [partition, { topicId }] of partitions) yield { groupId, topic, partition, topicId }
    }
  }

  replay(record: OffsetRecord): void {
    this.#open.written(record)
    this.#put(record)
  }

  /** A record in a transaction: it counts once its producer commits. */
  replayOpen(record: OffsetRecord, producerId: number): void {
    this.#open.add(record, producerId)
  }

  /** The transaction has ended; returns what was committed by it. */
  endTransaction(producerId: number, committed: boolean): readonly OffsetRecord[] {
    const records = this.#open.end(producerId, committed)
    for (const record of records) this.#put(record)
    return records
  }

  /** Whether a transaction that has not ended holds an offset for the partition. */
  isOpen(groupId: string, topic: string, partition: number): boolean {
    return this.#open.has(groupId, topic, partition)
  }

  /** Whether a transaction that has not ended holds any offset of the group. */
  isAnyOpen(groupId: string): boolean {
    for (const record of this.#open.records()) if (record.groupId === groupId) return true
    return false
  }

  #put({ groupId, topic, partition, value }: OffsetRecord): void {
    const topics = this.#groups.get(groupId)
    if (value !== null) {
      const found = topics ?? new Map<string, Map<number, CommittedOffset>>()
      if (!topics) this.#groups.set(groupId, found)
      const partitions = found.get(topic) ?? new Map<number, CommittedOffset>()
      partitions.set(partition, value)
      found.set(topic, partitions)
      return
    }
    const partitions = topics?.get(topic)
    if (!topics || !partitions) return
    partitions.delete(partition)
    if (partitions.size === 0) topics.delete(topic)
    if (topics.size === 0) this.#groups.delete(groupId)
  }
}

function placeOf({ groupId, topic, partition, value }: OffsetRecord): Place {
  return { groupId, topic, partition, topicId: value?.topicId ?? noTopicId }
}
