/**
 * One partition of a topic as this broker serves it: its log, who leads it, and how far it may be read.
 *
 * Appending is synchronous and gives offsets at once; the bytes are written at the end of the event loop's turn. The high
 * watermark follows the in-sync replicas: where this broker is the only one, it follows what is written.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Chunk } from '../../protocol/records/chunk.ts'
import { producerEpoch } from '../../protocol/records/header.ts'
import { ExhaustionError } from '../../storage/faults.ts'
import type { AppendResult, FileTaker, Log, LogConfig } from '../../storage/log.ts'
import type { ReadResult } from '../../storage/read-result.ts'
import type { PartitionImage } from '../cluster/image.ts'
import { type Verification, Verifications } from './verifications.ts'
import { OffsetQueue, type OffsetWaiter } from './waiting/offset-queue.ts'

export type { AppendResult, TimestampAndOffset } from '../../storage/log.ts'
export { type RecordError, RecordValidationError, recordErrorsMax } from '../../storage/log.ts'
export type { ProducerState } from '../../storage/producers.ts'
export type { ReadResult } from '../../storage/read-result.ts'

/** How much of a partition a reader may see: all that is committed, or only what no open transaction can take back. */
export type Isolation = 'readUncommitted' | 'readCommitted'

/** Told when a partition may have something new for a reader: records, another log start, or an end. */
export interface PartitionWatcher {
  /** `bytes` is roughly how many bytes of records became readable (0 where something else changed). */
  partitionChanged(partition: Partition, bytes: number): void
}

/** What a topic's settings mean to its partitions. */
export interface PartitionSettings {
  readonly log: LogConfig
  readonly minInsyncReplicas: number
}

/** How an append is to be done. */
export interface PartitionAppend {
  readonly origin: 'client' | 'coordinator'
  /** -1: all in-sync replicas, of which there must be `min.insync.replicas`. */
  readonly requiredAcks: -1 | 0 | 1
  /** Given by `verify` before the transaction's coordinator was asked; for a client's transactional batch that begins in this partition. */
  readonly verification?: Verification
  /** Markers of a coordinator have to come with an epoch above the producer's. */
  readonly raisesEpoch?: boolean | undefined
}

/** What a reader may be given at most. Offsets end where `isolation` says. */
export interface PartitionRead {
  readonly bytesMax: number
  readonly isolation: Isolation
  /** Give one batch even if it is larger than `bytesMax`. */
  readonly minOneMessage: boolean
  /** Given where the records may be a place in a file instead of their bytes. */
  readonly taker?: FileTaker
}

/** Why a partition cannot be used, or that it can. */
export type Standing = 'online' | 'offline' | 'deleted'

/** What a log tells its partition. */
export interface LogEvents {
  readonly onWritten: () => unknown
  readonly onFailed: (error: Error) => unknown
}

/** What a partition asks of those who keep it, and tells them. */
export interface PartitionHost {
  /** Opens its log, or makes it; null where the disk cannot be used. Throws ExhaustionError where it may be opened later. */
  openLog(partition: Partition, events: LogEvents): Log | null
  /** Closes its log, where nothing happened to it since it was opened; false where something did. */
  releaseLog(partition: Partition): boolean
  /** Closes its log, where nothing is under way in it; false where something is. */
  letGoOfLog(partition: Partition): boolean
  /** Bytes of the segments of a log that is not open. Throws ExhaustionError where they cannot be counted now. */
  sizeInBytes(partition: Partition): number
  /** Records were written. */
  written(partition: Partition): void
  /** Records were let go of, and perhaps files with them. */
  logStartMoved(partition: Partition): void
  /** The disk has failed. */
  failed(partition: Partition, error: Error): void
  /** A partition cannot be used any more, as its disk failed. */
  wentOffline(partition: Partition): void
}

