/**
 * The 61-byte header of a record batch (magic 2, KIP-98): where its fields are, and accessors that work on a buffer at an
 * offset, without allocating an object.
 *
 * ```
 *  0 baseOffset int64            17 crc uint32, CRC-32C of all after it   43 producerId int64
 *  8 batchLength int32           21 attributes int16                      51 producerEpoch int16
 * 12 partitionLeaderEpoch int32  23 lastOffsetDelta int32                 53 baseSequence int32
 * 16 magic int8                  27 baseTimestamp int64                   57 recordCount int32
 *                                35 maxTimestamp int64                    61 records
 * ```
 * attributes: bits 0–2 compression, 3 LogAppendTime, 4 transactional, 5 control, 6 delete horizon (KIP-534: baseTimestamp is
 * then the horizon). Times are ms since the epoch. Nothing here checks bounds or the checksum.
 *
 * Written by hand: reading all fields through `buffer-layout` took 390 to 1,357 ns, through a DataView 68 to 219 ns, and by
 * these shifts 35 ns. V8 inlines them across ES modules only: compiled to CommonJS it is 330 ns.
 */

import { crc32c } from './crc32c.ts'
import { readInt16, readInt32, readInt64, readUint32, writeInt16, writeInt32, writeInt64 } from './int.ts'

export { readInt64, writeInt64 } from './int.ts'

/** Bytes before the records of a batch. */
export const headerBytes = 61

/** Bytes of baseOffset and batchLength, which batchLength does not count. */
export const logOverheadBytes = 12

/** Position of the magic byte, the same in every message format. */
export const magicAt = 16

/** Position of the checksum. */
export const crcAt = 17

/** Position of the attributes, from which on the checksum counts. */
export const attributesAt = 21

/** Smallest batchLength a batch of magic 2 can have. */
export const batchLengthMin = headerBytes - logOverheadBytes

const compressionMask = 0x07
/** Attribute bit: timestamps were set by the broker. */
export const logAppendTimeBit = 0x08
/** Attribute bit: the batch belongs to a transaction. */
export const transactionalBit = 0x10
/** Attribute bit: control records such as end-transaction markers. */
export const controlBit = 0x20
/** Attribute bit: baseTimestamp holds the time from which a marker or tombstone may be deleted. */
export const deleteHorizonBit = 0x40

/** Kafka's names of the two meanings of a timestamp. */
export type TimestampType = 'CreateTime' | 'LogAppendTime'

/** Offset of the first record that the batch was made with. */
export function baseOffset(b: Uint8Array, at: number): number {
  return readInt64(b, at)
}

/** Sets the base offset; the checksum does not cover this field. */
export function setBaseOffset(b: Uint8Array, at: number, value: number): void {
  writeInt64(b, at, value)
}

/** The length field: bytes of the batch after the first 12. */
export function batchLength(b: Uint8Array, at: number): number {
  return readInt32(b, at + 8)
}

/** Bytes of the whole batch. */
export function sizeInBytes(b: Uint8Array, at: number): number {
  return logOverheadBytes + readInt32(b, at + 8)
}

/** Epoch of the leader that appended the batch, −1 from a client. */
export function partitionLeaderEpoch(b: Uint8Array, at: number): number {
  return readInt32(b, at + 12)
}

/** Sets the leader epoch; the checksum does not cover this field. */
export function setPartitionLeaderEpoch(b: Uint8Array, at: number, value: number): void {
  writeInt32(b, at + 12, value)
}

/** The format: 2 here, 0 and 1 in old message sets. */
export function magic(b: Uint8Array, at: number): number {
  return (b[at + magicAt] << 24) >> 24
}

/** The stored CRC-32C, unsigned. */
export function crc(b: Uint8Array, at: number): number {
  return readUint32(b, at + crcAt)
}

/** The attribute bits. */
export function attributes(b: Uint8Array, at: number): number {
  return readInt16(b, at + attributesAt)
}

/** Offset of the last record relative to the first; survives compaction. */
export function lastOffsetDelta(b: Uint8Array, at: number): number {
  return readInt32(b, at + 23)
}

/** Offset of the last record that the batch was made with. */
export function lastOffset(b: Uint8Array, at: number): number {
  return readInt64(b, at) + readInt32(b, at + 23)
}

/** The base of the records' timestamp deltas (or the delete horizon). */
export function baseTimestamp(b: Uint8Array, at: number): number {
  return readInt64(b, at + 27)
}

/** Greatest timestamp of the records, or the append time. */
export function maxTimestamp(b: Uint8Array, at: number): number {
  return readInt64(b, at + 35)
}

/** Id of an idempotent or transactional producer, else −1. */
export function producerId(b: Uint8Array, at: number): number {
  return readInt64(b, at + 43)
}

/** Epoch of that producer, else −1. */
export function producerEpoch(b: Uint8Array, at: number): number {
  return readInt16(b, at + 51)
}

/** Sequence number of the first record, −1 without a producer. */
export function baseSequence(b: Uint8Array, at: number): number {
  return readInt32(b, at + 53)
}

/** Sequence number of the last record; numbers go on at 0 after 2^31 − 1. */
export function lastSequence(b: Uint8Array, at: number): number {
  const first = readInt32(b, at + 53)
  if (first < 0) return first
  const last = first + readInt32(b, at + 23)
  return last > 0x7fffffff ? last - 0x80000000 : last
}

/** How many records the batch holds, after compaction perhaps fewer than it was made with. */
export function recordCount(b: Uint8Array, at: number): number {
  return readInt32(b, at + 57)
}

/** Number of the codec: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; 5 to 7 are unassigned. */
export function compressionType(b: Uint8Array, at: number): number {
  return b[at + attributesAt + 1] & compressionMask
}

/** Whether the batch belongs to a transaction. */
export function isTransactional(b: Uint8Array, at: number): boolean {
  return (b[at + attributesAt + 1] & transactionalBit) !== 0
}

/** Whether the batch holds control records. */
export function isControl(b: Uint8Array, at: number): boolean {
  return (b[at + attributesAt + 1] & controlBit) !== 0
}

/** Whether baseTimestamp is a delete horizon. */
export function hasDeleteHorizon(b: Uint8Array, at: number): boolean {
  return (b[at + attributesAt + 1] & deleteHorizonBit) !== 0
}

/** Whose clock the timestamps are. */
export function timestampType(b: Uint8Array, at: number): TimestampType {
  return (b[at + attributesAt + 1] & logAppendTimeBit) !== 0 ? 'LogAppendTime' : 'CreateTime'
}

/** Recomputes the checksum, after a change that it covers. */
export function updateCrc(b: Uint8Array, at: number): void {
  writeInt32(b, at + crcAt, crc32c(b, at + attributesAt, at + sizeInBytes(b, at)))
}

/** Whether the stored checksum matches; the whole batch must be in the buffer. */
export function checkCrc(b: Uint8Array, at: number): boolean {
  return crc(b, at) === crc32c(b, at + attributesAt, at + sizeInBytes(b, at))
}

/** Sets the timestamp type and the greatest timestamp, and recomputes the checksum if that changed anything. */
export function setMaxTimestamp(b: Uint8Array, at: number, type: TimestampType, value: number): void {
  if (timestampType(b, at) === type && maxTimestamp(b, at) === value) return
  const bits = attributes(b, at)
  writeInt16(b, at + attributesAt, type === 'LogAppendTime' ? bits | logAppendTimeBit : bits & ~logAppendTimeBit)
  writeInt64(b, at + 35, value)
  updateCrc(b, at)
}
