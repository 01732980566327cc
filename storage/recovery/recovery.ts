/**
 * Opening a log's directory. After a clean shutdown its files are trusted. After a crash the segments from the recovery point on
 * are read through: their indexes and producer states are made anew, and what is torn or damaged is cut off, with all behind it.
 */
import { baseOffset, magic, partitionLeaderEpoch, producerId } from '../../protocol/records/header.ts'
import { recoverSwaps } from '../compaction/swap.ts'
import type { LogConfig } from '../config.ts'
import type { Files } from '../files.ts'
import { frameIsSound, frameLastOffset, frameMaxTimestamp, scanFrames } from '../frames.ts'
import type { LeaderEpochs } from '../leader-epochs.ts'
import { offsetOfFile } from '../names.ts'
import { noteProducer } from '../placing.ts'
import { ProducerSnapshots, snapshotOffsets } from '../producer-snapshots.ts'
import type { Producers } from '../producers.ts'
import { Segment } from '../segment.ts'

/** Where recovery says what it found. */
export interface RecoveryLogger {
  info(message: string, fields?: object): void
  warn(message: string, fields?: object): void
  error(message: string, fields?: object): void
}

/** What is needed to open a log's files. */
export interface RecoveryOptions {
  readonly dir: string
  readonly files: Files
  readonly config: Pick<LogConfig, 'indexIntervalBytes' | 'cleanupPolicy'>
  readonly now: number
  /** Whether the files are what they should be. */
  readonly cleanShutdown: boolean
  /** False where they were only just recovered, so that the disk may lack what is beyond the recovery point. */
  readonly isSynced?: boolean
  readonly recoveryPoint: number
  /** Offset below which the log was compacted, as far as that was noted. */
  readonly cleanedOffset?: number
  readonly logStartOffset: number
  readonly producerIdExpirationMs: () => number
  readonly logger: RecoveryLogger | undefined
}

/** A log's files, opened. */
export interface RecoveredLog {
  readonly segments: Segment[]
  readonly snapshots: ProducerSnapshots
  readonly logStartOffset: number
  readonly recoveryPoint: number
  /** Whether segments came or went, which a power failure may undo. */
  readonly namesChanged: boolean
}

/** Opens the segments of a directory, at least one, the last with its end offset found; brings producers and epochs up to date. */
export function recoverLog(options: RecoveryOptions, producers: Producers, epochs: LeaderEpochs): RecoveredLog {
  const { dir, files, now } = options
  const names = removeStrayFiles(files, dir)
  const snapshots = new ProducerSnapshots(files, dir, snapshotOffsets(names))
  const offsets = names
    .filter(name => name.endsWith('.log'))
    .map(offsetOfFile)
    .filter(offset => offset >= 0)
    .sort((a, b) => a - b)
  let segments = offsets.map(offset => new Segment(files, dir, offset, now))
  segments.forEach((segment, index) => {
    if (index + 1 < segments.length) segment.endOffset = segments[index + 1].baseOffset
  })
  const { firstRepaired, damaged } = repairSegments(options, segments, epochs)
  const provenEnd = firstRepaired < 0 ? Number.POSITIVE_INFINITY : segments[firstRepaired].baseOffset
  if (damaged >= 0 && damaged + 1 < segments.length) {
    for (const segment of segments.splice(damaged + 1)) remove(files, segment)
    // Were they there again after a power failure, they would follow others that took the place of what was cut off.
    files.syncDirectoryNow(dir)
  }

  let start = Math.max(options.logStartOffset, segments[0]?.baseOffset ?? 0)
  const last = segments[segments.length - 1]
  if (last !== undefined && last.endOffset < start) {
    options.logger?.warn('the log ends before the offset that it should start at; it starts anew there', { dir, start })
    for (const segment of segments) remove(files, segment)
    segments = []
  }
  const countBefore = segments.length
  if (segments.length === 0) {
    start = Math.max(start, options.logStartOffset)
    segments = [Segment.create(files, dir, start, now)]
  }
  while (segments.length > 1 && segments[1].baseOffset <= start) remove(files, segments.shift() as Segment)
  const namesChanged = segments.length !== countBefore

  const end = segments[segments.length - 1].endOffset
  if (epochs.damaged) for (const segment of segments) recoverEpochs(segment, epochs)
  epochs.writeRecovered()
  epochs.truncateFromEnd(end)
  epochs.truncateFromStart(start, segments[0].baseOffset)
  rebuildProducers(options, segments, snapshots, producers, start, end, provenEnd)
  const isSynced = options.cleanShutdown && options.isSynced !== false
  // The indexes that were made anew are not on the disk, even where the records are.
  const recoveryPoint = Math.min(isSynced ? end : options.recoveryPoint, end, provenEnd)
  if (!isSynced) {
    epochs.distrust()
    snapshots.distrust()
    for (const segment of segments.filter(({ endOffset }) => endOffset >= recoveryPoint)) {
      segment.distrust()
      segment.seal()
    }
  }
  return { segments, snapshots, logStartOffset: start, recoveryPoint, namesChanged }
}

