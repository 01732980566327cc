/**
 * The consistency checker: reads all files of one log, changes nothing, and tells what does not fit. For tests, and for people
 * who do not trust a disk.
 */
import { KafkaError } from '../protocol/errors.ts'
import { walkRecords } from '../protocol/records/batch.ts'
import { baseOffset, magic, partitionLeaderEpoch, producerId, readInt64 } from '../protocol/records/header.ts'
import type { Files } from './files.ts'
import { frameIsSound, frameLastOffset, frameMaxTimestamp, scanFrames } from './frames.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { endMarkerOf } from './markers.ts'
import { fileName, offsetOfFile } from './names.ts'
import type { OffsetIndex } from './offset-index.ts'
import { decodeSnapshot, snapshotOffsets } from './producer-snapshots.ts'
import { Producers } from './producers.ts'
import { Segment } from './segment.ts'
import type { TimeIndex } from './time-index.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** What to ask for. */
export interface CheckOptions {
  /** Whether every offset must be there, as in a log that was never compacted. */
  readonly dense: boolean
  /** Whether the log was closed well, so that nothing may be missing at the end of its indexes. */
  readonly closed: boolean
  /** First offset that can be read: transactions that began before it may have left no trace. */
  readonly logStartOffset?: number
  /** Told of bytes as they were checked, a segment's at a time. */
  readonly onChecked?: (bytes: number) => void
}

/** What was found. A sound log has no findings. */
export interface CheckResult {
  readonly findings: string[]
  /** Offset of the first record and that behind the last; the same where there is none. */
  readonly startOffset: number
  readonly endOffset: number
  readonly batchCount: number
  readonly recordCount: number
}

/** Findings after which a log is not looked at further. */
const findingsMax = 100

/** Checks the log in a directory. */
export function checkLog(files: Files, dir: string, options: CheckOptions): CheckResult {
  return new Check(files, dir, options).run()
}

class Check {
  readonly #files: Files
  readonly #dir: string
  readonly #options: CheckOptions
  readonly #findings: string[] = []
  readonly #producers = new Producers()
  readonly #epochs: LeaderEpochs
  #startOffset = 0
  /** Offset that the next batch must not be below. */
  #next = 0
  #batchCount = 0
  #recordCount = 0

