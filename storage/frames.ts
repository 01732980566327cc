/** Batches as they lie one behind the other in a segment, whatever their format: where they end and what they span. */
import { crc32 } from '../protocol/records/crc32c.ts'
import {
  batchLength,
  batchLengthMin,
  checkCrc,
  headerBytes,
  lastOffset,
  logOverheadBytes,
  magic,
  magicAt,
  maxTimestamp,
  partitionLeaderEpoch,
  readInt64,
  recordCount,
} from '../protocol/records/header.ts'
import type { RandomFile } from './files.ts'
import { borrowBuffer, returnBuffer } from './read-buffers.ts'

/** Least bytes that say how long a batch is and of which format. */
export const frameHeaderBytes = 17

/** Smallest length field of the old formats: crc, magic, attributes and the lengths of key and value. */
const legacyLengthMin = 14

/** Bytes read at once in a scan. */
const scanBytes = 256 * 1024

/** Bytes of the batch at `at`, of which at least 17 must be there; 0 where no batch can be. */
export function frameSize(b: Buffer, at: number): number {
  const length = batchLength(b, at)
  const format = magic(b, at)
  if (format < 0 || format > 2) return 0
  if (length < (format === 2 ? batchLengthMin : legacyLengthMin)) return 0
  return logOverheadBytes + length
}

/** Offset of the last record. A message of an old format has one offset, a compressed wrapper that of its last. */
export function frameLastOffset(b: Buffer, at: number): number {
  return magic(b, at) === 2 ? lastOffset(b, at) : readInt64(b, at)
}

/** Greatest timestamp, −1 where the format has none. */
export function frameMaxTimestamp(b: Buffer, at: number): number {
  const format = magic(b, at)
  if (format === 2) return maxTimestamp(b, at)
  return format === 1 ? readInt64(b, at + 18) : -1
}

/** The epoch of the leader that wrote it, −1 where the format has none. */
export function frameLeaderEpoch(b: Buffer, at: number): number {
  return magic(b, at) === 2 ? partitionLeaderEpoch(b, at) : -1
}

/** Whether a whole batch is what it was when it was written. */
export function frameIsSound(b: Buffer, at: number, size: number): boolean {
  if (magic(b, at) !== 2) return b.readUInt32BE(at + logOverheadBytes) === crc32(b, at + magicAt, at + size)
  return size >= headerBytes && recordCount(b, at) >= 0 && checkCrc(b, at)
}

/** Sees one whole batch, which lies at `at` in `b` and at `position` in the file; false ends the scan before it. */
export type VisitFrame = (b: Buffer, at: number, position: number, size: number) => boolean

/**
 * Walks the whole batches of a file between two positions, the first of which begins a batch; gives the position behind the
 * last batch that was whole and accepted. The bytes are only valid during the visit.
 */
export function scanFrames(file: RandomFile, from: number, to: number, visit: VisitFrame): number {
  let buffer = borrowBuffer(Math.min(scanBytes, Math.max(to - from, 1)))
  try {
    let position = from
    while (position + frameHeaderBytes <= to) {
      const length = file.read(buffer, 0, Math.min(buffer.length, to - position), position)
      let at = 0
      let needed = 0
      while (at + frameHeaderBytes <= length) {
        const size = frameSize(buffer, at)
        if (size === 0 || position + at + size > to) return position + at
        if (at + size > length) {
          needed = size
          break
        }
        if (!visit(buffer, at, position + at, size)) return position + at
        at += size
      }
      if (at === 0 && needed <= buffer.length) return position
      if (needed > buffer.length) {
        returnBuffer(buffer)
        buffer = borrowBuffer(needed)
      }
      position += at
    }
    return position
  } finally {
    returnBuffer(buffer)
  }
}
