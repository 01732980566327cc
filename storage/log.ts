/**
 * One partition's log, the only door to its files. Offsets are given when a batch is appended; its bytes are written with all
 * others of the same turn of the event loop by one call, and readers see what is in the file.
 */
import { assert } from '../lib/base/assert.ts'
import { codes, KafkaError } from '../protocol/errors.ts'
import type { Chunk } from '../protocol/records/chunk.ts'
import { isControl } from '../protocol/records/header.ts'
import type { LogConfig } from './config.ts'
import { DiskTrouble } from './disk-trouble.ts'
import type { Files } from './files.ts'
import { Flusher } from './flusher.ts'
import { type EpochEndOffset, LeaderEpochs } from './leader-epochs.ts'
import {
  type AbortedRange,
  type AppendOptions,
  type AppendResult,
  appendResult,
  duplicateResult,
  type LogOptions,
  type TimestampAndOffset,
} from './log-options.ts'
import { LogWrites } from './log-writes.ts'
import { abortedBetween, firstReaching, latestTimestamp, segmentIndexOf } from './lookups.ts'
import { assignEpochs, countOffsets, latestTimestampIn, placeBatches, placeReceived } from './placing.ts'
import type { ProducerSnapshots } from './producer-snapshots.ts'
import { type ProducerState, Producers } from './producers.ts'
import { emptyRead, type ReadResult } from './read-result.ts'
import { outOfRange, Reader, type ReadLimits } from './reader.ts'
import { receivedRuns } from './received.ts'
import { recoverLog, reloadProducers } from './recovery/recovery.ts'
import { countDeletable } from './retention.ts'
import { rollJitterMs, type Segment } from './segment.ts'
import { SegmentList } from './segment-list.ts'
import { acceptable } from './validate.ts'

export { defaultLogConfig, type LogConfig } from './config.ts'
export type { EpochEndOffset } from './leader-epochs.ts'
export type { AbortedRange, AppendOrigin, AppendResult, LogOptions, TimestampAndOffset } from './log-options.ts'
export type { ProducerState } from './producers.ts'
export type { FileTaker, ReadLimits } from './reader.ts'
export { firstOffsets } from './received.ts'
export { type RecordError, RecordValidationError, recordErrorsMax } from './validate.ts'

/** The log of one partition. */
export class Log {
  /** First offset that can be read. */
  logStartOffset: number
  /** Offset that the next record gets. */
  logEndOffset: number
  /** Offset below which the log was compacted, as far as that is known. */
  cleanedOffset: number
  /** How often the log was cut at its end: segments of before may have another content since. */
  truncations = 0
  config: LogConfig
  readonly dir: string
  readonly files: Files
  readonly epochs: LeaderEpochs
  readonly producers = new Producers()
  readonly #options: LogOptions
  readonly #snapshots: ProducerSnapshots
  #reader: Reader | null = null
  readonly #flusher: Flusher
  readonly #list: SegmentList
  readonly #writes: LogWrites
  readonly #disk: DiskTrouble
  #closed = false
  /** Whether the disk had all of it when it was opened. */
  readonly #isProven: boolean
  /** Whether its files have changed since. */
  #touched = false

  /** Opens the files of a directory, which must exist; makes the first segment where there is none. */
  static open(options: LogOptions): Log {
    return new Log(options)
  }

