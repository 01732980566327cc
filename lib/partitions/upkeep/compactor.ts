/**
 * Compacts the partitions whose `cleanup.policy` says so: every `log.cleaner.backoff.ms` those that are due are cleaned, the dirtiest
 * first, one after another. On a disk that is done in a thread, for files in memory on the event loop in slices.
 */
import { KafkaError } from '../../../protocol/errors.ts'
import {
  type CleaningLimits,
  type CompactionEngine,
  CompactionLoop,
  CompactionThread,
  compactLog,
  type Dirtiness,
  dirtinessOf,
  diskFiles,
  isDue,
  keySlotBytes,
} from '../../../storage/compaction/compaction.ts'
import { faultOf, warnOfExhaustion } from '../../../storage/faults.ts'
import type { Log } from '../../../storage/log.ts'
import { crash } from '../../base/assert.ts'
import type { Clocks } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import { slicesOf } from '../../base/shared-slices.ts'
import type { Partition } from '../partition.ts'
import type { Due, Timetable } from '../waiting/timetable.ts'

/** The broker's `log.cleaner.` properties. */
export interface CompactorSettings extends CleaningLimits {
  /** `log.cleaner.enable`, and at least one of `log.cleaner.threads`; there is never more than one. */
  readonly enabled: boolean
  readonly backoffMs: number
}

export interface CompactorOptions {
  readonly all: () => Iterable<Partition>
  readonly clocks: Clocks
  readonly timetable: Timetable
  /** Asked again for every round. */
  readonly settings: () => CompactorSettings
  readonly logger: Logger
  /** A partition was cleaned, and files of it were given up. */
  readonly compacted: (partition: Partition) => void
}

/** One cleaning under way. */
export interface Cleaning {
  readonly partition: Partition
  readonly segmentCount: number
  readonly segmentsDone: number
}

/** What became of the last one: the share of the buffer for keys that it used, and of the bytes that stayed. */
export interface LastCleaning {
  readonly bufferUtilization: number
  readonly recopied: number
  readonly durationMs: number
}

/** How long logs are opened in one round to look at them, and how long others then have their turn. */
const openingMsMax = 5
const pauseMs = 10

export class Compactor {
  readonly #options: CompactorOptions
  readonly #due: Due = { due: () => this.#begin() }
  readonly #thread: CompactionEngine = new CompactionThread()
  #loop: CompactionEngine | null = null
  /** What is being cleaned. */
  #current: (Cleaning & { engine: CompactionEngine }) | null = null
  #last: LastCleaning = { bufferUtilization: 0, recopied: 0, durationMs: 0 }
  #lookedMs: number
  /** Partitions whose records cannot be read; left alone until the broker is restarted. */
  readonly #damaged = new WeakSet<Partition>()
  /** Partitions on their way to another directory. */
  readonly #paused = new Set<Partition>()
  #cleaning: Promise<boolean> = Promise.resolve(false)
  #round: Promise<void> = Promise.resolve()
  /** Whether some logs were not looked at yet, as opening them took long enough. */
  #isBehind = false
  #stopped = false

  constructor(options: CompactorOptions) {
    this.#options = options
    this.#lookedMs = options.clocks.wire.monotonicMs()
  }

  /** What the last cleaning that came to something did. */
  get last(): LastCleaning {
    return this.#last
  }

  /** What is being cleaned; null without. */
  get current(): Cleaning | null {
    return this.#current
  }

