/**
 * The records in a batch of magic 2 (KIP-98, KIP-82), decompressed: walked over, read and written.
 *
 * ```
 * length varint | attributes int8 | timestampDelta varlong | offsetDelta varint
 *   | keyLength varint, key | valueLength varint, value | headerCount varint | { keyLength, key, valueLength, value } …
 * ```
 * Inconsistent lengths or numbers are INVALID_RECORD, as in Kafka.
 */

import { codes, KafkaError } from '../errors.ts'
import { walkPlain } from './plain-walk.ts'
import type { Section, Walk } from './section.ts'
import { VarintCursor, varintBytes, writeVarint } from './varint.ts'

/** A header of a record: its key is text, its value bytes or null. */
export interface RecordHeader {
  key: string
  value: Buffer | null
}

/** A record as it is read. The buffers are views of the batch, or of its decompressed records. Times are ms since the epoch. */
export interface RecordView {
  offset: number
  timestamp: number
  /** The producer's sequence number, −1 where the record has none. */
  sequence: number
  key: Buffer | null
  value: Buffer | null
  headers: RecordHeader[]
}

/** A record as it is written. */
export interface BatchRecord {
  /** Its offset; by default one more than that of the record before. */
  readonly offset?: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[]
}

/** Called for each record; lengths are −1 for null, and `bytes` is what the record says that it has. */
export type RecordVisitor = (
  offsetDelta: number,
  timestamp: number,
  keyLength: number,
  valueLength: number,
  bytes: number,
) => void

/** Bytes of the shortest record: seven fields of a byte each. */
const recordBytesMin = 7

function invalid(reason: string): KafkaError {
  return new KafkaError(codes.INVALID_RECORD, `the batch is malformed: ${reason}; check the producer's encoder`)
}

function checkCount({ start, end, count }: Section): void {
  if (count < 0 || count > (end - start) / recordBytesMin) {
    throw invalid(`it says it has ${count} records in ${end - start} bytes`)
  }
}

/**
 * Walks over the records without allocating, and checks all lengths. With `dense`, offset deltas must be 0, 1, 2 …, as from a producer.
 * Without, they must ascend within the batch, as compaction leaves them.
 */
export function walkSection(section: Section, visitor: RecordVisitor | null, dense: boolean): Walk {
  checkCount(section)
  const plain = dense && visitor === null ? walkPlain(section) : null
  if (plain !== null) return plain
  const { b, end, count, lastOffsetDelta, baseTimestamp, logAppendTime } = section
  const cursor = new VarintCursor(b, section.start, end)
  let minTimestamp = Number.POSITIVE_INFINITY
  let maxTimestamp = Number.NEGATIVE_INFINITY
  let maxTimestampDelta = -1
  let nullKeyDelta = -1
  let previousDelta = -1
  for (let index = 0; index < count; index++) {
    cursor.end = end
    const length = cursor.int32()
    const recordEnd = cursor.at + length
    if (length < recordBytesMin - 1 || recordEnd > end) {
      throw invalid(`record ${index} says it has ${length} bytes where ${end - cursor.at} are left`)
    }
    cursor.end = recordEnd
    cursor.at++
    const timestampDelta = cursor.int64()
    const offsetDelta = cursor.int32()
    if (dense ? offsetDelta !== index : offsetDelta <= previousDelta || offsetDelta > lastOffsetDelta) {
      throw invalid(`record ${index} has offset delta ${offsetDelta} after ${previousDelta}`)
    }
    previousDelta = offsetDelta
    const keyLength = skipBytes(cursor, index)
    const valueLength = skipBytes(cursor, index)
    skipHeaders(cursor, index)
    if (cursor.at !== recordEnd) throw invalid(`record ${index} has ${recordEnd - cursor.at} bytes too many`)
    const timestamp = logAppendTime ?? baseTimestamp + timestampDelta
    if (timestamp < minTimestamp) minTimestamp = timestamp
    if (timestamp > maxTimestamp) {
      maxTimestamp = timestamp
      maxTimestampDelta = offsetDelta
    }
    if (keyLength < 0 && nullKeyDelta < 0) nullKeyDelta = offsetDelta
    if (visitor !== null) visitor(offsetDelta, timestamp, keyLength, valueLength, length)
  }
  if (cursor.at !== end) throw invalid(`${end - cursor.at} bytes follow its ${count} records`)
  if (count === 0) minTimestamp = maxTimestamp = -1
  return {
    recordCount: count,
    minTimestamp,
    maxTimestamp,
    maxTimestampDelta,
    nullKeyDelta,
    recordBytes: end - section.start,
  }
}