export class Partition {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  /** True for partitions of the topics in which the broker keeps its own state. */
  readonly internal: boolean
  settings: PartitionSettings
  /** Node id of the leader, -1 where there is none. */
  leader = -1
  leaderEpoch = -1
  replicas: readonly number[] = []
  /** The in-sync replicas, this broker's node id among them. */
  isr: readonly number[] = []
  /** From when on retention may have something to do, as of its last look, in ms since the epoch. Only while the log is not loaded. */
  retentionDueMs = 0
  /** Whether compaction has looked and will find nothing to do until something is appended. Only while the log is not loaded. */
  isCompacted = false
  /** Since when the upkeep has found nobody to use the log, in ms of the monotonic clock. Only while it is loaded. */
  unusedSinceMs = 0
  /** Opened when it is first asked for. */
  #log: Log | null = null
  #isUsed = false
  readonly #nodeId: number
  readonly #host: PartitionHost
  #standing: Standing
  #highWatermark = 0
  /** Bytes appended since the broker started, and how many of them watchers were told of. */
  #bytesAppended = 0
  #bytesAnnounced = 0
  #awaitWritten: OffsetQueue | null = null
  #awaitCommitted: OffsetQueue | null = null
  #watchers: Set<PartitionWatcher> | null = null
  #verifications: Verifications | null = null

  constructor(options: {
    topic: string
    topicId: string
    index: number
    internal: boolean
    nodeId: number
    settings: PartitionSettings
    host: PartitionHost
  }) {
    this.topic = options.topic
    this.topicId = options.topicId
    this.index = options.index
    this.internal = options.internal
    this.settings = options.settings
    this.#nodeId = options.nodeId
    this.#host = options.host
    this.#standing = 'online'
  }

  /** As Kafka names the directory of the partition: 'topic-0'. */
  get name(): string {
    return `${this.topic}-${this.index}`
  }

  get standing(): Standing {
    return this.#standing
  }

