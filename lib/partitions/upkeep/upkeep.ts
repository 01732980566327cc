/**
 * What partitions need from time to time: checkpoints, retention, compaction, flushes, the removal of deleted files, the forgetting of
 * silent producers. Checkpoints and flushes are due only where something was written, so idle partitions cost nothing.
 */
import { KafkaError } from '../../../protocol/errors.ts'
import { retentionDueMs } from '../../../storage/retention.ts'
import { crash } from '../../base/assert.ts'
import type { Clock, Clocks } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import { slicesOf } from '../../base/shared-slices.ts'
import type { Metric } from '../../metrics/metrics.ts'
import type { LogDirectories } from '../log-directories.ts'
import { compactionMetrics } from '../metrics.ts'
import type { Partition } from '../partition.ts'
import type { Due, Timetable } from '../waiting/timetable.ts'
import { Compactor, type CompactorSettings } from './compactor.ts'
import type { UpkeepIntervals } from './intervals.ts'
import type { Slices } from './slices.ts'

/** When deleted files are tried to be removed again that could not be for want of descriptors. */
const removalAgainMs = 10_000

/** Partitions that a checkpoint takes in between two looks at whether others are to have their turn. */
const notedAtOnce = 100

/** How long nobody uses a log before it is let go of: longer than any producer tries to send a batch again that may be there. */
const idleMs = 300_000

export class Upkeep {
  readonly #clock: Clock
  readonly #wire: Clock
  readonly #timetable: Timetable
  readonly #directories: LogDirectories
  readonly #all: () => Iterable<Partition>
  readonly #intervals: UpkeepIntervals
  readonly #logger: Logger
  readonly #compactor: Compactor | null
  /** Partitions that changed since the last checkpoint. */
  readonly #changed = new Set<Partition>()
  readonly #flushes = new Map<Partition, Flush>()
  /** Partitions on their way to another directory. */
  readonly #kept = new Set<Partition>()
  /** Work on files that is under way. */
  #background: Promise<void> = Promise.resolve()
  #stopped = false
  readonly #checkpoint: Due = { due: () => this.#runInBackground(this.checkpoint()) }
  readonly #retention: Due = { due: () => this.#enforceRetention() }
  readonly #slices: Slices
  readonly #expiration: Due = { due: () => this.#expireProducers() }