/** Removes what a crash may leave of deletions and of writes in two steps; gives the names that stay. */
function removeStrayFiles(files: Files, dir: string): string[] {
  const names = recoverSwaps(files, dir)
  const logs = new Set(names.filter(name => name.endsWith('.log')).map(offsetOfFile))
  const kept: string[] = []
  for (const name of names) {
    const orphan = /\.(index|timeindex|txnindex)$/.test(name) && !logs.has(offsetOfFile(name))
    if (orphan || /\.(deleted|tmp)$/.test(name)) files.unlink(`${dir}/${name}`)
    else kept.push(name)
  }
  return kept
}

/**
 * Makes every segment whole. Gives the index of the first whose indexes were rebuilt, and of the one that was cut, behind which
 * nothing may stay; −1 where there is none.
 */
function repairSegments(
  options: RecoveryOptions,
  segments: Segment[],
  epochs: LeaderEpochs,
): { firstRepaired: number; damaged: number } {
  const { cleanupPolicy } = options.config
  // Whoever no longer compacts a log may have done so once.
  const cleanedOffset = cleanupPolicy.includes('compact') ? Number.POSITIVE_INFINITY : (options.cleanedOffset ?? 0)
  let firstRepaired = -1
  for (let index = 0; index < segments.length; index++) {
    const segment = segments[index]
    const isLast = index === segments.length - 1
    // One that ends right there may have been ended since, and its indexes with it.
    const unproven = !options.cleanShutdown && (isLast || segment.endOffset >= options.recoveryPoint)
    if (!unproven && indexesLookSound(options, segment) && (!isLast || segment.findEndOffset())) continue
    const nextBase = isLast ? Number.POSITIVE_INFINITY : segments[index + 1].baseOffset
    if (firstRepaired < 0) firstRepaired = index
    const cutBytes = recoverSegment(options, segment, nextBase, epochs)
    // A later segment's name may have reached the disk before this one's last batches. Only compaction leaves such gaps.
    const lostEnd = unproven && !isLast && segment.endOffset < nextBase && nextBase > cleanedOffset
    if (cutBytes === 0 && !lostEnd) continue
    options.logger?.warn('cut damaged, torn or disconnected batches off the log', {
      dir: options.dir,
      segment: segment.baseOffset,
      cutBytes,
      endOffset: segment.endOffset,
    })
    return { firstRepaired, damaged: index }
  }
  return { firstRepaired, damaged: -1 }
}

function indexesLookSound({ files }: RecoveryOptions, segment: Segment): boolean {
  const { offsetIndex, timeIndex, transactionIndex, file } = segment
  // An empty segment needs its index files, too: a loss of power may have left the log file alone, and the next flush opens them.
  if (!files.exists(offsetIndex.file.path) || !files.exists(timeIndex.file.path)) return false
  if (!offsetIndex.file.isWhole || !timeIndex.file.isWhole || !transactionIndex.isSound) return false
  if (!timeIndex.looksSound) return false
  const { count } = offsetIndex.file
  if (count === 0) return true
  return offsetIndex.lastOffset > segment.baseOffset && offsetIndex.position(count - 1) < file.size()
}