  private constructor(options: LogOptions) {
    const { dir, files, config } = options
    this.#options = options
    this.#disk = new DiskTrouble(options)
    this.dir = dir
    this.files = files
    this.config = config
    this.cleanedOffset = options.cleanedOffset ?? 0
    const wasCompacted = () => this.config.cleanupPolicy.includes('compact') || this.cleanedOffset > 0
    this.epochs = new LeaderEpochs(files, `${dir}/leader-epoch-checkpoint`, wasCompacted)
    const { recoveryPoint = 0, logStartOffset = 0, logger } = options
    const recovered = recoverLog(
      { ...options, now: options.now(), recoveryPoint, logStartOffset, logger },
      this.producers,
      this.epochs,
    )
    const { segments, snapshots } = recovered
    const { endOffset } = segments[segments.length - 1].preallocated(files, config)
    this.#snapshots = snapshots
    this.logStartOffset = recovered.logStartOffset
    this.logEndOffset = endOffset
    // Where records were lost, others that took their place would be thought clean.
    if (this.cleanedOffset > this.logEndOffset) this.cleanedOffset = 0
    this.#isProven =
      options.cleanShutdown && options.isSynced !== false && recovered.recoveryPoint === this.logEndOffset
    this.#flusher = new Flusher({
      files,
      dir,
      epochs: this.epochs,
      snapshots,
      now: options.now,
      recoveryPoint: recovered.recoveryPoint,
      fileOffset: this.logEndOffset,
      namesLast: this.#isProven && options.isNew !== true && !recovered.namesChanged,
    })
    this.#list = new SegmentList({ files, dir, now: options.now, segments, snapshots, flusher: this.#flusher })
    this.#writes = new LogWrites(this, this.#list, this.#flusher, this.#disk, options)
  }

  /** Offset below which everything is in the file, and on the disk where `flush.messages` says so. */
  get writtenOffset(): number {
    return this.#writes.writtenOffset
  }

  /** Offset below which the disk is known to have everything. */
  get recoveryPoint(): number {
    return this.#flusher.recoveryPoint
  }

  get sizeInBytes(): number {
    return this.#list.sizeInBytes
  }

  /** Why the log is offline, null while it works. */
  get failure(): Error | null {
    return this.#disk.failure
  }

  /** Whether segments that were given up stay away, whatever happens. */
  get namesLast(): boolean {
    return this.#flusher.namesLast
  }

  /** Whether its files were to be trusted when it was opened, and nothing happened to it since. */
  get isUntouched(): boolean {
    return this.isOpen && this.#isProven && !this.#touched
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Whether it takes and gives anything. */
  get isOpen(): boolean {
    return !this.#closed && this.#disk.failure === null
  }

  get segments(): readonly Segment[] {
    return this.#list.all
  }

  updateConfig(config: LogConfig): void {
    this.config = config
  }

  /** Offset below which no transaction is open, given that of what is committed. */
  lastStableOffset(highWatermark: number): number {
    // The first records of a transaction that is open may have been deleted.
    return Math.min(Math.max(this.producers.firstUnstableOffset(highWatermark), this.logStartOffset), highWatermark)
  }

  /** Greatest timestamp in the segments and the first offset that has it, be it deleted or not; null where they hold no record. */
  maxTimestampOffset(): TimestampAndOffset | null {
    this.#mustWork()
    const { decompressedBatchBytesMax: bytesMax } = this.config
    return this.#disk.guard(() => latestTimestamp(this.segments, bytesMax))
  }

  /** The first record whose timestamp is not before this one; null where there is none. */
  offsetForTimestamp(timestamp: number): TimestampAndOffset | null {
    this.#mustWork()
    const { decompressedBatchBytesMax: bytesMax } = this.config
    return this.#disk.guard(() => firstReaching(this.segments, timestamp, this.logStartOffset, bytesMax))
  }

  /** Where an epoch's records end: the answer to OffsetForLeaderEpoch. */
  endOffsetForEpoch(leaderEpoch: number): EpochEndOffset {
    return this.epochs.endOffsetFor(leaderEpoch, this.logEndOffset)
  }

  /** Epoch of the last record, −1 without one, or where nobody noted it. */
  get latestEpoch(): number {
    return this.epochs.epochFor(this.logEndOffset - 1)
  }

  /** Notes that a leader of this epoch writes from now on. */
  beginEpoch(leaderEpoch: number): void {
    this.epochs.begin(leaderEpoch, this.logEndOffset)
  }

  /** The aborted transactions that a reader of [fetchOffset, upperBound) must leave out. */
  abortedTransactions(fetchOffset: number, upperBound: number): AbortedRange[] {
    this.#mustWork()
    return this.#disk.guard(() => abortedBetween(this.segments, fetchOffset, upperBound))
  }

  activeProducers(): Iterable<ProducerState> {
    return this.producers.states.values()
  }

  /** Forgets producers that were silent for too long. */
  expireProducers(now: number): void {
    this.producers.expire(now, this.#options.producerIdExpirationMs())
  }

  /**
   * Appends records: checks them, gives them their offsets in place and queues their bytes, which belong to the log until
   * `writtenOffset` has passed them. Throws KafkaError, having changed nothing.
   */
  append(records: Buffer, { origin, leaderEpoch, raisesEpoch, beginning }: AppendOptions): AppendResult {
    this.#mustWork()
    const now = this.#options.now()
    const bytes = acceptable(records, origin, this.config, now)
    const duplicate = this.producers.checkBatches(bytes, origin, raisesEpoch, beginning)
    if (duplicate !== null) return duplicateResult(duplicate, this.logStartOffset)

    const first = this.logEndOffset
    const last = first + countOffsets(bytes) - 1
    const latest = latestTimestampIn(bytes)
    try {
      this.#makeRoom(bytes, first, last, latest, now)
      this.epochs.assign(leaderEpoch, first)
      this.#list.active.prepare(isControl(bytes, 0))
      // From here on nothing needs a descriptor, so that a process that has none left cannot stop half-way.
      this.logEndOffset = placeBatches(bytes, first, leaderEpoch, this.producers, this.#list.active, this.config)
    } catch (error) {
      throw this.#disk.fail(error)
    }
    this.#touched = true
    this.#writes.queue(bytes, now)
    return appendResult(
      first,
      last,
      this.config.messageTimestampType === 'LogAppendTime' ? now : -1,
      this.logStartOffset,
    )
  }

  /**
   * Appends batches as the leader of `leaderEpoch` gave them, whose bytes belong to the log until `writtenOffset` has passed them; gives the
   * log's new end. What of them comes from a later epoch is left out. Throws KafkaError, having changed nothing; see `receivedRuns`.
   */
  appendReceived(records: Buffer, leaderEpoch: number): number {
    this.#mustWork()
    const { logEndOffset, latestEpoch, config } = this
    const runs = receivedRuns(records, { logEndOffset, latestEpoch, segmentBytes: config.segmentBytes }, leaderEpoch)
    for (const { bytes, first, last, latest, hasControl } of runs) {
      try {
        this.epochs.forgetBegun()
        this.#makeRoom(bytes, first, last, latest, this.#options.now())
        assignEpochs(bytes, this.epochs)
        this.#list.active.prepare(hasControl)
        this.logEndOffset = placeReceived(bytes, this.producers, this.#list.active, config)
      } catch (error) {
        throw this.#disk.fail(error)
      }
      this.#touched = true
      this.#writes.queue(bytes, this.#options.now())
    }
    return this.logEndOffset
  }

  /** Reads whole batches from the one that holds the offset on. Throws OFFSET_OUT_OF_RANGE. */
  read(fetchOffset: number, limits: ReadLimits & { taker?: undefined }): ReadResult
  read(fetchOffset: number, limits: ReadLimits): ReadResult<Chunk>
  read(fetchOffset: number, limits: ReadLimits): ReadResult<Chunk> {
    this.#mustWork()
    if (fetchOffset < this.logStartOffset || fetchOffset > this.logEndOffset) throw outOfRange(fetchOffset, this)
    if (fetchOffset >= limits.maxOffset || fetchOffset >= this.#flusher.fileOffset) return emptyRead
    this.#reader ??= new Reader()
    const reader = this.#reader
    return this.#disk.guard(() => reader.read(this.#list.all, fetchOffset, limits))
  }

  /** Looks into its files as `work` does; throws KAFKA_STORAGE_ERROR where they fail. */
  examine<T>(work: () => T): T {
    this.#mustWork()
    return this.#disk.guard(work)
  }

  /** Begins a new segment, unless the last is empty. */
  roll(): void {
    this.#mustWork()
    if (this.#list.active.sizeInBytes > 0) this.#roll(this.logEndOffset)
  }

  /** Resolves once the disk has all that was appended until now. */
  async flush(): Promise<void> {
    this.#mustWork()
    this.writeOut()
    await this.#writes.flushTo(this.logEndOffset)
  }

  /** When `flush.ms` wants the next flush, ms since the epoch; Infinity where everything is on the disk. */
  get nextFlushMs(): number {
    if (this.#disk.failure !== null || this.#flusher.recoveryPoint >= this.logEndOffset) return Number.POSITIVE_INFINITY
    return this.#flusher.flushedMs + this.config.flushMs
  }

  /** Begins a flush where `flush.ms` wants one. */
  flushIfDue(now: number): void {
    if (now >= this.nextFlushMs) this.#writes.flushLater(this.#flusher.fileOffset)
  }

  /** Moves the first readable offset up, and drops segments that lie wholly before it. Throws OFFSET_OUT_OF_RANGE. */
  advanceLogStartOffset(offset: number): void {
    this.#mustWork()
    if (offset > this.logEndOffset) {
      throw new KafkaError(codes.OFFSET_OUT_OF_RANGE, `offset ${offset} is beyond the log's end ${this.logEndOffset}`)
    }
    if (offset <= this.logStartOffset) return
    this.#touched = true
    this.logStartOffset = offset
    this.#disk.guard(() => {
      const { all } = this.#list
      let count = 0
      while (count + 1 < all.length && all[count + 1].baseOffset <= offset) count++
      this.#list.drop(0, count, this.config)
      if (count > 0) this.#reader?.forget()
      this.epochs.truncateFromStart(offset, all[0].baseOffset)
    })
  }

  /** Deletes segments that retention by time, size or log start no longer keeps; gives how many. */
  deleteOldSegments(highWatermark: number): number {
    this.#mustWork()
    const now = this.#options.now()
    const count = countDeletable(this.segments, this.config, this.logStartOffset, highWatermark, now)
    if (count === 0) return 0
    // The sizes include what is queued; a process that is killed takes that along.
    this.writeOut()
    if (count === this.segments.length) this.#roll(this.logEndOffset)
    this.advanceLogStartOffset(this.segments[count].baseOffset)
    return count
  }

  /** Removes files marked as deleted whose `file.delete.delay.ms` is over. */
  removeRetired(now: number): void {
    this.#list.removeRetired(now)
  }

  /**
   * Drops all records from this offset on. Before others are appended, the recovery point and the offset of compaction have to
   * be written down: the old ones may be beyond the new end.
   */
  truncateTo(offset: number): void {
    this.#mustWork()
    if (offset >= this.logEndOffset) {
      // Where this broker led without writing anything, the leaders since have written at that offset.
      this.epochs.forgetBegun()
      return
    }
    if (offset < this.segments[0].baseOffset) {
      this.truncateFullyAndStartAt(offset)
      return
    }
    this.writeOut()
    this.#disk.guardWhole(() => {
      const keep = segmentIndexOf(this.segments, offset) + 1
      // Segments that were given up must not come back between those to come.
      const namesChange = keep < this.segments.length
      this.#list.keep(keep, this.config)
      if (namesChange) this.files.syncDirectoryNow(this.dir)
      this.#list.active.truncateTo(offset)
      this.logStartOffset = Math.min(this.logStartOffset, offset)
      this.#restartAt(offset)
    })
    if (this.mayResurrect) this.#writes.flushLater(offset)
  }

  /** Whether batches that were cut off may be there again after a power failure. The disk is being told. */
  get mayResurrect(): boolean {
    return this.files.durable && this.#list.active.mayResurrect
  }

  /** Drops all records; the next gets this offset. */
  truncateFullyAndStartAt(offset: number): void {
    this.#mustWork()
    this.writeOut()
    this.#disk.guardWhole(() => {
      this.#list.restart(offset, this.config)
      this.files.syncDirectoryNow(this.dir)
      this.logStartOffset = offset
      this.epochs.clear()
      this.#restartAt(offset)
      this.#writes.restartAt(offset)
    })
  }

  /** Puts what compaction made of neighbouring segments in their place; false where they are not all there any more. */
  replaceSegments(sources: readonly Segment[]): boolean {
    this.#mustWork()
    const from = this.#list.indexOf(sources)
    if (from < 0) return false
    this.#disk.guard(() => {
      this.#touched = true
      this.#list.exchange(from, sources, this.config)
      this.#reader?.forget()
    })
    return true
  }

  /** Flushes, completes the indexes, writes a producer snapshot, and gives the handles back. */
  async close(): Promise<void> {
    if (this.#closed) return
    if (this.#disk.failure === null && !this.isUntouched) {
      await this.flush()
      this.#closed = true
      try {
        this.#list.active.seal()
        this.#snapshots.take(this.producers)
        while (this.#flusher.isBusy || this.#flusher.hasWork(this.segments)) await this.#flusher.sync(this.segments)
      } catch (error) {
        throw this.#disk.fail(error)
      }
    }
    this.discard()
  }

  /** Completes the files, of which the disk gets nothing by it, and gives the handles back; false where something is under way. */
  release(): boolean {
    const awaitsFlush = this.config.flushMs < Number.MAX_SAFE_INTEGER && this.recoveryPoint < this.logEndOffset
    if (!this.isOpen || this.writtenOffset < this.logEndOffset || awaitsFlush) return false
    if (this.#writes.isScheduled || this.#flusher.isBusy || this.#list.hasRetired) return false
    if (!this.isUntouched) {
      this.#disk.guard(() => {
        this.#list.active.seal()
        this.#snapshots.take(this.producers)
      })
    }
    this.discard()
    return true
  }

  /** Gives the handles back and leaves the files as they are, as before their deletion. */
  discard(): void {
    this.#closed = true
    this.#list.close()
  }

  /** Whether bytes wait to be written. */
  get hasQueued(): boolean {
    return this.#list.active.hasPending
  }

  /** Puts what is queued into the file now. */
  writeOut(): void {
    this.#writes.writeOut()
  }

  /** Does now what would be done at the end of the turn. What fails is told of as then. */
  writeNow(): void {
    this.#writes.writeNow()
  }

  /** Sees to it that the last segment can take batches, whose first and last offsets and latest timestamp are these. */
  #makeRoom(bytes: Buffer, first: number, last: number, latest: number, now: number): void {
    if (this.#writes.isStuck) this.writeOut()
    const { active } = this.#list
    const jitterMs = rollJitterMs(this.config, this.dir, active.baseOffset)
    if (active.shouldRoll(this.config, bytes.length, latest, last, now, jitterMs)) this.#roll(first)
  }

  #roll(offset: number): void {
    this.#touched = true
    this.writeOut()
    this.#disk.guard(() => {
      this.producers.endOffset = offset
      this.#snapshots.take(this.producers)
      this.#list.roll(offset, this.config)
    })
    // The new segment, which is being written to, can wait: syncing it would hold up who writes.
    this.#writes.flushLater(offset, offset)
  }

  #restartAt(offset: number): void {
    this.#touched = true
    this.logEndOffset = offset
    this.cleanedOffset = Math.min(this.cleanedOffset, offset)
    this.truncations++
    this.#writes.truncateTo(offset)
    this.#reader?.forget()
    this.epochs.truncateFromEnd(offset)
    const { now, producerIdExpirationMs } = this.#options
    this.#snapshots.loadLatest(this.producers, this.logStartOffset, offset, now(), producerIdExpirationMs())
    reloadProducers(this.segments, this.producers, offset)
  }

  #mustWork(): void {
    assert(!this.#closed, `the log in ${this.dir} is closed`)
    if (this.#disk.failure !== null) throw this.#disk.offline()
  }
}
