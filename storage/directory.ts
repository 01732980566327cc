/**
 * One data directory, as Apache Kafka lays it out: `meta.properties`, a directory per partition (`topic-N`), the checkpoints of
 * recovery points, log starts and high watermarks, and a marker that says that all was closed well.
 */
import { crash } from '../lib/base/assert.ts'
import type { Pause } from './checkpoints.ts'
import { markCleanShutdown, takeCleanShutdown } from './clean-shutdown.ts'
import { DirectoryCheckpoints } from './directory-checkpoints.ts'
import { DirectoryLogs, type LogAtRest, type OpenLog } from './directory-logs.ts'
import type { DirectoryOptions, LogListener, RecoverableLog, StoredPartition } from './directory-options.ts'
import { faultOf } from './faults.ts'
import type { Files } from './files.ts'
import { FutureLogs } from './future-logs.ts'
import { DirectoryError, identityOf } from './identity.ts'
import { DirectoryLock } from './lock.ts'
import { Log, type LogConfig } from './log.ts'
import {
  fileName,
  nameAside,
  offsetOfFile,
  partitionMetadataName,
  partitionMetadataOf,
  partitionOfName,
  topicIdIn,
} from './names.ts'
import { type RecoveryChoice, type RecoveryJob, type RecoveryOutcome, runRecovery } from './recovery/run.ts'
import { Removals } from './removals.ts'
import { standingByFiles, standingOf } from './standing.ts'

export type {
  DirectoryOptions,
  LogListener,
  RecoverableLog,
  StoredFuture,
  StoredPartition,
} from './directory-options.ts'
export { DirectoryError } from './identity.ts'
export { DirectoryLockedError } from './lock.ts'
export type { RecoveryAmount, RecoveryChoice } from './recovery/run.ts'

/** Logs closed at once: enough to keep the disk busy. */
const closingMax = 32

/** A data directory that this broker holds. */
export class LogDirectory {
  readonly path: string
  readonly files: Files
  readonly clusterId: string
  readonly directoryId: string
  /** Whether all logs were closed well when it was last used. */
  readonly cleanShutdown: boolean
  /** The run of the broker that closed all logs well; -1 where none did, or does not say. */
  readonly closedEpoch: number
  /** The run of the broker that uses it now: what is told to the next. */
  brokerEpoch = -1
  /** Copies of partitions on their way here. */
  readonly futures: FutureLogs
  /** Whether its closing is to be taken for the end of a process that was killed. */
  isTorn = false
  readonly #options: DirectoryOptions
  readonly #lock: DirectoryLock
  readonly #logs: DirectoryLogs
  readonly #checkpoints: DirectoryCheckpoints
  #checkpointing: Promise<void> = Promise.resolve()
  readonly #deleted = new Removals()
  /** Whether it was closed or let go of. */
  #isOver = false

  /** Takes a directory, and makes it where there is none. Throws DirectoryLockedError or DirectoryError. */
  static open(path: string, options: DirectoryOptions): LogDirectory {
    if (!options.files.exists(path)) {
      options.files.mkdir(path)
      options.files.syncDirectoryNow(`${path}/..`)
    }
    const warn = (message: string) => options.logger?.warn(message)
    const lock = DirectoryLock.take(options.files, path, { processes: options.processes, warn })
    try {
      return new LogDirectory(path, options, lock)
    } catch (error) {
      lock.release()
      throw error
    }
  }

