/** Finding things in a log's segments: an offset, a time, the transactions that were aborted. */
import { readRecords } from '../protocol/records/batch.ts'
import { magic } from '../protocol/records/header.ts'
import type { AbortedRange, TimestampAndOffset } from './log-options.ts'
import type { Segment, TimedBatch } from './segment.ts'

/** Index of the segment that an offset lies in; the first for offsets before it. */
export function segmentIndexOf(segments: readonly Segment[], offset: number): number {
  let high = segments.length - 1
  if (segments[high].baseOffset <= offset) return high
  let low = 0
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (segments[middle].baseOffset <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** The first record at or behind `startOffset` that is not before the timestamp; null where there is none. */
export function firstReaching(
  segments: readonly Segment[],
  timestamp: number,
  startOffset: number,
  decompressedBytesMax: number,
): TimestampAndOffset | null {
  for (const segment of segments) {
    if (segment.maxTimestamp < timestamp) continue
    const found = findIn(segment, timestamp, startOffset, decompressedBytesMax)
    if (found !== null) return found
  }
  return null
}

/**
 * The first record that has the greatest timestamp of all that the segments hold, be it deleted (before the log's start) or not; null
 * where they hold none. Without timestamps that is the first record; messages of magic 0 cannot have any.
 */
export function latestTimestamp(segments: readonly Segment[], decompressedBytesMax: number): TimestampAndOffset | null {
  let latest = segments[0]
  for (const segment of segments) if (segment.maxTimestamp > latest.maxTimestamp) latest = segment
  const { maxTimestamp } = latest
  const batch = latest.batchReaching(maxTimestamp, latest.baseOffset)
  if (batch === null) return null
  const bytes = bytesOf(latest, batch)
  if (magic(bytes, 0) === 0) return null
  const record = readRecords(bytes, 0, decompressedBytesMax).find(({ timestamp }) => timestamp === maxTimestamp)
  return record ? { timestamp: maxTimestamp, offset: record.offset, leaderEpoch: batch.leaderEpoch } : null
}

/** The aborted transactions that have records within [fetchOffset, upperBound), which is not beyond the last stable offset. */
export function abortedBetween(segments: readonly Segment[], fetchOffset: number, upperBound: number): AbortedRange[] {
  const aborted: AbortedRange[] = []
  for (let index = segmentIndexOf(segments, fetchOffset); index < segments.length; index++) {
    for (const entry of segments[index].transactionIndex.entries) {
      if (entry.lastOffset >= fetchOffset && entry.firstOffset < upperBound) {
        aborted.push({ producerId: entry.producerId, firstOffset: entry.firstOffset })
      }
      // All that ends later began behind this offset.
      if (entry.lastStableOffset >= upperBound) return aborted
    }
  }
  return aborted
}

function findIn(
  segment: Segment,
  timestamp: number,
  startOffset: number,
  decompressedBytesMax: number,
): TimestampAndOffset | null {
  let from = startOffset
  for (;;) {
    const batch = segment.batchReaching(timestamp, from)
    if (batch === null) return null
    for (const record of readRecords(bytesOf(segment, batch), 0, decompressedBytesMax)) {
      if (record.timestamp >= timestamp && record.offset >= startOffset) {
        return { timestamp: record.timestamp, offset: record.offset, leaderEpoch: batch.leaderEpoch }
      }
    }
    // Its record of that time lies before the start, or was compacted away.
    from = batch.lastOffset + 1
  }
}

function bytesOf(segment: Segment, { position, size }: TimedBatch): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  segment.file.read(bytes, 0, size, position)
  return bytes
}
