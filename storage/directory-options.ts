/** What a data directory is opened with, and what it tells of the partitions in it. */

import type { LogConfig } from './config.ts'
import type { IdentityOptions } from './identity.ts'
import type { WrittenLog } from './log-options.ts'
import type { Processes } from './processes.ts'
import type { RecoveryLogger } from './recovery/recovery.ts'

/** What a directory is opened with. */
export interface DirectoryOptions extends IdentityOptions {
  readonly now: () => number
  /** Runs a function once at the end of this turn of the event loop. */
  readonly schedule: (run: () => void) => void
  /** Runs a function once after a while, in which descriptors may come free; at the end of the turn without. */
  readonly later?: (run: () => void) => void
  readonly logger?: RecoveryLogger
  /** How the processes of other brokers are told apart; as the system does it without. */
  readonly processes?: Processes
  /** `producer.id.expiration.ms`, asked again each time. */
  readonly producerIdExpirationMs: () => number
}

/** Called for one log; see LogOptions. */
export interface LogListener {
  readonly onWritten?: (log: WrittenLog) => void
  readonly onFailed?: (error: Error) => void
}

/** A partition that has a directory. */
export interface StoredPartition {
  readonly topic: string
  readonly partition: number
}

/** The directory of a copy that was to take a partition's place. */
export interface StoredFuture extends StoredPartition {
  readonly path: string
  readonly topicId: string | null
}

/** A log that may have to be recovered. */
export interface RecoverableLog {
  readonly topic: string
  readonly partition: number
  readonly config: LogConfig
}

/** A log that was let go of: up to which offset the disk has it. */
export interface UnsyncedLog extends RecoverableLog {
  readonly recoveryPoint: number
}
