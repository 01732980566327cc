/** One segment of a log: the batches from an offset on (`.log`), and their indexes. */
import { assert } from '../lib/base/assert.ts'
import { headerBytes } from '../protocol/records/header.ts'
import type { LogConfig } from './config.ts'
import type { Files, RandomFile } from './files.ts'
import {
  frameHeaderBytes,
  frameLastOffset,
  frameLeaderEpoch,
  frameMaxTimestamp,
  frameSize,
  scanFrames,
} from './frames.ts'
import { fileName } from './names.ts'
import { OffsetIndex, relativeOffsetMax } from './offset-index.ts'
import { borrowBuffer, returnBuffer } from './read-buffers.ts'
import { TimeIndex } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'

/** A batch found by the records' time. */
export interface TimedBatch {
  readonly position: number
  readonly size: number
  readonly lastOffset: number
  readonly leaderEpoch: number
}

/** Batches from `baseOffset` to the next segment's. */
export class Segment {
  readonly baseOffset: number
  readonly file: RandomFile
  readonly offsetIndex: OffsetIndex
  readonly timeIndex: TimeIndex
  readonly transactionIndex: TransactionIndex
  /** Bytes appended, of which the last may only be in memory yet. */
  sizeInBytes: number
  /** Bytes in the file. */
  writtenBytes: number
  /** Bytes that the disk has. */
  syncedBytes: number
  /** Offset behind the last record. */
  endOffset: number
  /** Greatest timestamp, −1 without; and the last offset of the first batch that reaches it. */
  maxTimestamp: number
  maxTimestampOffset: number
  /** Timestamp of the first batch: since when a roll by time is waited for; −1 where it has none, NaN until one is known. */
  firstTimestamp = Number.NaN
  readonly createdMs: number
  /** When it was last written to, as far as that is known. */
  modifiedMs: number
  /** Whether the files were given up. */
  retired = false
  #preallocateBytes = 0
  #bytesSinceIndexed = 0
  #indexesChanged = false
  /** Whether the file was cut since it was synced; what was cut off may come back. */
  #cut = false
  /** How often batches were cut off, and how often the disk has that for sure. */
  #batchCuts = 0
  #batchCutsSynced = 0
  #pending: Buffer[] = []

  /** `suffix` is put behind the names of files that do not count yet. */
  constructor(files: Files, dir: string, baseOffset: number, now: number, suffix = '') {
    this.baseOffset = baseOffset
    this.file = files.file(fileName(dir, baseOffset, 'log') + suffix)
    this.offsetIndex = new OffsetIndex(files, fileName(dir, baseOffset, 'index') + suffix, baseOffset)
    this.timeIndex = new TimeIndex(files, fileName(dir, baseOffset, 'timeindex') + suffix, baseOffset)
    this.transactionIndex = new TransactionIndex(files, fileName(dir, baseOffset, 'txnindex') + suffix)
    this.sizeInBytes = this.file.size()
    this.writtenBytes = this.sizeInBytes
    this.syncedBytes = this.sizeInBytes
    this.endOffset = baseOffset
    this.maxTimestamp = this.timeIndex.lastTimestamp
    this.maxTimestampOffset = this.timeIndex.lastOffset
    this.createdMs = files.modifiedMs(this.file.path) || now
    this.modifiedMs = this.createdMs
  }

  /** A segment that has no files yet, or whose files are to be replaced. */
  static create(files: Files, dir: string, baseOffset: number, now: number, suffix = ''): Segment {
    for (const kind of ['log', 'index', 'timeindex', 'txnindex'] as const) {
      const path = fileName(dir, baseOffset, kind) + suffix
      if (files.exists(path)) files.unlink(path)
    }
    const segment = new Segment(files, dir, baseOffset, now, suffix)
    try {
      segment.file.create()
      segment.offsetIndex.file.create()
      segment.timeIndex.file.create()
    } catch (error) {
      // A segment that nobody knows of would be found, and end the one before it, when the log is opened.
      segment.file.unlink()
      segment.offsetIndex.file.unlink()
      segment.timeIndex.file.unlink()
      throw error
    }
    return segment
  }