  private constructor(path: string, options: DirectoryOptions, lock: DirectoryLock) {
    const { files } = options
    this.path = path
    this.files = files
    this.#options = options
    this.futures = new FutureLogs({ path, files, now: options.now, uuid: options.uuid, deleted: this.#deleted })
    this.#lock = lock
    const meta = identityOf(path, options)
    this.clusterId = meta.clusterId
    this.directoryId = meta.directoryId
    const closedEpoch = takeCleanShutdown(files, path)
    this.cleanShutdown = closedEpoch !== null
    this.closedEpoch = closedEpoch ?? -1
    this.#logs = new DirectoryLogs(this.cleanShutdown)
    const warn = (message: string) => options.logger?.warn(message)
    this.#checkpoints = new DirectoryCheckpoints(files, path, this.cleanShutdown, warn)
    for (const { name, directory } of files.list(path)) {
      if (directory && name.endsWith('-delete')) this.#deleted.add(`${path}/${name}`, 0)
    }
  }

  /** The partitions that have a directory here, by its name. */
  partitions(): StoredPartition[] {
    const found: StoredPartition[] = []
    for (const { name, directory } of this.#options.files.list(this.path)) {
      const partition = directory ? partitionOfName(name) : null
      if (partition !== null) found.push(partition)
    }
    return found
  }

  /** The topic id in a partition's directory, null where none was written. */
  topicId(topic: string, partition: number): string | null {
    return this.#topicId(`${topic}-${partition}`)
  }

  /** How a log stands, which is not opened for it; null where it has yet to be recovered. */
  standing(topic: string, partition: number): LogAtRest | null {
    const name = `${topic}-${partition}`
    const open = this.#logs.get(name)
    if (open !== null) return standingOf(open)
    return this.#logs.isUnknown(name) ? null : this.#standingAtRest(topic, partition)
  }

  /** Bytes of a partition's segments, whether its log is open or not. */
  sizeInBytes(topic: string, partition: number): number {
    return this.#logs.get(`${topic}-${partition}`)?.sizeInBytes ?? this.#standingAtRest(topic, partition).sizeInBytes
  }

  #standingAtRest(topic: string, partition: number): LogAtRest {
    const name = `${topic}-${partition}`
    const noted = this.#logs.atRest(name)
    if (noted !== undefined) return noted
    const { logStarts, recoveryPoints, highWatermarks } = this.#checkpoints
    // Of one that was closed well the disk has all.
    const end = Math.max(recoveryPoints.get(topic, partition), highWatermarks.get(topic, partition))
    const start = logStarts.get(topic, partition)
    return this.#logs.rests(name, standingByFiles(this.files, `${this.path}/${name}`, start, end))
  }

  /** The open logs. */
  logs(): Iterable<OpenLog> {
    return this.#logs.open()
  }

  /** The log of a partition, null unless it is open. */
  log(topic: string, partition: number): Log | null {
    return this.#logs.get(`${topic}-${partition}`)
  }

  /** All logs that are in use are known: files that nobody asked about do not keep this directory from being called cleanly closed. */
  allKnown(): void {
    this.#logs.allKnown()
  }

  /**
   * Notes that a partition's log is to be opened before the directory is called cleanly closed; false where it needs not be, as all was
   * well when it was last closed.
   */
  mustRecover(topic: string, partition: number): boolean {
    const name = `${topic}-${partition}`
    const must = this.#logs.isUnknown(name) && this.#options.files.exists(`${this.path}/${name}`)
    if (must) this.#logs.owe(name)
    return must
  }

  /**
   * Recovers logs, none of which is open, the largest first; in threads where they are large or many, else when they are opened. `done`
   * is told of each when it may be opened, and whether there is no need to. Resolves when all are through, or the signal calls it off.
   */
  async recover(
    logs: readonly RecoverableLog[],
    done: (log: RecoverableLog, mayWait: boolean) => void,
    choice: RecoveryChoice,
  ): Promise<void> {
    const jobs = logs.map(log => this.#recoveryJob(log))
    // Promised is what the disk will surely have: written down for all at once, as each time takes a disk's turn or two.
    const begin = (lastBases: readonly number[]) => {
      for (const [index, { topic, partition }] of logs.entries()) {
        const { recoveryPoint } = jobs[index]
        if (recoveryPoint <= lastBases[index]) continue
        this.#logs.owe(`${topic}-${partition}`, recoveryPoint)
        this.#checkpoints.recoveryPoints.set(topic, partition, lastBases[index])
      }
      return this.#checkpoints.recoveryPoints.write()
    }
    await runRecovery(jobs, this.#options.files, choice, begin, (index, outcome) =>
      done(logs[index], outcome !== null && this.#takeOutcome(logs[index], outcome)),
    )
    if (choice.signal?.aborted) return
    await this.#logs.flushRecovered(logs.map(({ topic, partition }) => `${topic}-${partition}`))
  }

  #recoveryJob({ topic, partition, config }: RecoverableLog): RecoveryJob {
    const { now, producerIdExpirationMs } = this.#options
    return {
      dir: `${this.path}/${topic}-${partition}`,
      config: { indexIntervalBytes: config.indexIntervalBytes, cleanupPolicy: config.cleanupPolicy },
      now: now(),
      recoveryPoint: this.#checkpoints.recoveryPoints.get(topic, partition),
      cleanedOffset: this.#checkpoints.cleanedOffsets.get(topic, partition),
      logStartOffset: this.#checkpoints.logStarts.get(topic, partition),
      producerIdExpirationMs: producerIdExpirationMs(),
    }
  }

  #takeOutcome({ topic, partition }: RecoverableLog, outcome: RecoveryOutcome): boolean {
    if ('fault' in outcome) return false
    for (const { level, message, fields } of outcome.messages) this.#options.logger?.[level](message, fields)
    this.#logs.recovered(`${topic}-${partition}`, outcome.isProven ? null : outcome.recoveryPoint)
    return outcome.isProven
  }

  /** Opens a partition's log, and makes it where there is none. Throws DirectoryError where it belongs to another topic id. */
  openLog(
    topic: string,
    partition: number,
    topicId: string | null,
    config: LogConfig,
    listener: LogListener = {},
  ): Log {
    const name = `${topic}-${partition}`
    const open = this.#logs.get(name)
    if (open !== null) return open
    const { files } = this.#options
    const dir = `${this.path}/${name}`
    const isNew = !files.exists(dir)
    if (isNew) {
      // Checkpoints of a deleted partition of the same name would be taken for this one's after a crash.
      this.#checkpoints.lowerTo(topic, partition, 0)
      if (this.#logs.mayComeBack(name)) this.syncNames()
      files.mkdir(dir)
    }
    const opening = this.#logs.begin(name, isNew)
    const storedId = this.#topicId(name)
    if (storedId === null && topicId !== null) {
      files.write(`${dir}/${partitionMetadataName}`, partitionMetadataOf(topicId))
    } else if (topicId !== null && storedId !== topicId) {
      this.#logs.leave(name)
      throw new DirectoryError(`${dir} belongs to topic id ${storedId}, not ${topicId}; move it away`)
    }
    const log = Log.open({
      ...this.#options,
      dir,
      config,
      cleanShutdown: opening.isWhole,
      isSynced: opening.isSynced,
      isNew: opening.isNew,
      recoveryPoint: opening.recoveryPoint ?? this.#checkpoints.recoveryPoints.get(topic, partition),
      logStartOffset: this.#checkpoints.logStarts.get(topic, partition),
      cleanedOffset: this.#checkpoints.cleanedOffsets.get(topic, partition),
      onWritten: listener.onWritten,
      onFailed: listener.onFailed,
    })
    try {
      this.#checkpoints.lower(topic, partition, log)
    } catch (error) {
      log.discard()
      throw error
    }
    // Until here it may be tried again, if there were no descriptors.
    this.#logs.opened(name, { topic, partition, log })
    return log
  }

  /** Closes a log to which nothing happened since it was opened; to be opened again as it is. False where something did. */
  releaseLog(topic: string, partition: number): boolean {
    const name = `${topic}-${partition}`
    const log = this.#logs.get(name)
    if (log === null || !log.isUntouched) return false
    this.#checkpoints.note(topic, partition, log)
    const standing = standingOf(log)
    const { namesLast } = log
    log.discard()
    this.#logs.released(name, standing, !namesLast)
    return true
  }

  /** Closes a log in which nothing is under way, to be opened again as it is; the disk gets nothing by it. False where it stays open. */
  letGoOfLog(topic: string, partition: number): boolean {
    const name = `${topic}-${partition}`
    const log = this.#logs.get(name)
    if (log === null || this.#isOver) return false
    const { isUntouched, config, recoveryPoint, namesLast } = log
    const standing = standingOf(log)
    if (!log.release()) return false
    this.#checkpoints.note(topic, partition, log)
    if (isUntouched) this.#logs.released(name, standing, !namesLast)
    else this.#logs.letGo(name, standing, { topic, partition, config, recoveryPoint })
    return true
  }

  /** Gives up a log and its directory; the files go with `removeDeleted` once the delay is over. */
  deleteLog(topic: string, partition: number, fileDeleteDelayMs: number): void {
    const { files, now, uuid } = this.#options
    const name = `${topic}-${partition}`
    this.#logs.get(name)?.discard()
    this.#logs.forget(name)
    this.forget(topic, partition)
    const dir = `${this.path}/${name}`
    if (!files.exists(dir)) return
    const path = `${this.path}/${nameAside(name, uuid(), 'delete')}`
    files.rename(dir, path)
    this.#deleted.add(path, now() + fileDeleteDelayMs)
  }

  /** Whether a partition has a directory here. */
  holds(topic: string, partition: number): boolean {
    return this.#options.files.exists(`${this.path}/${topic}-${partition}`)
  }

  /** Puts a partition's directory aside under another name: it is not this partition's, or not any more. */
  setAside(topic: string, partition: number): void {
    const name = `${topic}-${partition}`
    const { files, uuid } = this.#options
    files.rename(`${this.path}/${name}`, `${this.path}/${nameAside(name, uuid(), 'stray')}`)
    this.#logs.forget(name)
    this.forget(topic, partition)
  }

  /** Where a partition's last segment begins, and its bytes; without opening it. */
  lastSegment(topic: string, partition: number): { baseOffset: number; sizeInBytes: number } {
    const { files } = this.#options
    const dir = `${this.path}/${topic}-${partition}`
    const logs = files.list(dir).filter(({ name }) => name.endsWith('.log'))
    const baseOffset = Math.max(-1, ...logs.map(({ name }) => offsetOfFile(name)))
    return { baseOffset, sizeInBytes: baseOffset < 0 ? 0 : files.file(fileName(dir, baseOffset, 'log')).size() }
  }

  /** Takes into the checkpoints what they are to say of a partition whose copy is about to take its place here. */
  expect(topic: string, partition: number, log: Log, highWatermark: number): void {
    this.#checkpoints.expect(topic, partition, log, highWatermark)
  }

  /** Nothing is expected any more. */
  forget(topic: string, partition: number): void {
    this.#checkpoints.forget(topic, partition)
  }

  /** Makes it last that names appeared in the directory, or left it. */
  syncNames(): void {
    this.#options.files.syncDirectoryNow(this.path)
    this.#logs.namesSynced()
  }

  /** Removes directories and segment files given up before, whose delay is over. */
  async removeDeleted(now: number): Promise<void> {
    for (const { log } of this.#logs.open()) if (log.failure === null) log.removeRetired(now)
    const due = this.#deleted.takeDue(now)
    for (let next = due.pop(); next !== undefined; next = due.pop()) {
      try {
        await this.#options.files.removeTree(next)
      } catch (error) {
        for (const path of [next, ...due]) this.#deleted.add(path, now)
        throw error
      }
    }
  }

  /** The high watermark as of the last checkpoint, 0 where there is none. */
  highWatermark(topic: string, partition: number): number {
    return this.#checkpoints.highWatermarks.get(topic, partition)
  }

  /** Notes a high watermark for the next checkpoint. */
  setHighWatermark(topic: string, partition: number, offset: number): void {
    this.#checkpoints.highWatermarks.set(topic, partition, offset)
  }

  /** A log is about to be cut at an offset: has the checkpoints promise no more than what is before it, at once. */
  lowerCheckpoints(topic: string, partition: number, offset: number): void {
    this.#checkpoints.lowerTo(topic, partition, offset)
  }

  /** Writes down recovery points, log starts, high watermarks and how far logs were compacted, as far as they changed; with pauses where there are any. */
  checkpoint(pause: Pause = () => undefined): Promise<void> {
    this.#checkpointing = this.#checkpointing.catch(() => undefined).then(() => this.#checkpoint(pause))
    return this.#checkpointing
  }

  /** Bytes of the volume, −1 where there is none. */
  space(): { totalBytes: number; usableBytes: number } {
    return this.#options.files.usage(this.path)
  }

  /** Closes all logs, notes that they were closed well, and lets go of the directory, unless that was done. */
  async close(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    const { files } = this.#options
    try {
      const open = [...this.#logs.open()].map(
        ({ log }) =>
          async () =>
            log.close(),
      )
      // A marker says of all that the disk has them.
      for (const { topic, partition, config } of this.#logs.unsynced())
        open.push(async () => this.openLog(topic, partition, null, config).close())
      let allClosed = this.#logs.owesNothing(this.partitions().map(({ topic, partition }) => `${topic}-${partition}`))
      for (let index = 0; index < open.length; index += closingMax) {
        const settled = await Promise.allSettled(open.slice(index, index + closingMax).map(close => close()))
        for (const result of settled) {
          if (result.status === 'fulfilled') continue
          if (faultOf(result.reason) === 'bug') crash(result.reason)
          allClosed = false
        }
      }
      await this.checkpoint()
      if (allClosed && !this.isTorn && [...this.#logs.open()].every(({ log }) => log.failure === null)) {
        markCleanShutdown(files, this.path, this.brokerEpoch)
      }
    } finally {
      this.#lock.release()
    }
  }

  /** Lets go of a directory whose disk failed: nothing is written any more, and the next start trusts nothing. */
  abandon(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#checkpoints.discard()
    for (const { log } of this.#logs.open()) {
      try {
        log.discard()
      } catch (error) {
        if (faultOf(error) === 'bug') crash(error)
        this.#options.logger?.warn(`a log on a failed disk was not let go of: ${error}`)
      }
    }
    this.#lock.release()
  }

  async #checkpoint(pauseOfOthers: Pause): Promise<void> {
    // Nobody is served any more once it is closed or let go of.
    const pause: Pause = () => (this.#isOver ? undefined : pauseOfOthers())
    await this.#checkpoints.noteAll(this.#logs.open(), pause)
    await this.#checkpoints.write(pause)
    const { renamedCount } = this.#logs
    if (!this.#logs.mayAnyComeBack) return
    await this.#options.files.syncDirectory(this.path)
    this.#logs.namesSynced(renamedCount)
  }

  #topicId(name: string): string | null {
    return topicIdIn(this.#options.files.read(`${this.path}/${name}/${partitionMetadataName}`))
  }
}
