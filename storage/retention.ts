/** Which segments retention gives up: `retention.ms`, `retention.bytes`, and what lies before the log's start. */
import type { LogConfig } from './config.ts'
import type { Segment } from './segment.ts'

/** From when on retention may have something to do that it has not now, if nothing is appended; ms since the epoch. */
export function retentionDueMs(segments: readonly Segment[], config: LogConfig): number {
  const [first] = segments
  const expires = config.cleanupPolicy.includes('delete') && config.retentionMs >= 0
  if (!expires || first === undefined || (segments.length === 1 && first.sizeInBytes === 0))
    return Number.POSITIVE_INFINITY
  return first.timeMs + config.retentionMs + 1
}

/**
 * How many segments from the oldest on may be deleted. None reaches beyond the high watermark; the last one, if it holds
 * anything, counts too, and is then to be followed by an empty one.
 */
export function countDeletable(
  segments: readonly Segment[],
  config: LogConfig,
  logStartOffset: number,
  highWatermark: number,
  now: number,
): number {
  const expires = config.cleanupPolicy.includes('delete')
  let excessBytes = Number.NEGATIVE_INFINITY
  if (expires && config.retentionBytes >= 0) {
    excessBytes = -config.retentionBytes
    for (const segment of segments) excessBytes += segment.sizeInBytes
  }
  let count = 0
  for (const segment of segments) {
    const isLast = count === segments.length - 1
    if (segment.endOffset > highWatermark || (isLast && segment.sizeInBytes === 0)) break
    const expired = expires && config.retentionMs >= 0 && now - segment.timeMs > config.retentionMs
    const beyondSize = excessBytes - segment.sizeInBytes >= 0
    const beforeStart = !isLast && segment.endOffset <= logStartOffset
    if (!expired && !beyondSize && !beforeStart) break
    excessBytes -= segment.sizeInBytes
    count++
  }
  return count
}