  /** Takes the handles, and from the files what is needed to append, so that a process without descriptors is told before anything happened. */
  prepare(control: boolean): void {
    this.file.create()
    void this.offsetIndex.lastOffset
    if (control) void this.transactionIndex.entries
  }

  /** Where `preallocate` says so, the file gets the length that it may have with the first write; `seal` cuts what is too much. */
  preallocated(files: Files, config: LogConfig): this {
    // In memory it would cost what it is there to save.
    if (config.preallocate && files.durable && this.sizeInBytes === 0) this.#preallocateBytes = config.segmentBytes
    return this
  }

  /** The time that retention counts from: where no record has a timestamp, that of the last write. */
  get timeMs(): number {
    return this.maxTimestamp >= 0 ? this.maxTimestamp : this.modifiedMs
  }

  /** Whether bytes wait in memory. */
  get hasPending(): boolean {
    return this.#pending.length > 0
  }

  /** Whether the next batches must go to a new segment. Jitter is that of this segment. */
  shouldRoll(
    config: LogConfig,
    bytes: number,
    maxTimestamp: number,
    lastOffset: number,
    now: number,
    jitterMs: number,
  ): boolean {
    if (this.sizeInBytes > config.segmentBytes - bytes) return this.sizeInBytes > 0
    if (lastOffset - this.baseOffset > relativeOffsetMax) return true
    if (this.sizeInBytes === 0) return false
    if (this.offsetIndex.isFull(config.segmentIndexBytes) || this.timeIndex.isFull(config.segmentIndexBytes))
      return true
    const first = this.readFirstTimestamp()
    const waitedMs = first >= 0 && maxTimestamp >= 0 ? maxTimestamp - first : now - this.createdMs
    return waitedMs > config.segmentMs - jitterMs
  }

  /** Queues whole batches whose offsets are set. The bytes belong to the segment until `write`. */
  queue(bytes: Buffer, now: number): void {
    this.#pending.push(bytes)
    this.modifiedMs = now
  }

  /** Notes one batch of the queued bytes, in order. */
  note(size: number, lastOffset: number, maxTimestamp: number, indexIntervalBytes: number): void {
    if (this.sizeInBytes === 0) this.firstTimestamp = maxTimestamp
    if (maxTimestamp > this.maxTimestamp) {
      this.maxTimestamp = maxTimestamp
      this.maxTimestampOffset = lastOffset
    }
    if (this.#bytesSinceIndexed > indexIntervalBytes) {
      this.offsetIndex.append(lastOffset, this.sizeInBytes)
      this.timeIndex.append(this.maxTimestamp, this.maxTimestampOffset)
      this.#bytesSinceIndexed = 0
    }
    this.#bytesSinceIndexed += size
    this.sizeInBytes += size
    this.endOffset = lastOffset + 1
  }

