/**
 * Messages, the formats before record batches: magic 0, and magic 1 with a timestamp (KIP-32, KIP-31).
 *
 * ```
 * offset int64 | length int32 | crc uint32 | magic int8 | attributes int8 | [timestamp int64, magic 1]
 *   | keyLength int32, key | valueLength int32, value
 * ```
 * The CRC-32 counts from the magic byte on. attributes: bits 0–2 compression, 3 LogAppendTime. A compressed message is a
 * wrapper: its value is a set of messages, compressed, and its offset is that of the last of them. Inside, magic 0 has absolute
 * offsets and magic 1 offsets relative to the first; and a wrapper with LogAppendTime gives its time to all inside.
 */

import { codes, KafkaError } from '../errors.ts'
import { type Codec, codecOf, compress, compressionTypeOf, decompress } from './compression.ts'
import { crc32 } from './crc32c.ts'
import { batchLength, logAppendTimeBit, logOverheadBytes, magic, magicAt, type TimestampType } from './header.ts'
import { readInt32, readInt64, readUint32, writeInt32, writeInt64 } from './int.ts'
import type { BatchRecord, RecordView } from './record.ts'

const crcPosition = 12
const attributesPosition = 17
const timestampPosition = 18
const compressionMask = 0x07

/** Kafka's names of what a timestamp means; magic 0 has none. */
export type MessageTimestampType = TimestampType | 'NoTimestampType'

/** Least value of the length field of a message of magic 0 or 1. */
export function messageLengthMin(format: number): number {
  return format === 0 ? 14 : 22
}

/** The stored CRC-32, unsigned. */
export function messageCrc(b: Uint8Array, at: number): number {
  return readUint32(b, at + crcPosition)
}

/** Number of the codec of a wrapper, 0 for a plain message. */
export function messageCompressionType(b: Uint8Array, at: number): number {
  return b[at + attributesPosition] & compressionMask
}

/** The timestamp in ms, −1 in magic 0. */
export function messageTimestamp(b: Uint8Array, at: number): number {
  return magic(b, at) === 0 ? -1 : readInt64(b, at + timestampPosition)
}

/** Whose clock the timestamp is. */
export function messageTimestampType(b: Uint8Array, at: number): MessageTimestampType {
  if (magic(b, at) === 0) return 'NoTimestampType'
  return (b[at + attributesPosition] & logAppendTimeBit) !== 0 ? 'LogAppendTime' : 'CreateTime'
}

/** Whether the stored CRC-32 matches; the whole message must be in the buffer. */
export function checkMessageCrc(b: Uint8Array, at: number): boolean {
  return messageCrc(b, at) === crc32(b, at + magicAt, at + logOverheadBytes + batchLength(b, at))
}

/** The stored CRC-32 of the message at `at`, or of each that it wraps, and whether it matches. */
export function messageSums(b: Buffer, at: number, bytesMax: number): { crc: number; isSound: boolean }[] {
  const type = messageCompressionType(b, at)
  const sums: { crc: number; isSound: boolean }[] = []
  const set = type === 0 ? b : decompress(codecOf(type), plainMessage(b, at, false).value!, bytesMax, magic(b, at))
  const end = type === 0 ? at + 1 : set.length
  for (let next = type === 0 ? at : 0; next < end; next += logOverheadBytes + batchLength(set, next))
    sums.push({ crc: messageCrc(set, next), isSound: checkMessageCrc(set, next) })
  return sums
}

/**
 * The message at `at`, or the messages that it wraps, with absolute offsets. The message must be whole; with `checkCrcs` a wrong
 * checksum inside or outside is CORRUPT_MESSAGE. What the formats do not allow in a wrapper is INVALID_RECORD.
 */
export function readMessage(b: Buffer, at: number, bytesMax: number, checkCrcs = false): RecordView[] {
  const outer = plainMessage(b, at, checkCrcs)
  const type = messageCompressionType(b, at)
  if (type === 0) return [outer]
  if (type > 3) throw invalid(`a wrapper of magic ${magic(b, at)} has compression type ${type}`)
  if (outer.value === null) throw invalid('a wrapper has no value')
  const inner = innerMessages(b, at, decompress(codecOf(type), outer.value, bytesMax, magic(b, at)), checkCrcs)
  if (inner.length === 0) throw invalid('a wrapper has no messages inside')
  if (magic(b, at) === 1) {
    // Some versions of librdkafka sent 0 as the wrapper's offset: the inner offsets count from 0 then, too.
    const last = inner[inner.length - 1].offset
    if (outer.offset !== 0 && outer.offset < last) {
      throw invalid(`a wrapper has offset ${outer.offset}, and its last message is ${last} after the first`)
    }
    const base = outer.offset === 0 ? 0 : outer.offset - last
    for (const message of inner) message.offset += base
  }
  return inner
}