  constructor(files: Files, dir: string, options: CheckOptions) {
    this.#files = files
    this.#dir = dir
    this.#options = options
    this.#epochs = new LeaderEpochs(files, `${dir}/leader-epoch-checkpoint`)
    if (this.#epochs.damaged) this.#find('leader-epoch-checkpoint', 'cannot be read')
  }

  run(): CheckResult {
    const names = this.#files.list(this.#dir).map(entry => entry.name)
    const bases = names
      .filter(name => /^\d{20}\.log$/.test(name))
      .map(offsetOfFile)
      .sort((a, b) => a - b)
    this.#startOffset = bases[0] ?? 0
    this.#next = this.#startOffset
    bases.forEach((base, index) => {
      const isLast = index === bases.length - 1
      if (base < this.#next) this.#find(`${base}.log`, `begins before ${this.#next}, where the segment before it ends`)
      if (this.#options.dense && base > this.#next)
        this.#find(`${base}.log`, `leaves out offsets ${this.#next} to ${base - 1}`)
      this.#next = Math.max(this.#next, base)
      this.#segment(new Segment(this.#files, this.#dir, base, 0), isLast)
    })
    for (const name of names) {
      if (/\.(index|timeindex|txnindex)$/.test(name) && !bases.includes(offsetOfFile(name)))
        this.#find(name, 'has no log')
    }
    for (const offset of snapshotOffsets(names)) this.#snapshot(offset)
    return {
      findings: this.#findings,
      startOffset: this.#startOffset,
      endOffset: this.#next,
      batchCount: this.#batchCount,
      recordCount: this.#recordCount,
    }
  }

  #segment(segment: Segment, isLast: boolean): void {
    const name = `${segment.baseOffset}.log`
    const size = segment.file.size()
    const offsets = new OffsetEntries(segment, what => this.#find(`${segment.baseOffset}.index`, what))
    const times = new TimeEntries(segment, what => this.#find(`${segment.baseOffset}.timeindex`, what))
    if (size > 0 && !this.#files.exists(segment.offsetIndex.file.path)) {
      this.#find(`${segment.baseOffset}.index`, 'is missing')
    }
    const aborted: AbortedTransaction[] = []
    /** Offsets of the markers that abort a transaction. */
    const markers = new Set<number>()
    let latest = -1
    const end = scanFrames(segment.file, 0, size, (b, at, position, bytes) => {
      const last = frameLastOffset(b, at)
      const sound = this.#batch(name, b, at, position, bytes)
      latest = Math.max(latest, frameMaxTimestamp(b, at))
      offsets.pass(last, position)
      times.pass(last, latest)
      if (sound) this.#transaction(b, at, aborted, markers)
      return this.#findings.length < findingsMax
    })
    if (end < size && this.#findings.length < findingsMax)
      this.#find(name, `${size - end} bytes at ${end} are no whole batch`)
    if (this.#findings.length < findingsMax) {
      offsets.finish()
      times.finish()
      const complete = this.#options.closed || !isLast
      if (complete && times.timestamp !== latest) {
        this.#find(`${segment.baseOffset}.timeindex`, `ends with timestamp ${times.timestamp}, the latest is ${latest}`)
      }
    }
    const entries = segment.transactionIndex.entries
    if (!segment.transactionIndex.isSound) this.#find(`${segment.baseOffset}.txnindex`, 'ends in a part of an entry')
    this.#transactionIndex(segment.baseOffset, entries, aborted, markers)
    segment.close()
    this.#options.onChecked?.(size)
  }

  /**
   * Of transactions that began before the log's start at most the end is known, and of those in a compacted log nothing else may be
   * left. But without its marker an entry would hide what the producer wrote later.
   */
  #transactionIndex(
    base: number,
    entries: readonly AbortedTransaction[],
    aborted: readonly AbortedTransaction[],
    markers: ReadonlySet<number>,
  ): void {
    const name = `${base}.txnindex`
    const start = Math.max(this.#startOffset, this.#options.logStartOffset ?? 0)
    const { dense } = this.#options
    const whole = start === 0 && dense
    const textOf = (entry: AbortedTransaction) => JSON.stringify(whole ? entry : [entry.producerId, entry.lastOffset])
    const known = new Set(entries.map(textOf))
    const seen = new Set(aborted.map(textOf))
    for (const entry of aborted) {
      if (entry.firstOffset >= start && !known.has(textOf(entry))) this.#find(name, `lacks ${textOf(entry)}`)
    }
    for (const entry of entries) {
      const expected = dense ? seen.has(textOf(entry)) : markers.has(entry.lastOffset)
      if (entry.firstOffset >= start && !expected) this.#find(name, `has ${textOf(entry)} too much`)
    }
  }

  /** Gives whether the batch is what was written. */
  #batch(name: string, b: Buffer, at: number, position: number, bytes: number): boolean {
    const last = frameLastOffset(b, at)
    const old = magic(b, at) < 2
    const first = old ? last : baseOffset(b, at)
    const where = `the batch at ${position} (offsets ${first} to ${last})`
    const sound = frameIsSound(b, at, bytes)
    if (!sound) this.#find(name, `${where} has a wrong checksum`)
    if (first < this.#next || last < first) this.#find(name, `${where} is not behind ${this.#next}`)
    else if (this.#options.dense && !old && first > this.#next) {
      this.#find(name, `${where} leaves out offsets ${this.#next} to ${first - 1}`)
    }
    this.#next = last + 1
    this.#batchCount++
    if (old) return sound
    // What lies before the log's start has no entry any more.
    const epoch = this.#epochs.epochFor(last)
    const told = epoch >= 0 || (this.#epochs.entries.length === 0 && last >= (this.#options.logStartOffset ?? 0))
    if (told && epoch !== partitionLeaderEpoch(b, at)) {
      this.#find(name, `${where} is of leader epoch ${partitionLeaderEpoch(b, at)}, the checkpoint says ${epoch}`)
    }
    try {
      this.#recordCount += walkRecords(b, at, null, undefined, this.#options.dense).recordCount
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      if (sound) this.#find(name, `${where} has damaged records: ${error.message}`)
      return false
    }
    return sound
  }

  #transaction(b: Buffer, at: number, aborted: AbortedTransaction[], markers: Set<number>): void {
    if (magic(b, at) < 2 || producerId(b, at) < 0) return
    const marker = endMarkerOf(b, at)
    if (marker?.aborted === true) markers.add(frameLastOffset(b, at))
    const completed = this.#producers.append(b, at, readInt64(b, at), marker)
    if (completed?.aborted !== true) return
    const { producerId: id, firstOffset, lastOffset } = completed
    const lastStableOffset = this.#producers.lastStableOffsetAfter(completed)
    aborted.push({ producerId: id, firstOffset, lastOffset, lastStableOffset })
  }

  #snapshot(offset: number): void {
    const content = this.#files.read(fileName(this.#dir, offset, 'snapshot'))
    const states = content === null ? null : decodeSnapshot(content)
    if (states === null) {
      this.#find(`${offset}.snapshot`, 'cannot be read')
      return
    }
    if (offset > this.#next) this.#find(`${offset}.snapshot`, `is of an offset beyond the end ${this.#next}`)
    for (const { producerId, batches, currentTxnFirstOffset } of states) {
      const last = batches[batches.length - 1]?.lastOffset ?? -1
      if (last >= offset || currentTxnFirstOffset >= offset) {
        this.#find(`${offset}.snapshot`, `knows of producer ${producerId} what comes only later`)
      }
    }
  }

  #find(file: string, what: string): void {
    this.#findings.push(`${file}: ${what}`)
  }
}

/** The entries of an offset index, held against the batches as they pass. */
class OffsetEntries {
  readonly #index: OffsetIndex
  readonly #find: (what: string) => void
  #next = 0
  #before = -1

  constructor({ offsetIndex }: Segment, find: (what: string) => void) {
    this.#index = offsetIndex
    this.#find = find
    if (!offsetIndex.file.isWhole) find('ends in a part of an entry')
  }

  /** A batch that ends with an offset begins at a position. */
  pass(lastOffset: number, position: number): void {
    for (; this.#next < this.#index.file.count; this.#next++) {
      const offset = this.#index.offset(this.#next)
      if (offset > lastOffset) return
      this.#entry(offset, offset === lastOffset ? position : undefined)
    }
  }

  /** No batch follows. */
  finish(): void {
    this.pass(Number.POSITIVE_INFINITY, -1)
  }

  #entry(offset: number, position: number | undefined): void {
    const told = this.#index.position(this.#next)
    if (offset <= this.#before) this.#find(`entry ${this.#next} has offset ${offset} after ${this.#before}`)
    if (told !== position) {
      this.#find(`entry ${this.#next} says offset ${offset} ends a batch at ${told}; it is at ${position}`)
    }
    this.#before = offset
  }
}

/** The entries of a time index, held against the batches as they pass. */
class TimeEntries {
  /** Of the last entry. */
  timestamp = -1
  readonly #index: TimeIndex
  readonly #find: (what: string) => void
  #next = 0

  constructor({ timeIndex }: Segment, find: (what: string) => void) {
    this.#index = timeIndex
    this.#find = find
    if (!timeIndex.file.isWhole) find('ends in a part of an entry')
  }

  /** Up to a batch that ends with an offset the greatest timestamp is `latest`. */
  pass(lastOffset: number, latest: number): void {
    for (; this.#next < this.#index.file.count; this.#next++) {
      const offset = this.#index.offset(this.#next)
      if (offset > lastOffset) return
      this.#entry(offset, offset === lastOffset ? latest : undefined)
    }
  }

  /** No batch follows. */
  finish(): void {
    this.pass(Number.POSITIVE_INFINITY, -1)
  }

  #entry(offset: number, latest: number | undefined): void {
    const timestamp = this.#index.timestamp(this.#next)
    if (timestamp <= this.timestamp) {
      this.#find(`entry ${this.#next} has timestamp ${timestamp} after ${this.timestamp}`)
    }
    if (timestamp !== latest)
      this.#find(`entry ${this.#next} says ${timestamp} is reached at ${offset}; it is ${latest}`)
    this.timestamp = timestamp
  }
}
