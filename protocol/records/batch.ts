/**
 * Whole record batches: found in a record set, checked, read and built. The records in them are in `record.ts`, the formats before
 * magic 2 in `legacy.ts`.
 */

import { codes, KafkaError } from '../errors.ts'
import {
  type Codec,
  codecOf,
  compress,
  compressionTypeOf,
  decompress,
  decompressedBytesMax,
  decompressShared,
} from './compression.ts'
import {
  baseOffset,
  baseSequence,
  baseTimestamp,
  batchLength,
  batchLengthMin,
  compressionType,
  controlBit,
  deleteHorizonBit,
  headerBytes,
  lastOffsetDelta,
  logAppendTimeBit,
  logOverheadBytes,
  magic,
  magicAt,
  maxTimestamp,
  recordCount,
  sizeInBytes,
  type TimestampType,
  timestampType,
  transactionalBit,
  updateCrc,
} from './header.ts'
import { writeInt16, writeInt32, writeInt64 } from './int.ts'
import { messageLengthMin, readMessage } from './message.ts'
import { poison } from './poison.ts'
import {
  type BatchRecord,
  bodyBytes,
  type RecordView,
  type RecordVisitor,
  readSection,
  walkSection,
  writeRecord,
} from './record.ts'
import type { Section, Walk } from './section.ts'
import { varintBytes } from './varint.ts'

export type { BatchRecord, RecordHeader, RecordView, RecordVisitor } from './record.ts'
export type { Walk } from './section.ts'

/**
 * Bytes of the batch (or old message) that begins at `at` in a record set that ends at `end`. A batch that is truncated, shorter than
 * a header, or of an unknown magic is CORRUPT_MESSAGE.
 */
export function nextBatch(b: Buffer, at: number, end: number): number {
  const left = end - at
  if (left <= magicAt) throw damaged(at, `${left} bytes are left, fewer than a header has`)
  const length = batchLength(b, at)
  const format = magic(b, at)
  if (format < 0 || format > 2) throw damaged(at, `its magic is ${format}, and 0, 1 and 2 are known`)
  if (length < (format === 2 ? batchLengthMin : messageLengthMin(format))) {
    throw damaged(at, `its length is ${length}, less than a header`)
  }
  if (length > left - logOverheadBytes) {
    throw damaged(at, `its length is ${length}, and ${left - logOverheadBytes} bytes are there`)
  }
  return logOverheadBytes + length
}

/** Whether the batch at `at` ends before or at `end`; a fetched record set may end inside a batch. */
export function isWholeBatch(b: Buffer, at: number, end: number): boolean {
  return end - at > magicAt && batchLength(b, at) <= end - at - logOverheadBytes
}

/** The positions of the batches in a record set, one after another; throws CORRUPT_MESSAGE at the first that is damaged. */
export function* batches(b: Buffer, start = 0, end = b.length): Generator<number> {
  for (let at = start; at < end; ) {
    const bytes = nextBatch(b, at, end)
    yield at
    at += bytes
  }
}

function damaged(at: number, reason: string): KafkaError {
  return new KafkaError(codes.CORRUPT_MESSAGE, `the batch at byte ${at} is damaged: ${reason}; send it again`)
}

/** The records of the batch of magic 2 at `at`, decompressed where they are compressed; with `isShared` until the next is. */
function sectionOf(b: Buffer, at: number, bytesMax: number, isShared: boolean): Section {
  const end = at + sizeInBytes(b, at)
  const type = compressionType(b, at)
  if (type === 0) return sectionIn(b, b, at, at + headerBytes, end)
  const packed = b.subarray(at + headerBytes, end)
  const records = (isShared ? decompressShared : decompress)(codecOf(type), packed, bytesMax)
  return sectionIn(b, records, at, 0, records.length)
}

/** The section of the batch at `at` of `b`, whose records, decompressed where they were compressed, are in the given memory. */
function sectionIn(b: Buffer, records: Buffer, at: number, start: number, end: number): Section {
  return {
    b: records,
    start,
    end,
    count: recordCount(b, at),
    lastOffsetDelta: lastOffsetDelta(b, at),
    baseTimestamp: baseTimestamp(b, at),
    logAppendTime: timestampType(b, at) === 'LogAppendTime' ? maxTimestamp(b, at) : null,
  }
}

/**
 * The records of the batch (or of the old message, with those that it wraps) at `at`, which must be whole: see `nextBatch`. The checksum
 * is not checked.
 */
export function readRecords(b: Buffer, at: number, bytesMax: number = decompressedBytesMax): RecordView[] {
  if (magic(b, at) < 2) return readMessage(b, at, bytesMax)
  return readSection(sectionOf(b, at, bytesMax, false), baseOffset(b, at), baseSequence(b, at))
}

