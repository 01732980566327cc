/** Some neighbouring segments copied into one, without what nobody needs any more. */
import { buildBatch, readRecords } from '../../protocol/records/batch.ts'
import { codecOf } from '../../protocol/records/compression.ts'
import {
  baseOffset,
  baseTimestamp,
  hasDeleteHorizon,
  isControl,
  lastOffset,
  magic,
  producerEpoch,
  producerId,
  recordCount,
} from '../../protocol/records/header.ts'
import { messageCompressionType } from '../../protocol/records/message.ts'
import type { Files } from '../files.ts'
import { frameLastOffset, frameMaxTimestamp } from '../frames.ts'
import { fileName } from '../names.ts'
import { Segment } from '../segment.ts'
import { type BatchRecords, emptied, filterBatch } from './batches.ts'
import { FrameReader } from './frame-reader.ts'
import type { CompactionJob, CompactionSource, LastRecord } from './job.ts'
import type { KeyOffsets } from './keys.ts'
import type { CompactionMemory } from './memory.ts'
import type { Pace } from './pace.ts'
import { cleanedSuffix, discardCleaned } from './swap.ts'
import type { CleanedTransactions } from './transactions.ts'

/** Copies the sources of one group. */
export class SegmentCleaner {
  /** Whether anything is other than before. */
  changed = false
  recordsBefore = 0
  recordsAfter = 0
  readonly #job: CompactionJob
  readonly #files: Files
  readonly #keys: KeyOffsets
  readonly #transactions: CleanedTransactions
  readonly #segment: Segment
  readonly #lastRecords: ReadonlyMap<number, LastRecord>
  /** Offset behind all that may be cleaned. */
  readonly #upperOffset: number
  readonly #memory: CompactionMemory
  readonly #buffer: Buffer
  #filled = 0
  #base = 0
  #horizonPassed = false

  constructor(
    job: CompactionJob,
    files: Files,
    keys: KeyOffsets,
    transactions: CleanedTransactions,
    memory: CompactionMemory,
    baseOffset: number,
  ) {
    this.#job = job
    this.#files = files
    this.#keys = keys
    this.#transactions = transactions
    this.#segment = Segment.create(files, job.dir, baseOffset, job.now, cleanedSuffix)
    this.#lastRecords = new Map(job.lastRecords.map(last => [last.producerId, last]))
    this.#upperOffset = job.sources[job.sources.length - 1].endOffset
    this.#memory = memory
    this.#buffer = memory.writing(job.bufferBytes >> 1)
    transactions.index = this.#segment.transactionIndex
  }

  get sizeInBytes(): number {
    return this.#segment.sizeInBytes
  }

  /** Copies one source. */
  async clean(source: CompactionSource, pace: Pace): Promise<void> {
    const { dir, bufferBytes } = this.#job
    const reader = new FrameReader(
      this.#files.file(fileName(dir, source.baseOffset, 'log')),
      source.sizeInBytes,
      bufferBytes >> 1,
      this.#memory,
    )
    let before = this.sizeInBytes
    try {
      for (;;) {
        if (reader.needsMore) {
          const wait = pace(reader.fill() + this.sizeInBytes - before)
          before = this.sizeInBytes
          if (wait !== undefined) await wait
        }
        if (!reader.next()) break
        if (magic(reader.b, reader.at) < 2) this.#oldMessage(reader.b, reader.at, reader.size)
        else this.#batch(reader.b, reader.at, reader.size)
      }
    } finally {
      reader.close()
    }
  }

  /** Resolves once the new segment's files are on the disk. */
  async finish(): Promise<void> {
    this.#write()
    this.#segment.seal()
    // An index of no transactions must be there too, to take the place of an old one.
    this.#segment.transactionIndex.create()
    await this.#segment.sync()
    this.#segment.close()
  }