  /** Writes what is queued, with one call. Where it is the indexes that fail, they are written another time. */
  write(): void {
    if (this.#pending.length === 0) return
    if (this.mayResurrect) this.syncCuts()
    if (this.#preallocateBytes > 0) {
      this.file.truncate(this.#preallocateBytes)
      this.#preallocateBytes = 0
    }
    this.file.writev(this.#pending, this.writtenBytes)
    this.#pending = []
    this.writtenBytes = this.sizeInBytes
    if (this.offsetIndex.file.shouldSpill) this.offsetIndex.file.spill()
    if (this.timeIndex.file.shouldSpill) this.timeIndex.file.spill()
    this.transactionIndex.spill()
  }

  /** Makes the files complete and no longer than they need to be, with the greatest timestamp as the last entry of all. */
  seal(): void {
    if (this.file.size() > this.writtenBytes) this.cutAt(this.writtenBytes)
    this.timeIndex.append(this.maxTimestamp, this.maxTimestampOffset)
    this.offsetIndex.file.spill()
    this.timeIndex.file.spill()
    this.offsetIndex.file.trim()
    this.timeIndex.file.trim()
    this.transactionIndex.spill()
    this.#indexesChanged = true
  }

  /**
   * Whether batches that were cut off may be there again after a power failure. Until they cannot, nothing is written in their place: of that, some
   * could be lost and some kept, and a log with sound batches of both, one between the others, is one that recovery takes for whole.
   */
  get mayResurrect(): boolean {
    return this.#batchCutsSynced < this.#batchCuts
  }

  /** Waits until the disk has all cuts. */
  syncCuts(): void {
    this.file.syncNow()
    this.#batchCutsSynced = this.#batchCuts
  }

  /** Whether the disk may lack something: bytes, or the indexes of a segment that was sealed. */
  get needsSync(): boolean {
    return this.syncedBytes < this.writtenBytes || this.#indexesChanged || this.#cut
  }

  /** Takes nothing of it to be on the disk, not even that the file is no longer than it is. */
  distrust(): void {
    this.syncedBytes = 0
    this.#cut = true
    this.transactionIndex.distrust()
  }

  /** Resolves once all that is in the files now is on the disk. Indexes can be rebuilt, so they only count when sealed. */
  async sync(): Promise<void> {
    const target = this.writtenBytes
    if (target > this.syncedBytes || this.#cut) {
      const cut = this.#cut
      const batchCuts = this.#batchCuts
      this.#cut = false
      try {
        await this.file.sync()
        this.#batchCutsSynced = Math.max(this.#batchCutsSynced, batchCuts)
      } catch (error) {
        this.#cut ||= cut
        throw error
      }
    }
    if (this.#indexesChanged && !this.retired) {
      this.#indexesChanged = false
      try {
        await Promise.all([this.offsetIndex.file.sync(), this.timeIndex.file.sync()])
      } catch (error) {
        this.#indexesChanged = true
        throw error
      }
    }
    if (!this.retired) await this.transactionIndex.sync()
    this.syncedBytes = Math.max(this.syncedBytes, Math.min(target, this.writtenBytes))
  }

  /** Position of the first batch in the file whose last offset reaches the offset; where none does, the end. `from` begins a batch. */
  positionOf(offset: number, from = this.offsetIndex.lookup(offset)): number {
    const buffer = borrowBuffer(4096)
    try {
      let position = from
      while (position + frameHeaderBytes <= this.writtenBytes) {
        const length = this.file.read(buffer, 0, Math.min(buffer.length, this.writtenBytes - position), position)
        let at = 0
        while (at + frameHeaderBytes <= length) {
          const size = frameSize(buffer, at)
          if (size === 0) return this.writtenBytes
          // The last offset of a batch lies behind the bytes that tell its size.
          if (at + Math.min(size, headerBytes) > length) break
          if (frameLastOffset(buffer, at) >= offset) return position + at
          at += size
        }
        if (at === 0) break
        position += at
      }
      return this.writtenBytes
    } finally {
      returnBuffer(buffer)
    }
  }

  /** The first batch whose records may include one at this time or later, at or behind the offset; null without. */
  batchReaching(timestamp: number, startOffset: number): TimedBatch | null {
    let found: TimedBatch | null = null
    const from = this.offsetIndex.lookup(Math.max(this.timeIndex.lookup(timestamp), startOffset))
    scanFrames(this.file, from, this.writtenBytes, (b, at, position, size) => {
      if (frameMaxTimestamp(b, at) < timestamp || frameLastOffset(b, at) < startOffset) return true
      found = { position, size, lastOffset: frameLastOffset(b, at), leaderEpoch: frameLeaderEpoch(b, at) }
      return false
    })
    return found
  }

  /** Reads the end offset out of the last batches, as after opening; false where something else lies behind them. */
  findEndOffset(): boolean {
    const from = this.offsetIndex.lookup(Number.MAX_SAFE_INTEGER)
    const end = scanFrames(this.file, from, this.writtenBytes, (b, at) => {
      this.endOffset = frameLastOffset(b, at) + 1
      return true
    })
    return end === this.writtenBytes
  }

  /** Drops the batches that reach this offset, and what the indexes say of them. Nothing may be queued. */
  truncateTo(offset: number): void {
    assert(!this.hasPending, 'queued batches are written before a segment is cut')
    const position = this.positionOf(offset)
    this.offsetIndex.truncateTo(offset)
    this.timeIndex.truncateTo(offset)
    this.transactionIndex.truncateTo(offset)
    this.cutBatchesAt(position)
    this.maxTimestamp = this.timeIndex.lastTimestamp
    this.maxTimestampOffset = this.timeIndex.lastOffset
    // What was not indexed since the last entry may be later than it.
    scanFrames(this.file, this.offsetIndex.lookup(this.timeIndex.lastOffset), position, (b, at) => {
      const timestamp = frameMaxTimestamp(b, at)
      if (timestamp > this.maxTimestamp) {
        this.maxTimestamp = timestamp
        this.maxTimestampOffset = frameLastOffset(b, at)
      }
      return true
    })
    this.endOffset = Math.min(this.endOffset, Math.max(offset, this.baseOffset))
    this.#bytesSinceIndexed = 0
    if (position === 0) this.firstTimestamp = Number.NaN
  }

  /** Cuts batches, or what is left of some, off the file. */
  cutBatchesAt(position: number): void {
    if (position < this.file.size()) this.#batchCuts++
    this.cutAt(position)
  }

  /** Cuts the file. */
  cutAt(position: number): void {
    if (position < this.file.size()) {
      this.file.truncate(position)
      this.#cut = true
    }
    this.sizeInBytes = position
    this.writtenBytes = position
    this.syncedBytes = Math.min(this.syncedBytes, position)
  }

  /** Leaves nothing in the indexes' files that could pass for what is to come. */
  emptyIndexes(): void {
    for (const { file } of [this.offsetIndex, this.timeIndex]) {
      file.create()
      file.truncate(0)
      file.trim()
    }
  }

  /** Begins the indexes again, to be rebuilt by `note` from the first batch on, and completed by `seal`. */
  resetIndexes(): void {
    this.offsetIndex.file.create()
    this.timeIndex.file.create()
    this.offsetIndex.restart()
    this.timeIndex.restart()
    this.maxTimestamp = -1
    this.maxTimestampOffset = this.baseOffset
    this.firstTimestamp = Number.NaN
    this.endOffset = this.baseOffset
    this.sizeInBytes = 0
    this.#bytesSinceIndexed = 0
  }

  close(): void {
    this.file.close()
    this.offsetIndex.file.close()
    this.timeIndex.file.close()
    this.transactionIndex.close()
  }

  /** Gives the files their names in a directory with something behind them, the log's last. */
  rename(dir: string, suffix: string): void {
    this.offsetIndex.file.rename(fileName(dir, this.baseOffset, 'index') + suffix)
    this.timeIndex.file.rename(fileName(dir, this.baseOffset, 'timeindex') + suffix)
    this.transactionIndex.rename(fileName(dir, this.baseOffset, 'txnindex') + suffix)
    this.file.rename(fileName(dir, this.baseOffset, 'log') + suffix)
  }

  /** Marks the files as deleted; gives their paths, for somebody to remove. */
  retire(files: Files): string[] {
    this.retired = true
    this.close()
    const paths: string[] = []
    for (const path of [
      this.file.path,
      this.offsetIndex.file.path,
      this.timeIndex.file.path,
      this.transactionIndex.path,
    ]) {
      if (!files.exists(path)) continue
      files.rename(path, `${path}.deleted`)
      paths.push(`${path}.deleted`)
    }
    return paths
  }

  /** Timestamp of the first batch, from the file where it is not known; see `firstTimestamp`. */
  readFirstTimestamp(): number {
    if (!Number.isNaN(this.firstTimestamp) || this.writtenBytes < frameHeaderBytes) return this.firstTimestamp
    scanFrames(this.file, 0, this.writtenBytes, (b, at) => {
      this.firstTimestamp = frameMaxTimestamp(b, at)
      return false
    })
    return this.firstTimestamp
  }
}

/** Spreads rolls by time: always the same for one segment, different between segments and logs. */
export function rollJitterMs({ segmentJitterMs, segmentMs }: LogConfig, dir: string, baseOffset: number): number {
  if (segmentJitterMs <= 0) return 0
  let hash = baseOffset | 0
  for (let index = 0; index < dir.length; index++) hash = (Math.imul(hash, 31) + dir.charCodeAt(index)) | 0
  return (hash >>> 0) % Math.min(segmentJitterMs, segmentMs)
}