function skipBytes(cursor: VarintCursor, index: number): number {
  const length = cursor.int32()
  if (length > 0) {
    cursor.at += length
    if (cursor.at > cursor.end) throw invalid(`a field of record ${index} has ${length} bytes, more than the record`)
  } else if (length < -1) throw invalid(`a field of record ${index} has ${length} bytes`)
  return length
}

function skipHeaders(cursor: VarintCursor, index: number): void {
  const count = cursor.int32()
  if (count < 0 || count > cursor.end - cursor.at) throw invalid(`record ${index} says it has ${count} headers`)
  for (let left = count; left > 0; left--) {
    if (skipBytes(cursor, index) < 0) throw invalid(`a header of record ${index} has no key`)
    skipBytes(cursor, index)
  }
}

/** All records of a section, their offsets counted from `baseOffset` and their sequences from `baseSequence`. */
export function readSection(section: Section, baseOffset: number, baseSequence: number): RecordView[] {
  checkCount(section)
  const { b, end, count, baseTimestamp, logAppendTime } = section
  const cursor = new VarintCursor(b, section.start, end)
  const records: RecordView[] = []
  for (let index = 0; index < count; index++) {
    cursor.end = end
    const length = cursor.int32()
    const recordEnd = cursor.at + length
    if (length < recordBytesMin - 1 || recordEnd > end) {
      throw invalid(`record ${index} says it has ${length} bytes where ${end - cursor.at} are left`)
    }
    cursor.end = recordEnd
    cursor.at++
    const timestampDelta = cursor.int64()
    const offsetDelta = cursor.int32()
    const key = takeBytes(cursor, b, index)
    const value = takeBytes(cursor, b, index)
    const headers = takeHeaders(cursor, b, index)
    if (cursor.at !== recordEnd) throw invalid(`record ${index} has ${recordEnd - cursor.at} bytes too many`)
    records.push({
      offset: baseOffset + offsetDelta,
      timestamp: logAppendTime ?? baseTimestamp + timestampDelta,
      sequence: baseSequence < 0 ? -1 : (baseSequence + offsetDelta) % 0x80000000,
      key,
      value,
      headers,
    })
  }
  if (cursor.at !== end) throw invalid(`${end - cursor.at} bytes follow its ${count} records`)
  return records
}

function takeBytes(cursor: VarintCursor, b: Buffer, index: number): Buffer | null {
  const length = skipBytes(cursor, index)
  return length < 0 ? null : b.subarray(cursor.at - length, cursor.at)
}

function takeHeaders(cursor: VarintCursor, b: Buffer, index: number): RecordHeader[] {
  const count = cursor.int32()
  if (count < 0 || count > cursor.end - cursor.at) throw invalid(`record ${index} says it has ${count} headers`)
  const headers: RecordHeader[] = []
  for (let left = count; left > 0; left--) {
    const length = skipBytes(cursor, index)
    if (length < 0) throw invalid(`a header of record ${index} has no key`)
    headers.push({ key: b.toString('utf8', cursor.at - length, cursor.at), value: takeBytes(cursor, b, index) })
  }
  return headers
}

/** Bytes of a record after its length field. */
export function bodyBytes(record: BatchRecord, timestampDelta: number, offsetDelta: number): number {
  const { key, value, headers } = record
  let bytes = 1 + varintBytes(timestampDelta) + varintBytes(offsetDelta) + fieldBytes(key) + fieldBytes(value)
  bytes += varintBytes(headers?.length ?? 0)
  if (headers !== undefined) {
    for (const header of headers) {
      const length = Buffer.byteLength(header.key)
      bytes += varintBytes(length) + length + fieldBytes(header.value)
    }
  }
  return bytes
}

function fieldBytes(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintBytes(bytes.length) + bytes.length
}

/** Writes a record whose `bodyBytes` are known; returns the position behind it. */
export function writeRecord(
  b: Buffer,
  at: number,
  record: BatchRecord,
  bytes: number,
  timestampDelta: number,
  offsetDelta: number,
): number {
  at = writeVarint(b, at, bytes)
  b[at++] = 0
  at = writeVarint(b, at, timestampDelta)
  at = writeVarint(b, at, offsetDelta)
  at = writeField(b, at, record.key)
  at = writeField(b, at, record.value)
  const { headers } = record
  at = writeVarint(b, at, headers?.length ?? 0)
  if (headers !== undefined) {
    for (const header of headers) {
      const length = Buffer.byteLength(header.key)
      at = writeVarint(b, at, length)
      b.write(header.key, at, 'utf8')
      at = writeField(b, at + length, header.value)
    }
  }
  return at
}

function writeField(b: Buffer, at: number, bytes: Uint8Array | null): number {
  if (bytes === null) return writeVarint(b, at, -1)
  at = writeVarint(b, at, bytes.length)
  b.set(bytes, at)
  return at + bytes.length
}
