/** One partition as a fetch wants it: where it reads, how much, and what its client was told last. */
import { codes } from '../../../protocol/errors.ts'
import type { Partition, PartitionWatcher } from '../partition.ts'
import type { Partitions } from '../partitions.ts'

/** What a request says of one partition. */
export interface PartitionWish {
  readonly partition: number
  readonly fetchOffset: number
  readonly partitionMaxBytes: number
  readonly currentLeaderEpoch: number
  readonly lastFetchedEpoch: number
  /** Where the log of a replica begins; without where the client is none. */
  readonly logStartOffset?: number
}

/** Whoever looks after slots: told when the partition of one may have something new. */
export interface SlotOwner {
  slotChanged(slot: FetchSlot, bytes: number): void
}

export class FetchSlot implements PartitionWatcher {
  /** The topic's name; empty where the client goes by ids. */
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly #byId: boolean
  readonly #owner: SlotOwner
  fetchOffset = 0
  bytesMax = 0
  /** -1 where the client does not say. */
  currentLeaderEpoch = -1
  lastFetchedEpoch = -1
  logStartOffset = -1
  /** The partition as it was last found. */
  partition: Partition | null = null
  /** What the client was told last: it need not be told again. -1: nothing, or an error. */
  toldHighWatermark = -1
  toldLogStartOffset = -1
  #watching = false
  /** Where a replica reads: told of what is committed, as it is to know how far that is. */
  readonly #committed: PartitionWatcher | null

  constructor(topic: string, topicId: string, byId: boolean, index: number, owner: SlotOwner, ofReplica = false) {
    this.topic = topic
    this.topicId = topicId
    this.index = index
    this.#byId = byId
    this.#owner = owner
    this.#committed = ofReplica ? { partitionChanged: () => owner.slotChanged(this, 0) } : null
  }

  /** Takes over what a request says. */
  wish(wish: PartitionWish): void {
    this.fetchOffset = wish.fetchOffset
    this.bytesMax = wish.partitionMaxBytes
    this.currentLeaderEpoch = Math.max(wish.currentLeaderEpoch, -1)
    this.lastFetchedEpoch = Math.max(wish.lastFetchedEpoch, -1)
    this.logStartOffset = wish.logStartOffset ?? -1
  }

  /** Finds the partition; NONE, or why there is none. A partition that came or went since the last time is noticed. */
  resolve(partitions: Partitions): number {
    const known = this.partition
    if (known !== null && known.standing !== 'deleted') return codes.NONE
    const found = this.#byId ? partitions.getById(this.topicId, this.index) : partitions.get(this.topic, this.index)
    this.#drop()
    if (found === undefined) {
      return this.#byId
        ? partitions.whyMissingById(this.topicId, this.index)
        : partitions.whyMissing(this.topic, this.index)
    }
    this.partition = found
    if (this.#watching) this.#begin(found)
    return codes.NONE
  }

  /** From now on the owner is told of changes. */
  watch(): void {
    if (this.#watching) return
    this.#watching = true
    if (this.partition !== null) this.#begin(this.partition)
  }

  unwatch(): void {
    if (!this.#watching) return
    this.#watching = false
    if (this.partition !== null) this.#end(this.partition)
  }

  partitionChanged(_partition: Partition, bytes: number): void {
    this.#owner.slotChanged(this, bytes)
  }

  #drop(): void {
    if (this.#watching && this.partition !== null) this.#end(this.partition)
    this.partition = null
  }

  #begin(partition: Partition): void {
    partition.watch(this, this.#committed === null ? 'highWatermark' : 'logEnd')
    if (this.#committed !== null) partition.watch(this.#committed)
  }

  #end(partition: Partition): void {
    partition.unwatch(this)
    if (this.#committed !== null) partition.unwatch(this.#committed)
  }
}