  /** The log; throws KAFKA_STORAGE_ERROR or UNKNOWN_TOPIC_OR_PARTITION where it cannot be used any more. */
  get log(): Log {
    if (this.#standing !== 'online') throw this.#unusable()
    if (this.#log === null && !this.load()) throw this.#unusable()
    return this.#log!
  }

  /** Whether the log is open. While it is not, nothing happens to it, and it costs nothing. */
  get isLoaded(): boolean {
    return this.#log !== null
  }

  /** First offset that is not committed: consumers read below it. Throws KAFKA_STORAGE_ERROR where the log cannot be opened now. */
  get highWatermark(): number {
    if (this.#log === null && !this.load() && this.#standing === 'online') throw this.#unusable()
    return this.#highWatermark
  }

  get sizeInBytes(): number {
    return this.#log === null ? this.#host.sizeInBytes(this) : this.#log.sizeInBytes
  }

  /** First offset that an open transaction can still take back, at most the high watermark. */
  get lastStableOffset(): number {
    return this.log.lastStableOffset(this.highWatermark)
  }

  get logStartOffset(): number {
    return this.log.logStartOffset
  }

  get logEndOffset(): number {
    return this.log.logEndOffset
  }

  get isLeader(): boolean {
    return this.leader === this.#nodeId
  }

  /** The offset at which a reader of this isolation has to stop. */
  readableEnd(isolation: Isolation): number {
    return isolation === 'readCommitted' ? this.lastStableOffset : this.highWatermark
  }

  /** Takes over what the controller says of the partition. */
  follow(image: PartitionImage): void {
    const newEpoch = image.leaderEpoch !== this.leaderEpoch
    const wasLeader = this.isLeader
    this.leader = image.leader
    this.leaderEpoch = image.leaderEpoch
    this.replicas = image.replicas
    this.isr = image.isr
    if (this.#standing !== 'online') return
    if (this.#log !== null) {
      if (newEpoch && this.isLeader) this.#log.beginEpoch(image.leaderEpoch)
      // Where the others have left the in-sync replicas, what waited for them is committed.
      this.#followWritten()
    }
    // Whether the records last is the next leader's to say.
    if (wasLeader && !this.isLeader) this.#awaitCommitted?.fail(codes.NOT_LEADER_OR_FOLLOWER)
    if (newEpoch) this.#changed(0)
  }

  /** Lets go of the log, unless something happened to it or somebody waits; it is opened again when it is asked for. */
  unload(): void {
    if (this.#log === null || this.#standing !== 'online' || this.internal) return
    if (!this.#isAwaited && this.#host.releaseLog(this)) this.#log = null
  }

  /** Whether anybody appended or read, or had the log opened, since this was last asked. */
  takeUse(): boolean {
    const isUsed = this.#isUsed
    this.#isUsed = false
    return isUsed
  }

  /** Lets go of the log whatever happened to it, unless something is under way or somebody waits; false where it stays. */
  letGo(): boolean {
    if (this.#log === null || this.#standing !== 'online' || this.internal || this.#isAwaited) return false
    if (!this.#host.letGoOfLog(this)) return false
    this.#log = null
    return true
  }

  /**
   * Opens the log, unless it is; false where the partition is offline or deleted, perhaps by this, and where the process has no
   * descriptors for it: then it stays online, to be opened another time.
   */
  load(): boolean {
    if (this.#standing !== 'online' || this.#log !== null) return this.#standing === 'online'
    this.#isUsed = true
    let log: Log | null = null
    // A log that has moved away may notice late that its files are gone.
    const isCurrent = () => log === null || log === this.#log
    try {
      log = this.#host.openLog(this, {
        onWritten: () => isCurrent() && this.#written(),
        onFailed: error => isCurrent() && this.#host.failed(this, error),
      })
    } catch (error) {
      if (error instanceof ExhaustionError) return false
      throw error
    }
    this.#log = log
    if (this.#log === null) this.fail()
    else {
      if (this.isLeader) this.#log.beginEpoch(this.leaderEpoch)
      // Who waited while it lay elsewhere, or was not opened for want of descriptors.
      this.#awaitWritten?.settleBelow(this.#log.writtenOffset, codes.NONE)
      this.#followWritten()
    }
    return this.#standing === 'online'
  }

  /** Has the log given up where it is, by `move`, and opened where it lies then; whoever waits goes on waiting. */
  reopen(move: () => void): void {
    const before = this.#log
    move()
    this.#log = null
    if (!this.load() || before === null) return
    this.#log!.producers.adopt(before.producers)
    this.#written()
  }

  /** Throws where a client's idea of the leader epoch is not the current one; -1 where the client has none. */
  checkLeaderEpoch(currentLeaderEpoch: number): void {
    if (currentLeaderEpoch === -1 || currentLeaderEpoch === this.leaderEpoch) return
    if (currentLeaderEpoch < this.leaderEpoch) {
      throw new KafkaError(
        codes.FENCED_LEADER_EPOCH,
        `${this.name} is led in epoch ${this.leaderEpoch}, the request says ${currentLeaderEpoch}; refresh the metadata`,
      )
    }
    throw new KafkaError(
      codes.UNKNOWN_LEADER_EPOCH,
      `${this.name} is led in epoch ${this.leaderEpoch}, epoch ${currentLeaderEpoch} is not known here yet; try again`,
    )
  }

  /** Throws where this broker does not lead the partition or its log cannot be used. */
  checkLeads(): void {
    if (this.#standing !== 'online') throw this.#unusable()
    if (!this.isLeader) {
      throw new KafkaError(
        codes.NOT_LEADER_OR_FOLLOWER,
        `${this.name} is led by node ${this.leader}; refresh the metadata`,
      )
    }
  }

  /**
   * Gives the records their offsets, in place, and queues them to be written. The buffer belongs to the log until
   * it is written. Throws what makes the records unacceptable.
   */
  append(records: Buffer, { origin, requiredAcks, verification, raisesEpoch }: PartitionAppend): AppendResult {
    this.checkLeads()
    // A topic with fewer replicas than it asks for would otherwise never take a record.
    const needed = Math.min(this.settings.minInsyncReplicas, this.replicas.length)
    if (requiredAcks === -1 && this.isr.length < needed) {
      throw new KafkaError(
        codes.NOT_ENOUGH_REPLICAS,
        `${this.name} has ${this.isr.length} in-sync replicas, min.insync.replicas asks for ${needed}`,
      )
    }
    this.#isUsed = true
    if (origin === 'coordinator') this.#verifications?.ended(records)
    else if (verification !== undefined && !this.hasOpenTransaction(verification.producerId, producerEpoch(records, 0)))
      this.#verifications!.redeem(verification, this.name)
    const result = this.log.append(records, { origin, leaderEpoch: this.leaderEpoch, raisesEpoch })
    if (!result.duplicate) this.#bytesAppended += records.length
    return result
  }

  /** Whether a producer's transaction has written here in this epoch and is not ended: it needs no asking about. */
  hasOpenTransaction(producerId: number, producerEpoch: number): boolean {
    const state = this.log.producers.states.get(producerId)
    return state !== undefined && state.currentTxnFirstOffset >= 0 && state.epoch === producerEpoch
  }

  /** See `Verifications`. */
  verify(producerId: number): Verification {
    this.#verifications ??= new Verifications()
    return this.#verifications.begin(producerId)
  }

  /** Throws INVALID_TXN_STATE where the transaction has ended since it was asked about. */
  redeem(verification: Verification): void {
    this.#verifications?.redeem(verification, this.name)
  }

  /** Bytes that one batch may have (`max.message.bytes`). */
  get batchBytesMax(): number {
    return this.settings.log.maxMessageBytes
  }

  /** Settles `waiter` once the record at `offset` is in the file; at once where it is. */
  awaitWritten<S>(offset: number, waiter: OffsetWaiter<S>, slot: S): void {
    if (this.#standing !== 'online') waiter.settled(slot, this.#unusable().code)
    else if (this.log.writtenOffset > offset) waiter.settled(slot, codes.NONE)
    else {
      this.#awaitWritten ??= new OffsetQueue()
      this.#awaitWritten.add(offset, waiter, slot)
    }
  }

  /** Settles `waiter` once the record at `offset` is committed; at once where it is. */
  awaitCommitted<S>(offset: number, waiter: OffsetWaiter<S>, slot: S): void {
    if (this.#standing !== 'online') waiter.settled(slot, this.#unusable().code)
    else if (this.highWatermark > offset) waiter.settled(slot, codes.NONE)
    else if (!this.isLeader) waiter.settled(slot, codes.NOT_LEADER_OR_FOLLOWER)
    else {
      this.#awaitCommitted ??= new OffsetQueue()
      this.#awaitCommitted.add(offset, waiter, slot)
    }
  }

  /** Whole batches from the one that holds `fetchOffset`, up to where the isolation ends. Throws OFFSET_OUT_OF_RANGE. */
  read(fetchOffset: number, limits: PartitionRead & { taker?: undefined }): ReadResult
  read(fetchOffset: number, limits: PartitionRead): ReadResult<Chunk>
  read(fetchOffset: number, { bytesMax, isolation, minOneMessage, taker }: PartitionRead): ReadResult<Chunk> {
    this.#isUsed = true
    const maxOffset = this.readableEnd(isolation)
    return this.log.read(fetchOffset, { maxBytes: bytesMax, maxOffset, minOneMessage, taker })
  }

  /**
   * Where the log of a reader, whose last record has this epoch and stands before `fetchOffset`, parts from this one (KIP-595);
   * null where it does not. Throws OFFSET_OUT_OF_RANGE where the epoch is not known, or the log begins after the offset.
   */
  divergence(lastFetchedEpoch: number, fetchOffset: number): { epoch: number; endOffset: number } | null {
    const { leaderEpoch, endOffset } = this.log.endOffsetForEpoch(lastFetchedEpoch)
    if (endOffset === -1) {
      throw new KafkaError(
        codes.OFFSET_OUT_OF_RANGE,
        `${this.name} knows no records of epoch ${lastFetchedEpoch}; reset the offset`,
      )
    }
    // A reader that is sent back to where the logs part would find as little there.
    if (fetchOffset < this.logStartOffset) {
      throw new KafkaError(
        codes.OFFSET_OUT_OF_RANGE,
        `${this.name} begins at ${this.logStartOffset}, after offset ${fetchOffset}; reset the offset`,
      )
    }
    return leaderEpoch < lastFetchedEpoch || endOffset < fetchOffset ? { epoch: leaderEpoch, endOffset } : null
  }

  /** Lets go of everything before `offset` (-1: the high watermark); returns the new log start. Throws OFFSET_OUT_OF_RANGE. */
  deleteRecordsBefore(offset: number): number {
    this.checkLeads()
    const { log, highWatermark } = this
    const before = offset === -1 ? highWatermark : offset
    if (before < 0 || before > highWatermark) {
      throw new KafkaError(
        codes.OFFSET_OUT_OF_RANGE,
        `${this.name} cannot delete up to offset ${offset}: its high watermark is ${highWatermark}`,
      )
    }
    if (before > log.logStartOffset) {
      log.advanceLogStartOffset(before)
      this.#logStartMoved()
    }
    return log.logStartOffset
  }

  /** Lets go of what retention does not keep any more; gives the number of segments. */
  deleteOldSegments(): number {
    const count = this.log.deleteOldSegments(this.highWatermark)
    if (count > 0) this.#logStartMoved()
    return count
  }

  watch(watcher: PartitionWatcher): void {
    this.#watchers ??= new Set()
    this.#watchers.add(watcher)
  }

  unwatch(watcher: PartitionWatcher): void {
    this.#watchers?.delete(watcher)
  }

  get #isAwaited(): boolean {
    return (this.#watchers?.size ?? 0) + (this.#awaitWritten?.length ?? 0) + (this.#awaitCommitted?.length ?? 0) > 0
  }

  #written(): void {
    if (this.#standing !== 'online') return
    this.#awaitWritten?.settleBelow(this.#log!.writtenOffset, codes.NONE)
    this.#followWritten()
    this.#host.written(this)
  }

  #logStartMoved(): void {
    this.#changed(0)
    this.#host.logStartMoved(this)
  }

  /** Moves the high watermark forward: all in-sync replicas have what is below `offset`. */
  advanceHighWatermark(offset: number): void {
    if (offset <= this.#highWatermark) return
    this.#highWatermark = offset
    this.#log?.producers.forgetCommitted(offset)
    this.#awaitCommitted?.settleBelow(offset, codes.NONE)
    const bytes = this.#bytesAppended - this.#bytesAnnounced
    this.#bytesAnnounced = this.#bytesAppended
    this.#changed(bytes)
  }

  /** The disk has failed: nothing can be read or written from now on. */
  fail(): void {
    this.#end('offline')
  }

  /** The topic is gone: waiting requests are answered, later ones refused. */
  delete(): void {
    this.#end('deleted')
  }

  #end(standing: Standing): void {
    if (this.#standing === standing) return
    this.#standing = standing
    if (standing === 'offline') this.#host.wentOffline(this)
    const { code } = this.#unusable()
    this.#awaitWritten?.fail(code)
    this.#awaitCommitted?.fail(code)
    this.#changed(0)
  }

  #followWritten(): void {
    if (this.isLeader && this.isr.length <= 1) this.advanceHighWatermark(this.#log!.writtenOffset)
  }

  #changed(bytes: number): void {
    if (!this.#watchers) return
    for (const watcher of this.#watchers) watcher.partitionChanged(this, bytes)
  }

  #unusable(): KafkaError {
    const { name } = this
    if (this.#standing === 'deleted') return new KafkaError(codes.UNKNOWN_TOPIC_OR_PARTITION, `${name} was deleted`)
    return this.#standing === 'online'
      ? new ExhaustionError(`the broker has no file descriptors left to open ${name}; see the broker's log`)
      : new KafkaError(codes.KAFKA_STORAGE_ERROR, `the disk that holds ${name} has failed; see the broker's log`)
  }
}
