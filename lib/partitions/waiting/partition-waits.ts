/** Whoever waits for something to happen to one partition. Nothing is made for a partition that nobody waits for. */
import { codes } from '../../../protocol/errors.ts'
import { OffsetQueue, type OffsetWaiter } from './offset-queue.ts'

/** Told when a partition may have something new: records, another log start or leader epoch, or an end. */
export interface Watcher<Partition> {
  /** `bytes` is roughly how many bytes of records there are more (0 where something else changed). */
  partitionChanged(partition: Partition, bytes: number): void
}

/** See the head of the file. */
export class PartitionWaits<Partition> {
  readonly #partition: Partition
  #written: OffsetQueue | null = null
  #committed: OffsetQueue | null = null
  #deleted: OffsetQueue | null = null
  /** Told of what is committed, and of what is in the log. */
  #watchers: Set<Watcher<Partition>> | null = null
  #endWatchers: Set<Watcher<Partition>> | null = null

  constructor(partition: Partition) {
    this.#partition = partition
  }

  get isAnybodyThere(): boolean {
    const watchers = (this.#watchers?.size ?? 0) + (this.#endWatchers?.size ?? 0)
    return watchers + (this.#written?.length ?? 0) + (this.#committed?.length ?? 0) + (this.#deleted?.length ?? 0) > 0
  }

  /** For the record at an offset to be in the file. */
  awaitWritten<S>(offset: number, waiter: OffsetWaiter<S>, slot: S): void {
    this.#written ??= new OffsetQueue()
    this.#written.add(offset, waiter, slot)
  }

  /** For the record at an offset to be committed. */
  awaitCommitted<S>(offset: number, waiter: OffsetWaiter<S>, slot: S): void {
    this.#committed ??= new OffsetQueue()
    this.#committed.add(offset, waiter, slot)
  }

  /** For all replicas to have deleted what is before an offset. */
  awaitDeleted<S>(offset: number, waiter: OffsetWaiter<S>, slot: S): void {
    this.#deleted ??= new OffsetQueue()
    this.#deleted.add(offset, waiter, slot)
  }

  written(end: number): void {
    this.#written?.settleBelow(end, codes.NONE)
  }

  committed(end: number): void {
    this.#committed?.settleBelow(end, codes.NONE)
  }

  deleted(lowWatermark: number): void {
    this.#deleted?.settleBelow(lowWatermark + 1, codes.NONE)
  }

  get isDeletionAwaited(): boolean {
    return this.#deleted !== null && this.#deleted.length > 0
  }

  /** What only a leader can promise will not be. */
  failPromises(errorCode: number): void {
    this.#committed?.fail(errorCode)
    this.#deleted?.fail(errorCode)
  }

  failWritten(errorCode: number): void {
    this.#written?.fail(errorCode)
  }

  watch(watcher: Watcher<Partition>, upTo: 'highWatermark' | 'logEnd'): void {
    if (upTo === 'highWatermark') {
      this.#watchers ??= new Set()
      this.#watchers.add(watcher)
    } else {
      this.#endWatchers ??= new Set()
      this.#endWatchers.add(watcher)
    }
  }

  unwatch(watcher: Watcher<Partition>): void {
    this.#watchers?.delete(watcher)
    this.#endWatchers?.delete(watcher)
  }

  /** Something other than its records changed. */
  tellAll(): void {
    this.tell(0)
    this.tellOfEnd(0)
  }

  tell(bytes: number): void {
    if (this.#watchers === null) return
    for (const watcher of this.#watchers) watcher.partitionChanged(this.#partition, bytes)
  }

  tellOfEnd(bytes: number): void {
    if (this.#endWatchers === null) return
    for (const watcher of this.#endWatchers) watcher.partitionChanged(this.#partition, bytes)
  }
}
