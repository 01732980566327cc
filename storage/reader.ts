/** Reading whole batches out of segments, into buffers that are used again. */
import { codes, KafkaError } from '../protocol/errors.ts'
import type { Chunk } from '../protocol/records/chunk.ts'
import { frameHeaderBytes, frameLastOffset, frameSize } from './frames.ts'
import { firstOffset, locateBatches } from './locate.ts'
import { segmentIndexOf } from './lookups.ts'
import { borrowBuffer, returnBuffer } from './read-buffers.ts'
import { emptyRead, FileSlice, ReadResult } from './read-result.ts'
import type { Segment } from './segment.ts'

/** Whoever the records are for: asked only where there is much to give. */
export interface FileTaker {
  /** Whether it takes records as their place in a file instead of their bytes. */
  takesFiles(): boolean
}

/** How much to read. maxOffset is exclusive: batches that begin there or behind are left out. */
export interface ReadLimits {
  readonly maxBytes: number
  readonly maxOffset: number
  /** Whether a first batch beyond maxBytes is read all the same. */
  readonly minOneMessage: boolean
  /** Given where the records may be a place in a file instead of their bytes. */
  readonly taker?: FileTaker
}

/** What to throw where an offset is asked for that a log does not have. */
export function outOfRange(
  offset: number,
  log: { readonly logStartOffset: number; readonly logEndOffset: number },
): KafkaError {
  return new KafkaError(
    codes.OFFSET_OUT_OF_RANGE,
    `offset ${offset} is not within ${log.logStartOffset} and ${log.logEndOffset}; reset to one that is`,
  )
}

/** Places remembered where readers will go on: as many as consumers usually follow one partition. */
const hintsMax = 4

/** Most bytes read at once, unless one batch is larger: what is kept for reuse, and what a client can take in one go. */
const readBytesMax = 8 * 1024 * 1024

/** Bytes read in front of the wanted batch, at most, when only the index says where to begin. */
const slackBytes = 8 * 1024

/** Below this, to read the records and send them with the answer's header by one call costs less than to send them out of the file by another. */
const inFileBytesMin = 24 * 1024

/** Remembers where each sequential reader of one log goes on, so that only a first read looks into the index. */
export class Reader {
  readonly #offsets: number[] = []
  readonly #segments: Segment[] = []
  readonly #positions: number[] = []
  #nextHint = 0
  /** Offset behind what was read last. */
  #endOffset = -1

  /** Reads from the batch that holds the offset on, all from one segment. */
  read(segments: readonly Segment[], offset: number, limits: ReadLimits): ReadResult<Chunk> {
    const last = segments.length - 1
    for (let index = segmentIndexOf(segments, offset); index <= last; index++) {
      const segment = segments[index]
      const result = this.#readSegment(segment, offset, limits)
      if (result !== emptyRead || index === last || segments[index + 1].baseOffset >= limits.maxOffset) return result
      // Compaction may have left nothing from the offset to the segment's end.
      if (segment.positionOf(offset) < segment.writtenBytes) return result
    }
    return emptyRead
  }