/** Reads a segment through, rebuilding its indexes, and cuts it behind the last sound batch; gives the bytes cut. */
function recoverSegment(options: RecoveryOptions, segment: Segment, nextBase: number, epochs: LeaderEpochs): number {
  const before = segment.file.size()
  // The last segment's are made anew after each crash, so what a crash leaves of them now does no harm.
  if (nextBase < Number.POSITIVE_INFINITY) segment.emptyIndexes()
  segment.resetIndexes()
  segment.transactionIndex.reset()
  let expected = segment.baseOffset
  const end = scanFrames(segment.file, 0, before, (b, at, _position, size) => {
    const last = frameLastOffset(b, at)
    const first = magic(b, at) === 2 ? baseOffset(b, at) : last
    if (first < expected || last < first || last >= nextBase || !frameIsSound(b, at, size)) return false
    expected = last + 1
    segment.note(size, last, frameMaxTimestamp(b, at), options.config.indexIntervalBytes)
    if (magic(b, at) === 2) epochs.recover(partitionLeaderEpoch(b, at), first)
    return true
  })
  segment.cutBatchesAt(end)
  if (segment.mayResurrect) segment.syncCuts()
  segment.distrust()
  segment.seal()
  return before - end
}

function recoverEpochs(segment: Segment, epochs: LeaderEpochs): void {
  scanFrames(segment.file, 0, segment.writtenBytes, (b, at) => {
    if (magic(b, at) === 2) epochs.recover(partitionLeaderEpoch(b, at), baseOffset(b, at))
    return true
  })
}

/**
 * Takes the newest snapshot and replays what follows it. Transactions' indexes that recovery emptied are filled by the replay,
 * so it begins no later than the first of those segments.
 */
function rebuildProducers(
  options: RecoveryOptions,
  segments: readonly Segment[],
  snapshots: ProducerSnapshots,
  producers: Producers,
  start: number,
  end: number,
  provenEnd: number,
): void {
  const { now, producerIdExpirationMs } = options
  const bases = new Set(segments.map(segment => segment.baseOffset))
  // Each end of the broker leaves one between the segments: only that of the last can be needed.
  const newest = snapshots.offsets[snapshots.offsets.length - 1]
  snapshots.removeWhere(offset => !bases.has(offset) && offset !== newest)
  if (!options.cleanShutdown) snapshots.removeDamaged()
  snapshots.loadLatest(producers, start, Math.min(end, provenEnd), now, producerIdExpirationMs())
  for (const segment of segments) {
    if (segment.endOffset <= producers.endOffset) continue
    if (segment.baseOffset > start && segment.baseOffset >= producers.endOffset) {
      producers.endOffset = segment.baseOffset
      snapshots.take(producers)
    }
    replayProducers(segment, producers, Math.max(producers.endOffset, start))
  }
  producers.endOffset = end
}

/** Takes in what follows the producers' state in all segments, up to the log's end. */
export function reloadProducers(segments: readonly Segment[], producers: Producers, endOffset: number): void {
  for (const segment of segments) {
    if (segment.endOffset > producers.endOffset) replayProducers(segment, producers, producers.endOffset)
  }
  producers.endOffset = endOffset
}

/** Takes the batches of a segment from an offset on into the producers' state, and aborted transactions into its index. */
function replayProducers(segment: Segment, producers: Producers, from: number): void {
  const known = segment.transactionIndex.entries
  const knownTo = known.length === 0 ? -1 : known[known.length - 1].lastOffset
  scanFrames(segment.file, segment.positionOf(from), segment.writtenBytes, (b, at) => {
    if (magic(b, at) !== 2) return true
    if (producerId(b, at) >= 0) {
      noteProducer(segment, producers, b, at, baseOffset(b, at), knownTo)
    }
    producers.endOffset = frameLastOffset(b, at) + 1
    return true
  })
  segment.transactionIndex.spill()
}

function remove(files: Files, segment: Segment): void {
  for (const path of segment.retire(files)) files.unlink(path)
}
