/** What a cleaning is told and what it tells, in a form that can be sent to another thread. */
import type { AbortedTransaction } from '../transaction-index.ts'

/** A segment that is read. Sizes in bytes. */
export interface CompactionSource {
  readonly baseOffset: number
  readonly endOffset: number
  readonly sizeInBytes: number
  readonly offsetIndexBytes: number
  readonly timeIndexBytes: number
}

/** Of an active producer, what must not get lost: its last batch, or where it has none (−1) the marker of its epoch. */
export interface LastRecord {
  readonly producerId: number
  readonly epoch: number
  readonly lastOffset: number
}

/** One cleaning of one log. Times are ms since the epoch. */
export interface CompactionJob {
  readonly dir: string
  /** All segments from the log's first to the last that may be cleaned. */
  readonly sources: readonly CompactionSource[]
  /** Offset from which on keys are collected. */
  readonly firstDirtyOffset: number
  /** The aborted transactions of the whole log. */
  readonly aborted: readonly AbortedTransaction[]
  readonly lastRecords: readonly LastRecord[]
  readonly now: number
  readonly deleteRetentionMs: number
  readonly indexIntervalBytes: number
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  readonly decompressedBytesMax: number
  /** Memory for the keys, and the share of it that may be used. */
  readonly keyBytesMax: number
  readonly keyLoadFactor: number
  /** Size of the buffers to read into and to write from, together. */
  readonly bufferBytes: number
  /** Bytes to be read and written in a second, at most. */
  readonly bytesPerSecondMax: number
}

/** Some neighbouring segments were cleaned into one, whose files are there with `.cleaned` behind their names. */
export interface CleanedGroup {
  /** Offset of the first of them, and of the new one. */
  readonly baseOffset: number
  readonly sourceCount: number
  /** False where the one segment is as it was; then there are no files. */
  readonly changed: boolean
}

/** What a cleaning came to. */
export interface CompactionResult {
  /** Offset below which the log is clean. */
  readonly endOffset: number
  readonly keyCount: number
  /** Bytes of memory that the map of keys took, full or not. */
  readonly keyBytes: number
  readonly bytesRead: number
  readonly bytesBefore: number
  readonly bytesAfter: number
  readonly recordsBefore: number
  readonly recordsAfter: number
}

/** The cleaning was called off. */
export class CompactionCancelled extends Error {
  constructor() {
    super('the cleaning was called off')
    this.name = 'CompactionCancelled'
  }
}

/** Runs a cleaning; `cleaned` is told of groups in the order of offsets, and calls it off by returning false. */
export interface CompactionEngine {
  /** How often work was called off: who has yet to begin sees in it that it shall not. */
  readonly cancellations: number
  run(job: CompactionJob, cleaned: (group: CleanedGroup) => boolean): Promise<CompactionResult>
  /** Calls off what is under way: `run` rejects with CompactionCancelled. */
  cancel(): void
  /** The same, and gives back what it holds; resolves when it has. It can be used again. */
  stop(): Promise<void>
}
