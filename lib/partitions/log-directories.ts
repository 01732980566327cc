/** The data directories of this broker (`log.dirs`): which partition lies in which, and which of them have failed. */

import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Pause } from '../../storage/checkpoints.ts'
import type { LogDirectory, RecoverableLog, RecoveryChoice } from '../../storage/directory.ts'
import { exhausted, type Fault, faultOf, warnOfExhaustion } from '../../storage/faults.ts'
import type { Log } from '../../storage/log.ts'
import { partitionOfName } from '../../storage/names.ts'
import { crash } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { setCopiesAside, setLeftoversAside, setStrayAside, type TopicIdRead } from './aside.ts'
import type { DirectoryState, LogDirectoriesOptions } from './log-directory-types.ts'
import type { Partition } from './partition.ts'
import type { LogEvents } from './partition-types.ts'
import { progressLines } from './recovery-progress.ts'

export { refusalOf as storageRefusalOf } from '../../storage/faults.ts'
export type { DirectoryState } from './log-directory-types.ts'

interface RecoveredPartition extends RecoverableLog {
  readonly of: Partition
}

interface Entry {
  readonly directory: LogDirectory
  failed: boolean
  /** Partitions here, those on their way here too. */
  partitions: number
  recovered: NonNullable<DirectoryState['recovered']>
}

/** Wishes for partitions that are not there yet: more are not remembered. */
const wishesMax = 10_000

/** See the head of the file. */
export class LogDirectories {
  readonly #entries: Entry[]
  readonly #missing: readonly string[]
  readonly #cordoned: () => readonly string[]
  readonly #onFailed: (path: string, error: Error) => void
  readonly #clock: Clock
  readonly #logger: Logger
  /** Where directories of partitions were found at start that belong to no known one, by their name. */
  readonly #found = new Map<string, Entry[]>()
  readonly #entryOf = new Map<string, Entry>()
  /** Where partitions are to be made that are not there yet, by name. */
  readonly #wishes = new Map<string, Entry>()
  /** Partitions that were just created, and of which nothing has been made in their place yet. */
  readonly #fresh = new Set<string>()