  /** Gives the files up. */
  discard(): void {
    this.#segment.close()
    discardCleaned(this.#files, this.#job.dir, this.#segment.baseOffset)
  }

  #batch(b: Buffer, at: number, size: number): void {
    const { now, deleteRetentionMs, decompressedBytesMax } = this.#job
    const count = recordCount(b, at)
    this.recordsBefore += count
    const control = isControl(b, at)
    const needless = control ? this.#transactions.control(b, at) : this.#transactions.data(b, at)
    const horizonPassed = hasDeleteHorizon(b, at) && baseTimestamp(b, at) <= now
    const staysEmpty = lastOffset(b, at) + 1 === this.#upperOffset || this.#isLastOfProducer(b, at, control)
    if (count === 0) {
      if (staysEmpty) this.#put(b, at, size)
      else this.changed = true
      return
    }
    if (needless && (!control || horizonPassed)) {
      this.#leave(b, at, staysEmpty)
      return
    }
    this.#base = baseOffset(b, at)
    this.#horizonPassed = horizonPassed
    const { batch, changed, kept } = filterBatch(b, at, control ? all : this.#keep, {
      horizonMs: now + deleteRetentionMs,
      setsHorizon: control && needless,
      decompressedBytesMax,
      memory: this.#memory,
    })
    this.recordsAfter += kept
    if (batch === null) this.#leave(b, at, staysEmpty)
    else if (changed) {
      this.changed = true
      this.#put(batch, 0, batch.length)
    } else this.#put(b, at, size)
  }

  readonly #keep = (records: BatchRecords): boolean => {
    const offset = this.#base + records.offsetDelta
    return this.#isWanted(records.key, offset, records.hasValue || !this.#horizonPassed)
  }

  #isWanted(key: Buffer | null, offset: number, hasUse: boolean): boolean {
    if (offset > this.#keys.latestOffset) return true
    return key !== null && hasUse && offset >= this.#keys.get(key)
  }

  /** A message from before magic 2, or a wrapper of some. What changes is written as magic 2, so that horizons can be set. */
  #oldMessage(b: Buffer, at: number, size: number): void {
    const records = readRecords(b, at, this.#job.decompressedBytesMax)
    const kept = records.filter(({ key, offset }) => this.#isWanted(key, offset, true))
    this.recordsBefore += records.length
    this.recordsAfter += kept.length
    const tombstones = kept.some(({ offset, value }) => value === null && offset <= this.#keys.latestOffset)
    if (kept.length === records.length && !tombstones) {
      this.#put(b, at, size)
      return
    }
    this.changed = true
    const last = frameLastOffset(b, at)
    if (kept.length === 0 && last + 1 !== this.#upperOffset) return
    const batch = buildBatch({
      baseOffset: kept[0]?.offset ?? last,
      lastOffset: last,
      compression: kept.length === 0 ? 'none' : codecOf(messageCompressionType(b, at)),
      deleteHorizonMs: tombstones ? this.#job.now + this.#job.deleteRetentionMs : undefined,
      records: kept,
    })
    this.#put(batch, 0, batch.length)
  }

  #isLastOfProducer(b: Buffer, at: number, control: boolean): boolean {
    const id = producerId(b, at)
    if (id < 0) return false
    const last = this.#lastRecords.get(id)
    if (last === undefined) return false
    if (last.lastOffset >= 0) return lastOffset(b, at) === last.lastOffset
    return control && producerEpoch(b, at) === last.epoch
  }

  /** Leaves a batch out, or of it what says where it ended. */
  #leave(b: Buffer, at: number, staysEmpty: boolean): void {
    this.changed = true
    if (!staysEmpty) return
    const batch = emptied(b, at)
    this.#put(batch, 0, batch.length)
  }

  #put(b: Buffer, at: number, size: number): void {
    if (this.#filled + size > this.#buffer.length) this.#write()
    this.#segment.note(size, frameLastOffset(b, at), frameMaxTimestamp(b, at), this.#job.indexIntervalBytes)
    if (size > this.#buffer.length) {
      this.#segment.queue(b.subarray(at, at + size), this.#job.now)
      this.#segment.write()
      return
    }
    this.#filled += b.copy(this.#buffer, this.#filled, at, at + size)
  }

  #write(): void {
    if (this.#filled === 0) return
    this.#segment.queue(this.#buffer.subarray(0, this.#filled), this.#job.now)
    this.#filled = 0
    this.#segment.write()
  }
}

function all(): boolean {
  return true
}
