/** The data directories of this broker (`log.dirs`): which partition lies in which, and which of them have failed. */
import type { LogDirectory } from '../../storage/directory.ts'
import type { Log, LogConfig } from '../../storage/log.ts'
import type { Logger } from '../base/logger.ts'
import type { Partition } from './partition.ts'

/** How a log is opened. */
export interface OpenLog {
  /** The partition was just created: it may be made anywhere, even while a directory that could hold it is away. */
  readonly isNew: boolean
  readonly onWritten: () => void
  readonly onFailed: (error: Error) => void
}

/** One configured data directory as it stands. */
export interface DirectoryState {
  readonly path: string
  /** Null where it could not be opened. */
  readonly directory: LogDirectory | null
  /** True where it cannot be used. */
  readonly failed: boolean
}

interface Found {
  readonly entry: Entry
  readonly topicId: string | null
}

interface Entry {
  readonly directory: LogDirectory
  failed: boolean
  partitions: number
}

export class LogDirectories {
  readonly #entries: Entry[]
  readonly #missing: readonly string[]
  readonly #logger: Logger
  /** The partition directories that were found at start and belong to no open log. */
  readonly #found = new Map<string, Found[]>()
  readonly #entryOf = new Map<string, Entry>()

  /** `missing` are the paths that are configured but could not be opened. */
  constructor(options: { directories: readonly LogDirectory[]; missing: readonly string[]; logger: Logger }) {
    this.#entries = options.directories.map(directory => ({ directory, failed: false, partitions: 0 }))
    this.#missing = options.missing
    this.#logger = options.logger
    for (const entry of this.#entries) {
      for (const { topic, partition, topicId } of entry.directory.partitions()) {
        const name = `${topic}-${partition}`
        const found = this.#found.get(name)
        if (found) found.push({ entry, topicId })
        else this.#found.set(name, [{ entry, topicId }])
      }
    }
  }

  /** All configured directories, those that cannot be used too. */
  states(): DirectoryState[] {
    return [
      ...this.#entries.map(({ directory, failed }) => ({ path: directory.path, directory, failed })),
      ...this.#missing.map(path => ({ path, directory: null, failed: true })),
    ]
  }

  /** The directory that holds a partition; null where none does. */
  pathOf(partition: Partition): string | null {
    return this.#entryOf.get(partition.name)?.directory.path ?? null
  }

  /** Opens a partition's log where it lies, or makes it where the fewest are; null where that cannot be done. */
  openLog(topic: string, index: number, topicId: string, config: LogConfig, options: OpenLog): Log | null {
    const name = `${topic}-${index}`
    const entry = this.#entryOfFound(name, topicId) ?? this.#entryForNew(name, options.isNew)
    if (entry === null || entry.failed) {
      this.#logger.error('a partition is offline: the data directory that holds it cannot be used', { partition: name })
      return null
    }
    try {
      const log = entry.directory.openLog(topic, index, topicId, config, options)
      this.#entryOf.set(name, entry)
      entry.partitions++
      return log
    } catch (error) {
      this.#logger.error('a partition is offline: its log cannot be opened', { partition: name, error })
      return null
    }
  }

  /** Says which partition directories belong to no topic of the cluster. They stay as they are. */
  warnOfStrays(): void {
    for (const [name, found] of this.#found) {
      if (name.startsWith('__ottla_') || name.startsWith('__cluster_metadata-')) continue
      for (const { entry } of found) {
        this.#logger.warn('a directory holds a partition of no known topic; it is left alone', {
          directory: `${entry.directory.path}/${name}`,
        })
      }
    }
  }

  /** Gives up a partition's files; they go later, with `removeDeleted`. */
  deleteLog(partition: Partition): void {
    const entry = this.#entryOf.get(partition.name)
    if (!entry) return
    this.#entryOf.delete(partition.name)
    entry.partitions--
    if (entry.failed) return
    try {
      entry.directory.deleteLog(partition.topic, partition.index)
    } catch (error) {
      this.#logger.error('the files of a deleted partition cannot be given up', { partition: partition.name, error })
    }
  }

  /** Marks the directory that holds a partition as failed; false where it already was. */
  fail(partition: Partition): boolean {
    const entry = this.#entryOf.get(partition.name)
    if (!entry || entry.failed) return false
    entry.failed = true
    return true
  }

  /** Notes how far a partition is committed, for the next checkpoint. */
  noteHighWatermark(partition: Partition): void {
    this.#entryOf
      .get(partition.name)
      ?.directory.setHighWatermark(partition.topic, partition.index, partition.highWatermark)
  }

  /** Writes what changed of recovery points, log starts and high watermarks. */
  async checkpoint(): Promise<void> {
    await this.#each('the checkpoints cannot be written', directory => directory.checkpoint())
  }

  /** Removes what was given up and whose delay is over. */
  async removeDeleted(now: number): Promise<void> {
    await this.#each('deleted files cannot be removed', directory => directory.removeDeleted(now))
  }

  /** Flushes and closes all logs, and marks the directories as cleanly closed. */
  async close(): Promise<void> {
    await Promise.all(
      this.#entries.map(async ({ directory }) => {
        try {
          await directory.close()
        } catch (error) {
          this.#logger.error('a data directory was not closed well', { directory: directory.path, error })
        }
      }),
    )
  }

  async #each(failure: string, work: (directory: LogDirectory) => Promise<void>): Promise<void> {
    for (const { directory, failed } of this.#entries) {
      if (failed) continue
      try {
        await work(directory)
      } catch (error) {
        this.#logger.error(failure, { directory: directory.path, error })
      }
    }
  }

  /** Where a partition of this topic id lies already. What has no id may belong to any. */
  #entryOfFound(name: string, topicId: string): Entry | null {
    const found = this.#found.get(name)
    if (!found) return null
    let at = found.findIndex(other => other.topicId === topicId)
    if (at < 0) at = found.findIndex(other => other.topicId === null)
    if (at < 0) return null
    const [{ entry }] = found.splice(at, 1)
    if (found.length === 0) this.#found.delete(name)
    return entry
  }

  #entryForNew(name: string, isNew: boolean): Entry | null {
    // A partition that is found nowhere may lie in a directory that is away: a second, empty one would lose its records.
    if (!isNew && this.#missing.length > 0) return null
    const strays = this.#found.get(name)
    let fewest: Entry | null = null
    for (const entry of this.#entries) {
      if (entry.failed || (this.#entries.length > 1 && strays?.some(stray => stray.entry === entry))) continue
      if (fewest === null || entry.partitions < fewest.partitions) fewest = entry
    }
    return fewest
  }
}