  constructor(options: LogDirectoriesOptions) {
    this.#entries = options.directories.map(directory => ({
      ...{ directory, failed: false, partitions: 0, recovered: { logs: 0, ms: 0 } },
    }))
    this.#missing = options.missing
    this.#cordoned = options.cordoned
    this.#onFailed = options.onFailed
    this.#clock = options.clock
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
    const cordoned = this.#cordoned()
    const isCordoned = (path: string) => cordoned.includes(path) || cordoned.includes('*')
    return [
      ...this.#entries.map(({ directory, failed, recovered }) => {
        const { path } = directory
        return { path, directory, failed, cordoned: isCordoned(path), recovered }
      }),
      ...this.#missing.map(path => ({
        path,
        directory: null,
        failed: true,
        cordoned: isCordoned(path),
        recovered: null,
      })),
    ]
  }

  /** Bytes of the volume that holds a directory, −1 where there is none; null where that cannot be found out. */
  spaceOf(path: string): { totalBytes: number; usableBytes: number } | null {
    const entry = this.#entries.find(({ directory }) => directory.path === path)
    if (entry === undefined || entry.failed) return null
    try {
      return entry.directory.space()
    } catch (error) {
      this.#failed(entry, error, 'the space of a data directory cannot be found out')
      return null
    }
  }

  /** Whether a configured directory could not be opened. */
  get isAnyMissing(): boolean {
    return this.#missing.length > 0
  }

  /** Whether any directory can still be used. */
  get anyUsable(): boolean {
    return this.#entries.some(({ failed }) => !failed)
  }

  /** A configured directory by its path, as `log.dirs` names it. Throws LOG_DIR_NOT_FOUND or KAFKA_STORAGE_ERROR. */
  usable(path: string): LogDirectory {
    const entry = this.#entries.find(({ directory }) => directory.path === path)
    if (entry?.failed === false) return entry.directory
    if (entry !== undefined || this.#missing.includes(path)) {
      throw new KafkaError(codes.KAFKA_STORAGE_ERROR, `the data directory ${path} has failed; see the broker's log`)
    }
    throw new KafkaError(
      codes.LOG_DIR_NOT_FOUND,
      `${path} is none of this broker's log.dirs; name one as it stands there`,
    )
  }

  /** Remembers where a partition is to be made that is not there yet. */
  wish(name: string, directory: LogDirectory): void {
    if (this.#wishes.size < wishesMax || this.#wishes.has(name))
      this.#wishes.set(name, this.#entryOfDirectory(directory))
  }

  /** A partition is on its way to a directory, or not any more. */
  reserve(directory: LogDirectory, count: 1 | -1): void {
    this.#entryOfDirectory(directory).partitions += count
  }

  /** Takes it that a partition lies in another directory now, whose place for it was reserved; gives up its files in the first. */
  moved(partition: Partition, to: LogDirectory): void {
    const from = this.#entryOf.get(partition.name)
    this.deleteLog(partition)
    this.#entryOf.set(partition.name, this.#entryOfDirectory(to))
    if (from === undefined || from.failed) return
    try {
      // Came the name back after a power failure, two directories would hold the partition.
      from.directory.syncNames()
    } catch (error) {
      this.#failed(from, error, 'the names in a data directory cannot be brought to the disk', partition)
    }
  }

  /** The disk of a directory failed. */
  failDirectory(directory: LogDirectory, error: Error): void {
    this.#fail(this.#entryOfDirectory(directory), error)
  }

  /** The directories that can be used. */
  *usableDirectories(): Iterable<LogDirectory> {
    for (const { directory, failed } of this.#entries) if (!failed) yield directory
  }

  /** The directory that holds a partition; null where none does. */
  pathOf(partition: Partition): string | null {
    return this.#entryOf.get(partition.name)?.directory.path ?? null
  }

  /**
   * Gives a partition its place: where its directory was found, or where the fewest are, to be made there; null where it cannot have one.
   * One that was just created may be made anywhere, even while a directory that could hold it is away.
   */
  place({ name, topicId }: Partition, isNew: boolean): 'found' | 'unmade' | null {
    const found = this.#entryOfFound(name, topicId, isNew)
    const entry = found ?? this.#entryForNew(name, isNew)
    if (entry === null || entry.failed) {
      this.#logger.error('a partition is offline: the data directory that holds it cannot be used', { partition: name })
      return null
    }
    this.#entryOf.set(name, entry)
    entry.partitions++
    if (isNew && found === null) this.#fresh.add(name)
    return found === null ? 'unmade' : 'found'
  }

  /** All partitions that this broker has were asked about. */
  allKnown(): void {
    for (const { directory } of this.#entries) directory.allKnown()
  }

  /** Whether the log of a partition is to be recovered before it is served: its directory was not closed well. */
  mustRecover({ name, topic, index }: Partition): boolean {
    return this.#entryOf.get(name)?.directory.mustRecover(topic, index) === true
  }

  /** Recovers the logs of partitions, in all directories at once. Those that a crash left in need of it are loaded. */
  async recover(
    partitions: readonly Partition[],
    choice: Omit<RecoveryChoice, 'progress'>,
    clock: Clock,
  ): Promise<void> {
    const logsOf = new Map<Entry, RecoveredPartition[]>()
    for (const partition of partitions) {
      const entry = this.#checkedEntry(partition)
      const { topic, index, settings } = partition
      if (entry === undefined || entry.failed || !entry.directory.holds(topic, index)) continue
      const logs = logsOf.get(entry) ?? []
      logsOf.set(entry, logs)
      logs.push({ topic, partition: index, config: settings.log, of: partition })
    }
    const done = (log: RecoverableLog, mayWait: boolean) => {
      if (!mayWait) (log as RecoveredPartition).of.load()
    }
    await Promise.all(
      Array.from(logsOf, async ([entry, logs]) => {
        const { directory } = entry
        const beganMs = clock.monotonicMs()
        const progress = progressLines(directory.path, clock, this.#logger)
        try {
          await directory.recover(logs, done, { ...choice, progress })
        } catch (error) {
          // Without descriptors for it, the start would end soon in any case.
          if (faultOf(error) !== 'disk') throw error
          this.#fail(entry, error as Error)
          return
        }
        if (choice.signal?.aborted) return
        const tookMs = Math.round(clock.monotonicMs() - beganMs)
        entry.recovered = { logs: logs.length, ms: tookMs }
        this.#logger.info(`recovered ${logs.length} logs of ${directory.path} in ${tookMs} ms`)
      }),
    )
  }

  /** Opens the log of a partition that has a place, or makes it; null where that cannot be done. Throws ExhaustionError where it may be done later. */
  openLog(partition: Partition, events: LogEvents): Log | null {
    const { name, topic, index, topicId } = partition
    for (;;) {
      const entry = this.#checkedEntry(partition)
      if (entry === undefined || entry.failed) return null
      try {
        const log = entry.directory.openLog(topic, index, topicId, partition.settings.log, events)
        this.#fresh.delete(name)
        return log
      } catch (error) {
        const fault = this.#failed(entry, error, 'the log of a partition cannot be opened', partition)
        if (fault === 'exhaustion') throw exhausted(error as Error)
        // One that was just created may have got another place by the failure of its disk.
        if (fault !== 'disk') return null
      }
    }
  }

  /** Closes a log to which nothing happened since it was opened; false where something did. */
  releaseLog({ name, topic, index }: Partition): boolean {
    return this.#entryOf.get(name)?.directory.releaseLog(topic, index) === true
  }

  /** Closes a log in which nothing is under way, whatever happened to it before; false where it stays open. */
  letGoOfLog({ name, topic, index }: Partition): boolean {
    return this.#entryOf.get(name)?.directory.letGoOfLog(topic, index) === true
  }

  /** Bytes of a partition's segments. Throws ExhaustionError where they cannot be counted now. */
  sizeInBytes(partition: Partition): number {
    const { name, topic, index } = partition
    const entry = this.#entryOf.get(name)
    if (entry === undefined) return 0
    try {
      return entry.directory.sizeInBytes(topic, index)
    } catch (error) {
      const fault = this.#failed(entry, error, 'the size of a partition cannot be found out', partition)
      if (fault === 'exhaustion') throw exhausted(error as Error)
      return 0
    }
  }

  /** How the log of a partition stands, which is not opened for it; null where that is not known now. */
  standingOf(partition: Partition): { start: number; end: number } | null {
    const { name, topic, index } = partition
    const entry = this.#entryOf.get(name)
    if (entry === undefined || entry.failed) return null
    try {
      return entry.directory.standing(topic, index)
    } catch (error) {
      this.#failed(entry, error, 'where a log begins and ends cannot be found out', partition)
      return null
    }
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
    this.#fresh.delete(partition.name)
    entry.partitions--
    if (entry.failed) return
    try {
      entry.directory.deleteLog(partition.topic, partition.index, partition.settings.log.fileDeleteDelayMs)
    } catch (error) {
      this.#failed(entry, error, 'the files of a deleted partition cannot be given up', partition)
    }
  }

  /** The disk failed under a partition; false where no directory holds it. */
  fail(partition: Partition, error: Error): boolean {
    const entry = this.#entryOf.get(partition.name)
    if (entry === undefined) return false
    this.#fail(entry, error)
    return true
  }

  /** How far a partition was committed as of the last checkpoint. */
  storedHighWatermark({ name, topic, index }: Partition): number {
    return this.#entryOf.get(name)?.directory.highWatermark(topic, index) ?? 0
  }

  /** Has the checkpoints promise no more of a log than what is before an offset. Throws KAFKA_STORAGE_ERROR where the disk fails. */
  lowerCheckpoints(partition: Partition, offset: number): void {
    const entry = this.#entryOf.get(partition.name)
    try {
      entry?.directory.lowerCheckpoints(partition.topic, partition.index, offset)
    } catch (error) {
      const fault = this.#failed(entry!, error, 'the checkpoints cannot be lowered', partition)
      if (fault === 'exhaustion') throw exhausted(error as Error)
      throw new KafkaError(codes.KAFKA_STORAGE_ERROR, `the disk that holds ${partition.name} has failed`)
    }
  }

  /** Notes how far a partition is committed, for the next checkpoint. */
  noteHighWatermark(partition: Partition): void {
    if (!partition.isLoaded) return
    this.#entryOf
      .get(partition.name)
      ?.directory.setHighWatermark(partition.topic, partition.index, partition.highWatermark)
  }

  /** Writes what changed of recovery points, log starts and high watermarks; false where there were no descriptors for some of it. */
  checkpoint(pause: Pause): Promise<boolean> {
    return this.#each('the checkpoints cannot be written', directory => directory.checkpoint(pause))
  }

  /** Removes what was given up and whose delay is over; false where there were no descriptors for some of it. */
  removeDeleted(now: number): Promise<boolean> {
    return this.#each('deleted files cannot be removed', directory => directory.removeDeleted(now))
  }

  /** Flushes and closes all logs, and marks the directories as cleanly closed. Those that failed are only let go of. */
  async close(): Promise<void> {
    await Promise.all(
      this.#entries.map(async ({ directory, failed }) => {
        try {
          if (failed) directory.abandon()
          else await directory.close()
        } catch (error) {
          if (faultOf(error) === 'bug') crash(error)
          this.#logger.error('a data directory was not closed well', { directory: directory.path, error })
        }
      }),
    )
  }

  async #each(what: string, work: (directory: LogDirectory) => Promise<void>): Promise<boolean> {
    let hasAll = true
    for (const entry of this.#entries) {
      if (entry.failed) continue
      try {
        await work(entry.directory)
      } catch (error) {
        if (this.#failed(entry, error, what) === 'exhaustion') hasAll = false
      }
    }
    return hasAll
  }

  /** Something failed in a directory: says so, and takes it offline where that tells of its disk. Gives what else it tells of; a bug ends the process. */
  #failed(entry: Entry, error: unknown, what: string, partition?: Partition): Exclude<Fault, 'bug'> {
    const fault = faultOf(error)
    if (fault === 'bug') crash(error)
    const fields = { partition: partition?.name, directory: entry.directory.path }
    if (fault === 'exhaustion') warnOfExhaustion(this.#logger, this.#clock.now(), what, error as Error, fields)
    else this.#logger.error(what, { ...fields, error })
    if (fault === 'disk') this.#fail(entry, error as Error)
    return fault
  }

  #fail(entry: Entry, error: Error): void {
    if (entry.failed) return
    entry.failed = true
    for (const name of this.#fresh) {
      const other = this.#entryOf.get(name) === entry ? this.#entryForNew(name, true) : null
      if (other === null) continue
      this.#entryOf.set(name, other)
      other.partitions++
    }
    this.#onFailed(entry.directory.path, error)
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
      const topicIds = found.map(entry => this.#topicIdIn(entry, topic, partition, isNew))
      const aside = { name, found, topicIds, logger: this.#logger }
      if (isNew) setLeftoversAside({ ...aside, failed: (entry, error, message) => this.#failed(entry, error, message) })
      if (topicIds.filter(id => id === topicId).length > 1) setCopiesAside(aside, topicId)
      at = topicIds.includes(topicId) ? topicIds.indexOf(topicId) : topicIds.indexOf(null)
      if (at < 0) {
        if (found.length === 0) this.#found.delete(name)
        return null
      }
    }
    const [entry] = found.splice(at, 1)
    if (found.length === 0) this.#found.delete(name)
    return entry!
  }

  /** The topic id in a partition's directory; undefined where it cannot be read, and the partition is not taken to lie there. */
  #topicIdIn(entry: Entry, topic: string, partition: number, isNew: boolean): TopicIdRead {
    try {
      return entry.directory.topicId(topic, partition)
    } catch (error) {
      const fault = this.#failed(entry, error, 'the directory of a partition cannot be read')
      // Of one that is just being created nothing can lie anywhere; at the start it has to be known.
      if (fault === 'exhaustion' && !isNew) throw exhausted(error as Error)
      return undefined
    }
  }

  #entryOfDirectory(directory: LogDirectory): Entry {
    return this.#entries.find(entry => entry.directory === directory)!
  }

  /** Where a partition has its place, free of what an earlier topic of its name left there. */
  #checkedEntry(partition: Partition): Entry | undefined {
    const { name, topic, index, topicId } = partition
    const entry = this.#entryOf.get(name)
    if (entry === undefined || entry.failed) return entry
    let storedId: string | null
    try {
      storedId = entry.directory.topicId(topic, index)
    } catch (error) {
      const fault = this.#failed(entry, error, 'the directory of a partition cannot be read', partition)
      if (fault === 'exhaustion') throw exhausted(error as Error)
      return fault === 'disk' ? this.#checkedEntry(partition) : undefined
    }
    if (storedId === null || storedId === topicId) return entry
    // It may lie in a directory that is away; then nothing is made in its stead.
    if (this.#missing.length > 0) return entry
    try {
      setStrayAside(entry.directory, topic, index, this.#logger)
    } catch (error) {
      this.#failed(entry, error, 'the directory of an earlier topic cannot be put aside', partition)
    }
    return entry
  }

  #entryForNew(name: string, isNew: boolean): Entry | null {
    // A partition that is found nowhere may lie in a directory that is away: a second, empty one would lose its records.
    if (!isNew && this.#missing.length > 0) return null
    const wish = this.#wishes.get(name)
    if (wish !== undefined && this.#wishes.delete(name) && !wish.failed) return wish
    const strays = this.#found.get(name)
    const cordoned = this.#cordoned()
    let fewest: Entry | null = null
    let fewestIsCordoned = false
    for (const entry of this.#entries) {
      if (entry.failed || (this.#entries.length > 1 && strays?.includes(entry))) continue
      const isCordoned = cordoned.includes(entry.directory.path) || cordoned.includes('*')
      // Where all are cordoned, the partition is better there than nowhere.
      const better = fewestIsCordoned === isCordoned ? entry.partitions < (fewest?.partitions ?? 0) : fewestIsCordoned
      if (fewest !== null && !better) continue
      fewest = entry
      fewestIsCordoned = isCordoned
    }
    return fewest
  }
}
