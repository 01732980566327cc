/** What the data directories of a broker are told, and how each stands. */
import type { LogDirectory } from '../../storage/directory.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'

/** One configured data directory as it stands. */
export interface DirectoryState {
  readonly path: string
  /** Null where it could not be opened. */
  readonly directory: LogDirectory | null
  /** True where it cannot be used. */
  readonly failed: boolean
  /** True where no new partition goes (KIP-1066). */
  readonly cordoned: boolean
  /** What its recovery took when it was opened; null where it could not be. */
  readonly recovered: { readonly logs: number; readonly ms: number } | null
}

export interface LogDirectoriesOptions {
  readonly directories: readonly LogDirectory[]
  /** Paths that are configured but could not be opened. */
  readonly missing: readonly string[]
  /** Paths of `cordoned.log.dirs`, asked again for every new partition. */
  readonly cordoned: () => readonly string[]
  /** A directory failed, and is not used any more. */
  readonly onFailed: (path: string, error: Error) => void
  readonly clock: Clock
  readonly logger: Logger
}
