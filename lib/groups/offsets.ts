/** The committed offsets of a shard's groups. They change by replay alone. */
import type { CommittedOffset, GroupRecord } from './records.ts'

type OffsetRecord = Extract<GroupRecord, { kind: 'offset' }>
/** By partition index. */
export type PartitionOffsets = ReadonlyMap<number, CommittedOffset>

export class Offsets {
  readonly #groups = new Map<string, Map<string, Map<number, CommittedOffset>>>()
  /** Offsets of transactions that have not ended, by producer id; a later record for the same partition stands for itself. */
  readonly #open = new Map<number, Map<string, OffsetRecord>>()

  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition)
  }

  has(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  /** The topics of a group with their partitions, in the order in which they were first committed. */
  topicsOf(groupId: string): Iterable<[string, PartitionOffsets]> {
    return this.#groups.get(groupId) ?? []
  }

  /** Every committed offset's place. */
  *all(): Iterable<[groupId: string, topic: string, partitions: PartitionOffsets]> {
    for (const [groupId, topics] of this.#groups) {
      for (const [topic, partitions] of topics) yield [groupId, topic, partitions]
    }
  }

  replay(record: OffsetRecord): void {
    const { groupId, topic, partition, value } = record
    for (const open of this.#open.values()) open.delete(place(record))
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

  /** A record in a transaction: it counts once its producer commits. */
  replayOpen(record: OffsetRecord, producerId: number): void {
    const open = this.#open.get(producerId) ?? new Map<string, OffsetRecord>()
    this.#open.set(producerId, open.set(place(record), record))
  }

  /** The transaction has ended; returns what was committed by it. */
  endTransaction(producerId: number, committed: boolean): readonly OffsetRecord[] {
    const open = this.#open.get(producerId)
    this.#open.delete(producerId)
    if (!open || !committed) return []
    const records = [...open.values()]
    for (const record of records) this.replay(record)
    return records
  }

  /** Whether a transaction that has not ended holds an offset for the partition. */
  isOpen(groupId: string, topic: string, partition: number): boolean {
    if (this.#open.size === 0) return false
    const key = place({ groupId, topic, partition })
    for (const open of this.#open.values()) if (open.has(key)) return true
    return false
  }
}

/** Neither topics nor partition numbers contain a slash, so that no two places share a key. */
function place({ groupId, topic, partition }: { groupId: string; topic: string; partition: number }): string {
  return `${topic}/${partition}/${groupId}`
}
