/** The data directories of this broker (`log.dirs`): which partition lies in which, and which of them have failed. */
import type { LogDirectory } from '../../storage/directory.ts'
import type { Log } from '../../storage/log.ts'
import { partitionOfName } from '../../storage/names.ts'
import type { Logger } from '../base/logger.ts'
import type { LogEvents, Partition } from './partition.ts'

/** One configured data directory as it stands. */
export interface DirectoryState {
  readonly path: string
  /** Null where it could not be opened. */
  readonly directory: LogDirectory | null
  /** True where it cannot be used. */
  readonly failed: boolean
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
  /** Where directories of partitions were found at start that belong to no known one, by their name. */
  readonly #found = new Map<string, Entry[]>()
  readonly #entryOf = new Map<string, Entry>()

  /** `missing` are the paths that are configured but could not be opened. */
  constructor(options: { directories: readonly LogDirectory[]; missing: readonly string[]; logger: Logger }) {
    this.#entries = options.directories.map(directory => ({ directory, failed: false, partitions: 0 }))
    this.#missing = options.missing
    this.#logger = options.logger
    for (const entry of this.#entries) {
      for (const { topic, partition } of entry.directory.partitions()) {
        const name = `${topic}-${partition}`
        const found = this.#found.get(name)
        if (found) found.push(entry)
        else this.#found.set(name, [entry])
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

  /**
   * Gives a partition its place: where its directory was found, or where the fewest are; false where it cannot have one. One that was
   * just created may be made anywhere, even while a directory that could hold it is away.
   */
  place({ name, topicId }: Partition, isNew: boolean): boolean {
    const entry = this.#entryOfFound(name, topicId, isNew) ?? this.#entryForNew(name, isNew)
    if (entry === null || entry.failed) {
      this.#logger.error('a partition is offline: the data directory that holds it cannot be used', { partition: name })
      return false
    }
    this.#entryOf.set(name, entry)
    entry.partitions++
    return true
  }

  /** Whether a partition's log may be opened when it is first asked for: all was well when its directory was last closed. */
  mayWait({ name }: Partition): boolean {
    return this.#entryOf.get(name)?.directory.cleanShutdown === true
  }

  /** Opens the log of a partition that has a place, or makes it; null where that cannot be done. */
  openLog(partition: Partition, events: LogEvents): Log | null {
    const { name, topic, index, topicId } = partition
    try {
      const entry = this.#checkedEntry(partition)
      return entry.directory.openLog(topic, index, topicId, partition.settings.log, events)
    } catch (error) {
      this.#logger.error('a partition is offline: its log cannot be opened', { partition: name, error })
      return null
    }
  }

  /** Closes a log to which nothing happened since it was opened; false where something did. */
  releaseLog({ name, topic, index }: Partition): boolean {
    return this.#entryOf.get(name)?.directory.releaseLog(topic, index) === true
  }

  /** Bytes of a partition's segments. */
  sizeInBytes({ name, topic, index }: Partition): number {
    return this.#entryOf.get(name)?.directory.sizeInBytes(topic, index) ?? 0
  }

  /** Says which partition directories belong to no topic of the cluster. They stay as they are. */
  warnOfStrays(): void {
    for (const [name, found] of this.#found) {
      if (name.startsWith('__ottla_') || name.startsWith('__cluster_metadata-')) continue
      for (const entry of found) this.#warnOfStray(entry, name)
    }
  }

  #warnOfStray(entry: Entry, name: string): void {
    this.#logger.warn('a directory holds a partition of no known topic; it is left alone', {
      directory: `${entry.directory.path}/${name}`,
    })
  }

  /** Gives up a partition's files; they go later, with `removeDeleted`. */
  deleteLog(partition: Partition): void {
    const entry = this.#entryOf.get(partition.name)
    if (!entry) return
    this.#entryOf.delete(partition.name)
    entry.partitions--
    if (entry.failed) return
    try {
      entry.directory.deleteLog(partition.topic, partition.index, partition.settings.log.fileDeleteDelayMs)
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

  /**
   * Where a partition of this topic id lies already. What has no id may belong to any. Where there is but one directory of the name, it
   * is looked into when the log is opened: so many are not read for nothing at start.
   */
  #entryOfFound(name: string, topicId: string, isNew: boolean): Entry | null {
    const found = this.#found.get(name)
    if (!found) return null
    let at = 0
    if (isNew || found.length > 1) {
      const { topic, partition } = partitionOfName(name)!
      const topicIds = found.map(({ directory }) => directory.topicId(topic, partition))
      at = topicIds.includes(topicId) ? topicIds.indexOf(topicId) : topicIds.indexOf(null)
      if (at < 0) return null
    }
    const [entry] = found.splice(at, 1)
    if (found.length === 0) this.#found.delete(name)
    return entry!
  }

  /** Where a partition has its place; another one, where that turns out to hold something else under its name. */
  #checkedEntry(partition: Partition): Entry {
    const { name, topic, index, topicId } = partition
    const entry = this.#entryOf.get(name)!
    const storedId = entry.directory.topicId(topic, index)
    if (storedId === null || storedId === topicId) return entry
    this.#found.set(name, [...(this.#found.get(name) ?? []), entry])
    this.#warnOfStray(entry, name)
    const other = this.#entryForNew(name, false)
    if (other === null) return entry
    entry.partitions--
    other.partitions++
    this.#entryOf.set(name, other)
    return other
  }

  #entryForNew(name: string, isNew: boolean): Entry | null {
    // A partition that is found nowhere may lie in a directory that is away: a second, empty one would lose its records.
    if (!isNew && this.#missing.length > 0) return null
    const strays = this.#found.get(name)
    let fewest: Entry | null = null
    for (const entry of this.#entries) {
      if (entry.failed || (this.#entries.length > 1 && strays?.includes(entry))) continue
      if (fewest === null || entry.partitions < fewest.partitions) fewest = entry
    }
    return fewest
  }
}