  /** Milliseconds since it was last looked for something to clean. */
  get msSinceLook(): number {
    return Math.round(this.#options.clocks.wire.monotonicMs() - this.#lookedMs)
  }

  /** How dirty the logs are that are open; those that are not were looked at before. */
  *survey(): Generator<null, { ratioMax: number; dueCount: number; uncleanable: Partition[] }> {
    const now = this.#options.clocks.broker.now()
    let ratioMax = 0
    let dueCount = 0
    const uncleanable: Partition[] = []
    for (const partition of this.#options.all()) {
      yield null
      if (this.#damaged.has(partition)) uncleanable.push(partition)
      const isCompacted = partition.settings.log.cleanupPolicy.includes('compact')
      if (!isCompacted || partition.standing !== 'online' || !partition.isLoaded) continue
      const dirtiness = look(partition, now)
      if (dirtiness === null) continue
      ratioMax = Math.max(ratioMax, dirtiness.ratio)
      if (isDue(partition.log, dirtiness)) dueCount++
    }
    return { ratioMax, dueCount, uncleanable }
  }

  /** Whether nothing of a loaded log is being cleaned, nor will be unless something is appended. */
  hasNoUseFor(partition: Partition): boolean {
    if (this.#current?.partition === partition) return false
    const { log, standing, settings } = partition
    if (standing !== 'online' || !settings.log.cleanupPolicy.includes('compact') || log.segments.length === 1)
      return true
    if (!timeMakesNothingDue(partition)) return false
    const dirtiness = look(partition, this.#options.clocks.broker.now())
    return dirtiness === null || !isDue(log, dirtiness)
  }

  start(): void {
    const { timetable, settings } = this.#options
    timetable.in(this.#isBehind ? pauseMs : settings().backoffMs, this.#due)
  }

  /** Resolves when the round under way, if there is one, is over. */
  get idle(): Promise<void> {
    return this.#round
  }

  /** Leaves a partition alone until `resume`; resolves once nothing of it is under way. */
  async pause(partition: Partition): Promise<void> {
    this.#paused.add(partition)
    this.forget(partition)
    while (this.#current?.partition === partition) await this.#cleaning
  }

  resume(partition: Partition): void {
    this.#paused.delete(partition)
  }

  /** A partition is gone. */
  forget(partition: Partition): void {
    if (this.#current?.partition === partition) this.#current.engine.cancel()
  }

  /** Calls off what is under way; resolves when it is. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#options.timetable.cancel(this.#due)
    this.#current?.engine.cancel()
    await this.#round
  }

  #begin(): void {
    this.#round = this.#run()
      .catch(crash)
      .finally(() => {
        if (!this.#stopped) this.start()
      })
  }

  async #run(): Promise<void> {
    /** Those that did not get further in this round. */
    const stuck = new Set<Partition>()
    while (!this.#stopped && this.#options.settings().enabled) {
      const partition = await this.#dirtiest(stuck)
      if (partition === null) break
      // Others had their turns since it was looked at.
      const dirtiness = this.#mayClean(partition, stuck) ? look(partition, this.#options.clocks.broker.now()) : null
      if (this.#stopped) break
      this.#cleaning = dirtiness === null ? Promise.resolve(false) : this.#clean(partition, dirtiness)
      if (!(await this.#cleaning)) stuck.add(partition)
    }
    await this.#thread.stop()
  }

  /** That of all which are due; in slices, as there may be many. */
  async #dirtiest(except: ReadonlySet<Partition>): Promise<Partition | null> {
    const { broker, wire } = this.#options.clocks
    const slices = slicesOf(wire)
    const now = broker.now()
    this.#lookedMs = wire.monotonicMs()
    this.#isBehind = false
    let openingMs = 0
    let found: { partition: Partition; ratio: number } | null = null
    slices.take()
    for (const partition of this.#options.all()) {
      if (slices.isOver) await slices.next()
      if (this.#stopped) return null
      if (!this.#mayClean(partition, except)) continue
      const { isLoaded } = partition
      if (!isLoaded && partition.isCompacted) continue
      if (!isLoaded && openingMs > openingMsMax) {
        this.#isBehind = true
        continue
      }
      const beganMs = wire.monotonicMs()
      const isOpen = partition.load()
      openingMs += wire.monotonicMs() - beganMs
      if (!isOpen) continue
      const { log } = partition
      const dirtiness = look(partition, now)
      if (dirtiness === null || !isDue(log, dirtiness)) {
        if (!isLoaded) letGo(partition)
        continue
      }
      if (found === null || dirtiness.ratio > found.ratio) found = { partition, ratio: dirtiness.ratio }
    }
    return found === null ? null : found.partition
  }

  #mayClean(partition: Partition, except: ReadonlySet<Partition>): boolean {
    if (partition.standing !== 'online' || except.has(partition)) return false
    if (this.#damaged.has(partition) || this.#paused.has(partition)) return false
    return partition.settings.log.cleanupPolicy.includes('compact')
  }

  /** One cleaning; false where it came to nothing. */
  async #clean(partition: Partition, dirtiness: Dirtiness): Promise<boolean> {
    const { clocks, settings, logger, compacted } = this.#options
    const { log } = partition
    const engine = this.#engineFor(log)
    const cleaning = { partition, engine, segmentCount: dirtiness.segmentCount, segmentsDone: 0 }
    this.#current = cleaning
    const beganMs = clocks.wire.monotonicMs()
    const limits = settings()
    try {
      const result = await compactLog(log, dirtiness, limits, engine, clocks.broker.now(), segmentsDone => {
        cleaning.segmentsDone = segmentsDone
      })
      if (result === null) return false
      this.#last = {
        bufferUtilization: (result.keyCount * keySlotBytes) / limits.keyBytesMax,
        recopied: result.bytesBefore === 0 ? 0 : result.bytesAfter / result.bytesBefore,
        durationMs: clocks.wire.monotonicMs() - beganMs,
      }
      logger.info('compacted a partition', {
        partition: partition.name,
        ...result,
        durationMs: Math.round(clocks.wire.monotonicMs() - beganMs),
      })
      compacted(partition)
      return result.endOffset > dirtiness.firstDirtyOffset
    } catch (error) {
      const fault = faultOf(error)
      if (fault === 'bug') crash(error)
      // A full disk may have room again later, and a process descriptors; what is damaged stays so.
      if (fault === 'damage' || fault === 'refusal') this.#damaged.add(partition)
      const what = 'a partition cannot be compacted'
      const fields = { partition: partition.name, error }
      if (fault === 'exhaustion') warnOfExhaustion(logger, clocks.wire.now(), what, error as Error, fields)
      else logger.error(what, fields)
      return false
    } finally {
      this.#current = null
    }
  }

  #engineFor({ files }: Log): CompactionEngine {
    if (files === diskFiles) return this.#thread
    const { wire } = this.#options.clocks
    this.#loop ??= new CompactionLoop(
      files,
      () => wire.monotonicMs(),
      delayMs =>
        new Promise(resolve => {
          if (delayMs < 1) wire.immediate(resolve)
          else wire.schedule(delayMs, resolve)
        }),
    )
    return this.#loop
  }
}

/** How dirty a loaded log is; null too where its files cannot be looked into, as the log has told. */
function look(partition: Partition, now: number): Dirtiness | null {
  try {
    return dirtinessOf(partition.log, partition.lastStableOffset, now)
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return null
  }
}

/** Lets go of a log that was loaded for a look alone. Where time may make it due, it is looked at again. */
function letGo(partition: Partition): void {
  partition.isCompacted = timeMakesNothingDue(partition)
  if (partition.isCompacted) partition.unload()
}

function timeMakesNothingDue({ settings }: Partition): boolean {
  const { minCompactionLagMs, maxCompactionLagMs } = settings.log
  return minCompactionLagMs === 0 && maxCompactionLagMs >= Number.MAX_SAFE_INTEGER
}