function innerMessages(b: Buffer, at: number, set: Buffer, checkCrcs: boolean): RecordView[] {
  const appendTime = messageTimestampType(b, at) === 'LogAppendTime' ? messageTimestamp(b, at) : null
  const inner: RecordView[] = []
  for (let next = 0; next < set.length; ) {
    const left = set.length - next
    if (left <= magicAt || batchLength(set, next) > left - logOverheadBytes) {
      throw invalid(`a message inside a wrapper is cut off: ${left} bytes are left`)
    }
    if (magic(set, next) !== magic(b, at)) {
      throw invalid(`a wrapper of magic ${magic(b, at)} holds a message of magic ${magic(set, next)}`)
    }
    const message = plainMessage(set, next, checkCrcs)
    if (messageCompressionType(set, next) !== 0) throw invalid('a wrapper holds a wrapper')
    if (appendTime !== null) message.timestamp = appendTime
    inner.push(message)
    next += logOverheadBytes + batchLength(set, next)
  }
  return inner
}

function plainMessage(b: Buffer, at: number, checkCrcs: boolean): RecordView {
  const format = magic(b, at)
  const length = batchLength(b, at)
  if (length < messageLengthMin(format)) throw damaged(`its length is ${length}, less than a header`)
  if (checkCrcs && !checkMessageCrc(b, at)) throw damaged('its checksum is wrong')
  const end = at + logOverheadBytes + length
  const keyAt = at + timestampPosition + (format === 0 ? 0 : 8)
  const valueAt = fieldEnd(b, keyAt, end)
  if (fieldEnd(b, valueAt, end) !== end) throw damaged('bytes follow its value')
  return {
    offset: readInt64(b, at),
    timestamp: messageTimestamp(b, at),
    sequence: -1,
    key: field(b, keyAt),
    value: field(b, valueAt),
    headers: [],
  }
}

function fieldEnd(b: Buffer, at: number, end: number): number {
  if (end - at < 4) throw damaged('it ends inside a length')
  const length = readInt32(b, at)
  if (length < -1 || length > end - at - 4) {
    throw damaged(`a field says it has ${length} bytes where ${end - at - 4} are left`)
  }
  return at + 4 + Math.max(length, 0)
}

function field(b: Buffer, at: number): Buffer | null {
  const length = readInt32(b, at)
  return length < 0 ? null : b.subarray(at + 4, at + 4 + length)
}

function invalid(reason: string): KafkaError {
  return new KafkaError(codes.INVALID_RECORD, `the message set is malformed: ${reason}; check the producer's encoder`)
}

function damaged(reason: string): KafkaError {
  return new KafkaError(codes.CORRUPT_MESSAGE, `a message is damaged: ${reason}; send it again`)
}

/** The input of `buildMessages`. With LogAppendTime, all messages of a wrapper have the greatest timestamp of its records. */
export interface MessagesOptions {
  readonly magic: number
  readonly compression?: Codec
  readonly level?: number
  readonly timestampType?: MessageTimestampType
  /** Their offsets must be given and ascend. Headers are left out, as messages have none. */
  readonly records: readonly BatchRecord[]
}

/** Builds messages one after another, or one wrapper of them all. */
export function buildMessages(options: MessagesOptions): Buffer {
  const { records, compression = 'none', magic: format } = options
  const type = options.timestampType ?? 'CreateTime'
  const wraps = compression !== 'none'
  const base = records[0]?.offset ?? 0
  const shift = wraps && format === 1 ? base : 0
  const bytes = records.reduce((sum, record) => sum + messageBytes(format, record.key, record.value), 0)
  const set = Buffer.allocUnsafe(bytes)
  let at = 0
  let greatest = -1
  let offset = base - 1
  for (const record of records) {
    offset = record.offset ?? offset + 1
    if (record.timestamp > greatest) greatest = record.timestamp
    at = writeMessage(set, at, format, offset - shift, record.timestamp, type, 0, record.key, record.value)
  }
  if (!wraps || records.length === 0) return set
  const value = compress(compression, set, options.level, format)
  const wrapper = Buffer.allocUnsafe(messageBytes(format, null, value))
  writeMessage(wrapper, 0, format, offset, greatest, type, compressionTypeOf(compression), null, value)
  return wrapper
}

function messageBytes(format: number, key: Uint8Array | null, value: Uint8Array | null): number {
  return logOverheadBytes + messageLengthMin(format) + (key?.length ?? 0) + (value?.length ?? 0)
}

function writeMessage(
  b: Buffer,
  start: number,
  format: number,
  offset: number,
  timestamp: number,
  timestampType: MessageTimestampType,
  compressionType: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
): number {
  const bytes = messageBytes(format, key, value)
  writeInt64(b, start, offset)
  writeInt32(b, start + 8, bytes - logOverheadBytes)
  b[start + magicAt] = format
  const timeBit = format === 1 && timestampType === 'LogAppendTime' ? logAppendTimeBit : 0
  b[start + attributesPosition] = compressionType | timeBit
  if (format === 1) writeInt64(b, start + timestampPosition, timestamp)
  let at = start + timestampPosition + (format === 1 ? 8 : 0)
  for (const bytes of [key, value]) {
    writeInt32(b, at, bytes === null ? -1 : bytes.length)
    at += 4
    if (bytes !== null) {
      b.set(bytes, at)
      at += bytes.length
    }
  }
  writeInt32(b, start + crcPosition, crc32(b, start + magicAt, at))
  return at
}
