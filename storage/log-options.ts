/** What goes into a log and comes out of it, besides records. */
import type { LogConfig } from './config.ts'
import type { Files } from './files.ts'
import type { Beginning, ProducerBatch } from './producers.ts'
import type { RecoveryLogger } from './recovery/recovery.ts'

/** What is told of a log when records were written. */
export interface WrittenLog {
  readonly writtenOffset: number
}

/** What a log is opened with. */
export interface LogOptions {
  readonly dir: string
  readonly files: Files
  readonly config: LogConfig
  readonly now: () => number
  /** Runs a function once at the end of this turn of the event loop. */
  readonly schedule: (run: () => void) => void
  /** Runs a function once after a while, in which descriptors may come free; at the end of the turn without. */
  readonly later?: (run: () => void) => void
  readonly logger?: RecoveryLogger
  /** `producer.id.expiration.ms`, asked again each time. */
  readonly producerIdExpirationMs: () => number
  /** Whether the files may be trusted as they are. */
  readonly cleanShutdown: boolean
  /** False where they are so because they were recovered: the disk may lack what is beyond the recovery point. */
  readonly isSynced?: boolean
  /** Whether the directory was only just made, so that the disk may not have its name. */
  readonly isNew?: boolean
  /** Offset below which the disk is known to have everything. */
  readonly recoveryPoint?: number
  readonly logStartOffset?: number
  /** Offset below which the log was compacted. */
  readonly cleanedOffset?: number
  /** `writtenOffset` has advanced. */
  readonly onWritten?: (log: WrittenLog) => void
  /** The disk failed; the log takes and gives nothing any more. */
  readonly onFailed?: (error: Error) => void
}

/** Who appends to a leader's log: a client is checked in all, a coordinator of ours is trusted. */
export type AppendOrigin = 'client' | 'coordinator'

/** Where batches come from, and what follows from it. */
export interface AppendOptions {
  readonly origin: AppendOrigin
  readonly leaderEpoch: number
  /** Markers of a coordinator have to come with an epoch above the producer's. */
  readonly raisesEpoch?: boolean | undefined
  /** For a client's batch that begins a transaction, where its coordinator was asked about it. */
  readonly beginning?: Beginning | undefined
}

/** Where records went. logAppendTimeMs is −1 where the timestamps are the producer's, unless the batch was there already. */
export interface AppendResult {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
  /** Whether the batch was there already and nothing was appended. */
  readonly duplicate: boolean
}

/** A record found by time. */
export interface TimestampAndOffset {
  readonly timestamp: number
  readonly offset: number
  readonly leaderEpoch: number
}

/** An aborted transaction as a fetch tells it. */
export interface AbortedRange {
  readonly producerId: number
  readonly firstOffset: number
}

/** The answer to records that were appended just now. */
export function appendResult(
  baseOffset: number,
  lastOffset: number,
  logAppendTimeMs: number,
  logStartOffset: number,
): AppendResult {
  return { baseOffset, lastOffset, logAppendTimeMs, logStartOffset, duplicate: false }
}

/** The answer to a batch that was appended before. */
export function duplicateResult(batch: ProducerBatch, logStartOffset: number): AppendResult {
  return {
    baseOffset: batch.lastOffset - batch.offsetDelta,
    lastOffset: batch.lastOffset,
    // Apache Kafka tells the batch's greatest timestamp, whosever clock it is.
    logAppendTimeMs: batch.timestamp,
    logStartOffset,
    duplicate: true,
  }
}