  #readSegment(segment: Segment, offset: number, limits: ReadLimits): ReadResult<Chunk> {
    const hint = this.#find(segment, offset)
    const exact = hint >= 0
    let position = exact ? this.#positions[hint] : segment.offsetIndex.lookup(offset)
    const written = segment.writtenBytes
    if (position + frameHeaderBytes > written) return emptyRead
    const budget = Math.min(Math.max(limits.maxBytes, 0), readBytesMax)
    if (limits.taker && Math.min(budget, written - position) >= inFileBytesMin && limits.taker.takesFiles()) {
      const located = this.#locate(
        segment,
        exact ? position : segment.positionOf(offset, position),
        budget,
        limits,
        hint,
      )
      if (located !== null) return located
    }
    const wanted = Math.max(budget + (exact ? 0 : slackBytes), limits.minOneMessage ? slackBytes : frameHeaderBytes)
    let buffer = borrowBuffer(Math.min(wanted, written - position))
    let length = segment.file.read(buffer, 0, Math.min(wanted, written - position), position)

    // Skip to the batch that holds the offset.
    let at = 0
    let size = 0
    for (;;) {
      if (at + frameHeaderBytes > length || (at + 27 > length && position + length < written)) {
        // It lies behind what was read.
        position += at
        if (position + frameHeaderBytes > written) return this.#nothing(buffer)
        length = segment.file.read(buffer, 0, Math.min(buffer.length, written - position), position)
        at = 0
      }
      size = frameSize(buffer, at)
      if (size === 0) return this.#nothing(buffer)
      if (frameLastOffset(buffer, at) >= offset) break
      at += size
    }
    if (firstOffset(buffer, at) >= limits.maxOffset) return this.#nothing(buffer)
    if (size > budget && !limits.minOneMessage) return this.#nothing(buffer)

    const target = Math.min(Math.max(budget, size), written - position - at)
    if (at + target > length) {
      position += at
      at = 0
      if (target > buffer.length) {
        returnBuffer(buffer)
        buffer = borrowBuffer(target)
      }
      length = segment.file.read(buffer, 0, target, position)
    }
    const end = this.#end(segment, buffer, at, at + target, position, limits.maxOffset, hint)
    if (end === at) return this.#nothing(buffer)
    return new ReadResult([buffer.subarray(at, end)], end - at, this.#endOffset, buffer)
  }

  /** The place of the batches from a position on; null where they are better read. */
  #locate(
    segment: Segment,
    position: number,
    budget: number,
    { minOneMessage, maxOffset }: ReadLimits,
    hint: number,
  ): ReadResult<FileSlice> | null {
    const place = locateBatches(segment, position, budget, maxOffset)
    if (place === null || place.length < inFileBytesMin || (place.length > budget && !minOneMessage)) return null
    const fd = segment.file.lend()
    if (fd < 0) return null
    this.#note(hint, segment, place.endOffset, position + place.length)
    const slice = new FileSlice(segment.file, fd, position, place.length)
    return new ReadResult([slice], place.length, place.endOffset, segment.file)
  }

  /** Forgets places in segments that changed or went. */
  forget(): void {
    this.#offsets.length = 0
    this.#segments.length = 0
    this.#positions.length = 0
    this.#nextHint = 0
  }

  /** The end of the last batch that is whole and allowed within [at, limit) of the buffer; notes where it ends. */
  #end(
    segment: Segment,
    buffer: Buffer,
    at: number,
    limit: number,
    position: number,
    maxOffset: number,
    hint: number,
  ): number {
    // Walk from the last but one indexed batch before the limit instead of from the first.
    let from = at
    const floor = segment.offsetIndex.positionBefore(position + limit - frameHeaderBytes) - position
    if (floor > from && firstOffset(buffer, floor) < maxOffset) from = floor
    let last = -1
    while (from + frameHeaderBytes <= limit) {
      const size = frameSize(buffer, from)
      if (size === 0 || from + size > limit || firstOffset(buffer, from) >= maxOffset) break
      last = from
      from += size
    }
    if (last >= 0) {
      this.#endOffset = frameLastOffset(buffer, last) + 1
      this.#note(hint, segment, this.#endOffset, position + from)
    }
    return from
  }

  #find(segment: Segment, offset: number): number {
    for (let index = 0; index < this.#offsets.length; index++) {
      if (this.#offsets[index] === offset && this.#segments[index] === segment) return index
    }
    return -1
  }

  #note(hint: number, segment: Segment, offset: number, position: number): void {
    if (hint < 0) {
      hint = this.#nextHint
      this.#nextHint = (hint + 1) % hintsMax
    }
    this.#offsets[hint] = offset
    this.#segments[hint] = segment
    this.#positions[hint] = position
  }

  #nothing(buffer: Buffer): ReadResult<never> {
    returnBuffer(buffer)
    return emptyRead
  }
}