/**
 * Walks over the records of the batch of magic 2 at `at` and checks them, without making objects of them. The visitor must not
 * decompress anything. With `dense`, the batch must be as a producer sends it: at least one record, and offsets without gaps. Without,
 * it may be empty or have gaps, as compaction leaves it.
 */
export function walkRecords(
  b: Buffer,
  at: number,
  visitor: RecordVisitor | null = null,
  bytesMax: number = decompressedBytesMax,
  dense = true,
): Walk {
  const count = recordCount(b, at)
  if (dense && (count <= 0 || lastOffsetDelta(b, at) !== count - 1)) {
    throw new KafkaError(
      codes.INVALID_RECORD,
      `the batch says it has ${count} records and its last offset delta is ${lastOffsetDelta(b, at)}; check the producer's encoder`,
    )
  }
  if (count === 0 && sizeInBytes(b, at) === headerBytes) {
    return {
      recordCount: 0,
      minTimestamp: -1,
      maxTimestamp: -1,
      maxTimestampDelta: -1,
      nullKeyDelta: -1,
      recordBytes: 0,
    }
  }
  const section = sectionOf(b, at, bytesMax, true)
  const walk = walkSection(section, visitor, dense)
  if (section.b !== b) poison(section.b, section.start, section.end)
  return walk
}

/** The input of `buildBatch`. Times are ms since the epoch. */
export interface BatchOptions {
  /** By default the first record's offset, or 0. */
  readonly baseOffset?: number
  /** By default the last record's offset; compaction keeps the original one. */
  readonly lastOffset?: number
  readonly partitionLeaderEpoch?: number
  readonly timestampType?: TimestampType
  /** By default the greatest of the records; with LogAppendTime the time of appending. */
  readonly maxTimestamp?: number
  readonly compression?: Codec
  readonly level?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  readonly deleteHorizonMs?: number
  readonly records: readonly BatchRecord[]
}

/** Builds a batch of magic 2 with its checksum; uncompressed, byte for byte as Kafka's own builder does. */
export function buildBatch(options: BatchOptions): Buffer {
  const { records, deleteHorizonMs, compression = 'none' } = options
  const firstOffset = options.baseOffset ?? records[0]?.offset ?? 0
  const firstTimestamp = deleteHorizonMs ?? records[0]?.timestamp ?? -1
  const lengths = new Array<number>(records.length)
  let recordBytes = 0
  let greatest = records.length === 0 ? -1 : Number.NEGATIVE_INFINITY
  let offset = firstOffset - 1
  for (let index = 0; index < records.length; index++) {
    const record = records[index]
    offset = record.offset ?? offset + 1
    if (record.timestamp > greatest) greatest = record.timestamp
    lengths[index] = bodyBytes(record, record.timestamp - firstTimestamp, offset - firstOffset)
    recordBytes += varintBytes(lengths[index]) + lengths[index]
  }
  const batch = Buffer.allocUnsafe(headerBytes + recordBytes)
  let at = headerBytes
  let previous = firstOffset - 1
  for (let index = 0; index < records.length; index++) {
    const record = records[index]
    previous = record.offset ?? previous + 1
    at = writeRecord(batch, at, record, lengths[index], record.timestamp - firstTimestamp, previous - firstOffset)
  }
  const built = compression === 'none' ? batch : compressed(batch, compression, options.level)
  const appendTime = options.timestampType === 'LogAppendTime'
  writeInt64(built, 0, firstOffset)
  writeInt32(built, 8, built.length - logOverheadBytes)
  writeInt32(built, 12, options.partitionLeaderEpoch ?? -1)
  built[magicAt] = 2
  writeInt16(
    built,
    21,
    compressionTypeOf(compression) |
      (appendTime ? logAppendTimeBit : 0) |
      (options.isTransactional === true ? transactionalBit : 0) |
      (options.isControl === true ? controlBit : 0) |
      (deleteHorizonMs !== undefined ? deleteHorizonBit : 0),
  )
  writeInt32(built, 23, (options.lastOffset ?? offset) - firstOffset)
  writeInt64(built, 27, firstTimestamp)
  writeInt64(built, 35, options.maxTimestamp ?? greatest)
  writeInt64(built, 43, options.producerId ?? -1)
  writeInt16(built, 51, options.producerEpoch ?? -1)
  writeInt32(built, 53, options.baseSequence ?? -1)
  writeInt32(built, 57, records.length)
  updateCrc(built, 0)
  return built
}

function compressed(batch: Buffer, codec: Codec, level: number | undefined): Buffer {
  const records = compress(codec, batch.subarray(headerBytes), level)
  const result = Buffer.allocUnsafe(headerBytes + records.length)
  records.copy(result, headerBytes)
  return result
}
