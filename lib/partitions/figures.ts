/** How large logs are, and where they begin and end: none is opened so that somebody sees figures, however many there are. */
import { KafkaError } from '../../protocol/errors.ts'
import type { LogDirectories } from './log-directories.ts'
import type { Partition } from './partition.ts'

/** Offsets of one log. */
export interface LogOffsets {
  readonly start: number
  readonly end: number
  readonly highWatermark: number
}

/** Bytes of a log; null where they cannot be found out. */
export function bytesOf(partition: Partition): number | null {
  if (partition.standing !== 'online') return null
  try {
    return partition.sizeInBytes
  } catch (error) {
    // A disk that has just failed.
    if (error instanceof KafkaError) return null
    throw error
  }
}

/** Offsets of a log; null where they are not known now. */
export function offsetsOf(partition: Partition, directories: LogDirectories): LogOffsets | null {
  if (partition.standing !== 'online') return null
  if (partition.isLoaded) {
    const { logStartOffset: start, logEndOffset: end, highWatermark } = partition
    return { start, end, highWatermark }
  }
  const standing = directories.standingOf(partition)
  if (standing === null) return null
  const { start, end } = standing
  const isAlone = partition.isLedHere && partition.leading.isAlone
  const committed = isAlone ? end : Math.min(end, directories.storedHighWatermark(partition))
  return { start, end, highWatermark: Math.max(start, committed) }
}