  constructor(options: {
    clocks: Clocks
    timetable: Timetable
    slices: Slices
    directories: LogDirectories
    all: () => Iterable<Partition>
    intervals: UpkeepIntervals
    /** Without, nothing is compacted. */
    compaction?: () => CompactorSettings
    logger: Logger
  }) {
    this.#clock = options.clocks.broker
    this.#wire = options.clocks.wire
    this.#timetable = options.timetable
    this.#directories = options.directories
    this.#all = options.all
    this.#intervals = options.intervals
    this.#slices = options.slices
    this.#logger = options.logger
    const { compaction } = options
    this.#compactor = compaction
      ? new Compactor({ ...options, settings: compaction, compacted: this.#compacted })
      : null
  }

  /** Figures of compaction. */
  *metrics(): Iterable<Metric | null> {
    if (this.#compactor !== null) yield* compactionMetrics(this.#compactor, this.#directories)
  }

  start(): void {
    this.#timetable.in(this.#intervals.initialTaskDelayMs, this.#retention)
    this.#timetable.in(this.#intervals.producerExpirationCheckIntervalMs, this.#expiration)
    this.#compactor?.start()
    // What an earlier run gave up and did not come to remove.
    this.removeDeletedIn(0)
  }

  /** A partition was written to, or its log start moved. */
  changed(partition: Partition): void {
    if (this.#changed.size === 0) this.#timetable.in(this.#intervals.checkpointIntervalMs, this.#checkpoint)
    this.#changed.add(partition)
    const isUsable = partition.standing === 'online' && partition.isLoaded
    if (isUsable && partition.log.config.flushMs < Number.MAX_SAFE_INTEGER) this.#expectFlush(partition)
  }

  /** Makes the logs of new partitions, and lets go of them again. */
  make(fresh: readonly Partition[]): void {
    this.#slices.run(fresh, partition => {
      if (partition.isLoaded || !partition.load()) return
      partition.unload()
    })
  }

  /** A partition is gone. */
  forget(partition: Partition): void {
    this.#changed.delete(partition)
    this.#kept.delete(partition)
    this.#compactor?.forget(partition)
    const flush = this.#flushes.get(partition)
    if (!flush) return
    this.#timetable.cancel(flush)
    this.#flushes.delete(partition)
  }

  /** Keeps a partition from being compacted until `compact`; resolves once nothing is under way. */
  async doNotCompact(partition: Partition): Promise<void> {
    this.#kept.add(partition)
    await this.#compactor?.pause(partition)
  }

  compact(partition: Partition): void {
    this.#kept.delete(partition)
    this.#compactor?.resume(partition)
  }

  /** Files were given up, to be removed after so many milliseconds. */
  removeDeletedIn(delayMs: number): void {
    this.#timetable.in(delayMs, { due: () => this.#runInBackground(this.#removeDeleted()) })
  }

  async #removeDeleted(): Promise<void> {
    const hasAll = await this.#directories.removeDeleted(this.#clock.now())
    if (!hasAll && !this.#stopped) this.removeDeletedIn(removalAgainMs)
  }

  /** Resolves when nothing is under way: work on files, rounds of compaction, slices of long work. */
  async settled(): Promise<void> {
    await this.#background
    await this.#compactor?.idle
    await this.#slices.idle()
  }

  /** Has the checkpoints written without waiting for their time. */
  checkpointSoon(): void {
    this.#timetable.in(0, this.#checkpoint)
  }

  /** Writes the checkpoints of what changed since the last. */
  async checkpoint(): Promise<void> {
    const slices = slicesOf(this.#wire)
    const pause = () => (slices.isOver ? slices.next() : undefined)
    slices.take()
    let count = 0
    for (const partition of this.#changed) {
      this.#changed.delete(partition)
      this.#directories.noteHighWatermark(partition)
      if (++count % notedAtOnce === 0) await pause()
    }
    const hasAll = await this.#directories.checkpoint(pause)
    if (!hasAll && !this.#stopped) this.#timetable.in(this.#intervals.checkpointIntervalMs, this.#checkpoint)
  }

  /** Nothing is begun any more; resolves when what was under way is done. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#slices.stop()
    for (const partition of this.#changed) this.#directories.noteHighWatermark(partition)
    await this.#compactor?.stop()
    await this.#background
  }

  readonly #compacted = (partition: Partition): void => {
    this.changed(partition)
    this.removeDeletedIn(partition.log.config.fileDeleteDelayMs)
  }

  #enforceRetention(): void {
    const now = this.#clock.now()
    let delayMs = -1
    this.#slices.run(
      this.#all(),
      partition => {
        if (partition.standing !== 'online' || (!partition.isLoaded && partition.retentionDueMs > now)) return
        try {
          if (this.#deleteOldSegments(partition) === 0) return
        } catch (error) {
          if (!(error instanceof KafkaError)) crash(error)
          // The log has told why: its disk failed, and the partition is offline, or there are no descriptors.
          this.#logger.warn('retention stopped at a partition', { partition: partition.name, error })
          return
        }
        this.changed(partition)
        delayMs = Math.max(delayMs, partition.log.config.fileDeleteDelayMs)
      },
      () => {
        if (delayMs >= 0) this.removeDeletedIn(delayMs)
        this.#timetable.in(this.#intervals.retentionCheckIntervalMs, this.#retention)
      },
    )
  }

  /** A log of which nothing goes, and that is loaded for this alone or that nobody uses, is left alone until something may. */
  #deleteOldSegments(partition: Partition): number {
    const { isLoaded } = partition
    const count = partition.deleteOldSegments()
    if (count > 0 || (isLoaded && !this.#isIdle(partition))) return count
    const { segments, config } = partition.log
    partition.retentionDueMs = retentionDueMs(segments, config)
    if (!isLoaded) partition.unload()
    else if (partition.letGo()) partition.isCompacted = true
    return 0
  }

  /** Whether nobody used a loaded log for some time, and nothing is to be done for it. */
  #isIdle(partition: Partition): boolean {
    const nowMs = this.#clock.monotonicMs()
    if (partition.takeUse()) partition.unusedSinceMs = nowMs
    if (nowMs - partition.unusedSinceMs < idleMs) return false
    if (this.#changed.has(partition) || this.#flushes.has(partition) || this.#kept.has(partition)) return false
    return this.#compactor?.hasNoUseFor(partition) ?? true
  }

  #expireProducers(): void {
    const now = this.#clock.now()
    this.#slices.run(
      this.#all(),
      partition => {
        if (partition.standing === 'online' && partition.isLoaded) partition.log.expireProducers(now)
      },
      () => this.#timetable.in(this.#intervals.producerExpirationCheckIntervalMs, this.#expiration),
    )
  }

  #expectFlush(partition: Partition): void {
    let flush = this.#flushes.get(partition)
    if (flush === undefined) {
      flush = new Flush(partition, this.#flushes, this.#clock)
      this.#flushes.set(partition, flush)
      this.#timetable.in(partition.log.nextFlushMs - this.#clock.now(), flush)
    }
  }

  #runInBackground(work: Promise<void>): void {
    if (this.#stopped) return
    this.#background = Promise.all([this.#background, work]).then(() => undefined)
  }
}

/** The flush of one partition whose `flush.ms` is set, from the first write on until it is done. */
class Flush implements Due {
  readonly #partition: Partition
  readonly #flushes: Map<Partition, Flush>
  readonly #clock: Clock

  constructor(partition: Partition, flushes: Map<Partition, Flush>, clock: Clock) {
    this.#partition = partition
    this.#flushes = flushes
    this.#clock = clock
  }

  due(): void {
    this.#flushes.delete(this.#partition)
    if (this.#partition.standing === 'online') this.#partition.log.flushIfDue(this.#clock.now())
  }
}
