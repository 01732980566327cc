/** Finds whole batches in a segment by their headers, for who sends them out of the file without reading them. */
import { baseOffset, magic, readInt64 } from '../protocol/records/header.ts'
import { frameHeaderBytes, frameLastOffset, frameSize } from './frames.ts'
import { borrowBuffer, returnBuffer } from './read-buffers.ts'
import type { Segment } from './segment.ts'

/** Where whole batches lie. */
export interface Place {
  readonly position: number
  readonly length: number
  /** Offset behind the last record. */
  readonly endOffset: number
}

/** Bytes read at once: many small batches' headers, or one of a large batch. */
const windowBytes = 4 * 1024
/** Bytes of a batch that say where it ends and its last offset. */
const headBytes = 27

/**
 * The batches from the one at `position` on, as many as `bytesMax` allows (but one in any case), up to `maxOffset`. Null where
 * they are not there whole. Reads only headers, and of those only the first and the ones behind the last indexed place; none where all
 * that is left may be given, as at the tail.
 */
export function locateBatches(segment: Segment, position: number, bytesMax: number, maxOffset: number): Place | null {
  const rest = segment.writtenBytes - position
  const isAll = rest <= bytesMax && maxOffset >= segment.endOffset && segment.writtenBytes === segment.sizeInBytes
  if (isAll && rest > 0) return { position, length: rest, endOffset: segment.endOffset }
  const window = borrowBuffer(windowBytes)
  let windowStart = 0
  let windowEnd = 0
  const { file, writtenBytes, offsetIndex } = segment
  /** Where in the window the header of the batch at a position stands; -1 where none can. */
  const headerAt = (at: number): number => {
    if (at < windowStart || at + headBytes > windowEnd) {
      windowStart = at
      windowEnd = at + file.read(window, 0, Math.min(windowBytes, writtenBytes - at), at)
    }
    return at + frameHeaderBytes > windowEnd ? -1 : at - windowStart
  }
  try {
    let limit = Math.min(position + bytesMax, writtenBytes)
    // An indexed batch whose last offset may be given begins in front of what may not; what is in front of it may be given too.
    const indexed = Math.min(offsetIndex.positionBefore(limit - frameHeaderBytes), offsetIndex.lookup(maxOffset - 1))
    let end = position
    if (indexed > position) {
      end = indexed
    } else {
      const first = headerAt(position)
      if (first < 0) return null
      limit = Math.min(Math.max(limit, position + frameSize(window, first)), writtenBytes)
    }
    let endOffset = -1
    while (end + frameHeaderBytes <= limit) {
      const at = headerAt(end)
      if (at < 0) break
      const bytes = frameSize(window, at)
      if (bytes === 0 || end + bytes > limit || firstOffset(window, at) >= maxOffset) break
      endOffset = frameLastOffset(window, at) + 1
      end += bytes
    }
    return endOffset < 0 ? null : { position, length: end - position, endOffset }
  } finally {
    returnBuffer(window)
  }
}

/** Offset of the first record, as far as the format tells. */
export function firstOffset(b: Buffer, at: number): number {
  return magic(b, at) === 2 ? baseOffset(b, at) : readInt64(b, at)
}
