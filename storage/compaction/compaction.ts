/** The compaction of a log: how much of it is due, and one cleaning from the files to their exchange. */

import { faultOf } from '../faults.ts'
import type { Log } from '../log.ts'
import type { Segment } from '../segment.ts'
import { CompactionCancelled, type CompactionEngine, type CompactionJob, type CompactionResult } from './job.ts'
import { discardCleaned } from './swap.ts'

export { diskFiles } from '../files.ts'
export { CompactionCancelled, type CompactionEngine, type CompactionResult } from './job.ts'
export { keySlotBytes } from './keys.ts'
export { CompactionLoop } from './loop.ts'
export { CompactionThread } from './thread.ts'

/** What all cleanings of a broker have in common. */
export interface CleaningLimits {
  /** Memory for keys, in bytes, and the share of it that may be used. */
  readonly keyBytesMax: number
  readonly keyLoadFactor: number
  /** Size of the two buffers for reading and for writing, together. */
  readonly bufferBytes: number
  readonly bytesPerSecondMax: number
}

/** How dirty a log is. */
export interface Dirtiness {
  readonly firstDirtyOffset: number
  /** How many segments, from the log's first on, may be cleaned. */
  readonly segmentCount: number
  /** Bytes that were not cleaned yet, as a share of all that may be. */
  readonly ratio: number
  /** Whether `max.compaction.lag.ms` is over for some of them. */
  readonly overdue: boolean
}

/** How dirty a log is; null where nothing may be cleaned. Throws KAFKA_STORAGE_ERROR. Segments that an open transaction reaches into wait for its end. */
export function dirtinessOf(log: Log, lastStableOffset: number, now: number): Dirtiness | null {
  const { segments, config, cleanedOffset } = log
  if (segments.length === 1) return null
  // Not from the log's start on: a crash may move that back, and then what a tombstone below it deleted must not be there alone.
  const firstDirtyOffset = Math.max(cleanedOffset, segments[0].baseOffset)
  let cleanBytes = 0
  let dirtyBytes = 0
  let segmentCount = 0
  let overdue = false
  for (const segment of segments.slice(0, -1)) {
    if (segment.endOffset > lastStableOffset) break
    if (segment.endOffset <= firstDirtyOffset) cleanBytes += segment.sizeInBytes
    else {
      if (config.minCompactionLagMs > 0 && segment.timeMs > now - config.minCompactionLagMs) break
      dirtyBytes += segment.sizeInBytes
      overdue ||= firstTimeOf(log, segment) < now - config.maxCompactionLagMs
    }
    segmentCount++
  }
  if (dirtyBytes === 0) return null
  return { firstDirtyOffset, segmentCount, ratio: dirtyBytes / (cleanBytes + dirtyBytes), overdue }
}

/** Whether a log's own limits ask for a cleaning. */
export function isDue({ config }: Log, { ratio, overdue }: Dirtiness): boolean {
  return overdue || ratio > config.minCleanableDirtyRatio
}

/** Timestamp of the first batch, where there is a limit to be held against. */
function firstTimeOf(log: Log, segment: Segment): number {
  if (log.config.maxCompactionLagMs >= Number.MAX_SAFE_INTEGER) return Number.POSITIVE_INFINITY
  const timestamp = log.examine(() => segment.readFirstTimestamp())
  return timestamp > 0 ? timestamp : Number.POSITIVE_INFINITY
}

/**
 * One cleaning: as far as the memory for keys goes, which may be less than all that is dirty. Gives null where it was called off, as
 * when the segments went or were cut meanwhile; what was exchanged until then stays. Reads, writes and appends go on. `progress` is told
 * how many of the segments are done.
 */
export async function compactLog(
  log: Log,
  dirtiness: Dirtiness,
  limits: CleaningLimits,
  engine: CompactionEngine,
  now: number,
  progress: (segmentsDone: number) => void = () => undefined,
): Promise<CompactionResult | null> {
  const sources = log.segments.slice(0, dirtiness.segmentCount)
  const { truncations } = log
  const { cancellations } = engine
  let next = 0
  const isIntact = () =>
    log.isOpen && log.truncations === truncations && sources.slice(next).every(segment => !segment.retired)
  try {
    // A record must not give way to another, nor to the end of a transaction, that a power failure takes.
    if (log.recoveryPoint < log.logEndOffset) await log.flush()
    if (!isIntact() || engine.cancellations !== cancellations) return null
    const result = await engine.run(jobOf(log, sources, dirtiness, limits, now), group => {
      const replaced = sources.slice(next, next + group.sourceCount)
      next += group.sourceCount
      progress(next)
      if (!isIntact()) return false
      if (!group.changed || log.replaceSegments(replaced)) return true
      discardCleaned(log.files, log.dir, group.baseOffset)
      return false
    })
    if (!isIntact()) return null
    // Before it is noted that the log is clean.
    await log.files.syncDirectory(log.dir)
    if (!isIntact()) return null
    log.cleanedOffset = result.endOffset
    return result
  } catch (error) {
    if (faultOf(error) === 'bug' && !(error instanceof CompactionCancelled)) throw error
    // Groups may have been made that nobody asked for any more.
    if (log.isOpen) for (const { baseOffset } of sources.slice(next)) discardCleaned(log.files, log.dir, baseOffset)
    if (error instanceof CompactionCancelled || !isIntact()) return null
    throw error
  }
}

function jobOf(
  { dir, config, segments, producers }: Log,
  sources: readonly Segment[],
  { firstDirtyOffset }: Dirtiness,
  limits: CleaningLimits,
  now: number,
): CompactionJob {
  const upperOffset = sources[sources.length - 1].endOffset
  const aborted = segments.flatMap(({ transactionIndex }) => transactionIndex.entries)
  return {
    dir,
    sources: sources.map(({ baseOffset, endOffset, sizeInBytes, offsetIndex, timeIndex }) => ({
      baseOffset,
      endOffset,
      sizeInBytes,
      offsetIndexBytes: offsetIndex.file.sizeInBytes,
      timeIndexBytes: timeIndex.file.sizeInBytes,
    })),
    firstDirtyOffset,
    aborted: aborted.filter(({ firstOffset }) => firstOffset < upperOffset),
    lastRecords: [...producers.states.values()].map(({ producerId, epoch, batches }) => ({
      producerId,
      epoch,
      lastOffset: batches[batches.length - 1]?.lastOffset ?? -1,
    })),
    now,
    deleteRetentionMs: config.deleteRetentionMs,
    indexIntervalBytes: config.indexIntervalBytes,
    segmentBytes: config.segmentBytes,
    segmentIndexBytes: config.segmentIndexBytes,
    decompressedBytesMax: config.decompressedBatchBytesMax,
    ...limits,
  }
}
