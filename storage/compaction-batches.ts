/**
 * A batch of magic 2 without some of its records. Those that stay are copied as they are: offsets, and with them the batch's first
 * and last one, do not change. Where a delete horizon is set (KIP-534) their times are counted from it, as it takes the field of the
 * base timestamp.
 */
import { codecOf, compress, decompress } from '../protocol/records/compression.ts'
import {
  attributes,
  attributesAt,
  baseTimestamp,
  compressionType,
  deleteHorizonBit,
  hasDeleteHorizon,
  headerBytes,
  logOverheadBytes,
  maxTimestamp,
  recordCount,
  sizeInBytes,
  timestampType,
  updateCrc,
} from '../protocol/records/header.ts'
import { writeInt16, writeInt32, writeInt64 } from '../protocol/records/int.ts'
import { VarintCursor, varintBytes, writeVarint } from '../protocol/records/varint.ts'

/** Most that a record can grow by another base of its time: its length by one byte, the time by nine. */
const growthBytesMax = 10

/** The records of one batch, one after another. */
export class BatchRecords {
  /** Distance of the current record's offset from the batch's first. */
  offsetDelta = 0
  /** Its key, a view; null without. */
  key: Buffer | null = null
  hasValue = false
  readonly #b: Buffer
  readonly #cursor: VarintCursor
  readonly #end: number
  #left: number
  #start = 0
  #recordEnd = 0
  #timestampDelta = 0
  /** Where what follows the time begins. */
  #restAt = 0

  /** Of the whole batch at `at`, decompressed where it is compressed. */
  constructor(batch: Buffer, at: number, bytesMax: number) {
    const type = compressionType(batch, at)
    const end = at + sizeInBytes(batch, at)
    this.#left = recordCount(batch, at)
    const compressed = type !== 0 && this.#left > 0
    this.#b = compressed ? decompress(codecOf(type), batch.subarray(at + headerBytes, end), bytesMax) : batch
    this.#recordEnd = compressed ? 0 : at + headerBytes
    this.#end = compressed ? this.#b.length : end
    this.#cursor = new VarintCursor(this.#b, this.#recordEnd, this.#end)
  }

  /** Bytes that a copy of all of them can take. */
  get bytesMax(): number {
    return this.#end - this.#recordEnd + this.#left * growthBytesMax
  }

  /** Goes to the next record; false where there is none. Throws INVALID_RECORD. */
  next(): boolean {
    if (this.#left === 0) return false
    this.#left--
    const cursor = this.#cursor
    this.#start = this.#recordEnd
    cursor.at = this.#start
    cursor.end = this.#end
    const length = cursor.int32()
    this.#recordEnd = cursor.at + length
    cursor.end = Math.min(this.#recordEnd, this.#end)
    cursor.at++
    this.#timestampDelta = cursor.int64()
    this.#restAt = cursor.at
    this.offsetDelta = cursor.int32()
    const keyLength = cursor.int32()
    this.key = keyLength < 0 ? null : this.#b.subarray(cursor.at, cursor.at + keyLength)
    if (keyLength > 0) cursor.at += keyLength
    this.hasValue = cursor.int32() >= 0
    return true
  }

  /** The time of the current record, given the batch's base. */
  timestamp(base: number): number {
    return base + this.#timestampDelta
  }

  /** Copies the current record, its time counted from `base + shift`; gives the position behind it. */
  copy(into: Buffer, at: number, shift: number): number {
    if (shift === 0) return at + this.#b.copy(into, at, this.#start, this.#recordEnd)
    const delta = this.#timestampDelta - shift
    const rest = this.#recordEnd - this.#restAt
    at = writeVarint(into, at, 1 + varintBytes(delta) + rest)
    into[at++] = 0
    at = writeVarint(into, at, delta)
    return at + this.#b.copy(into, at, this.#restAt, this.#recordEnd)
  }
}

/** Whether a batch is to keep the current record. */
export type Keep = (records: BatchRecords) => boolean

/** What became of a batch: itself, another, or nothing, which is null. */
export interface Filtered {
  /** A buffer that holds it from 0 on, or the batch itself where nothing changed. */
  readonly batch: Buffer | null
  readonly changed: boolean
  readonly kept: number
}

const nothingKept: Filtered = { batch: null, changed: true, kept: 0 }

/**
 * Keeps some records of the batch at `at`. `horizonMs` is set where a record that stays has no value, or `markerHorizon` says that the
 * batch is a marker that may go; one that is set already stays.
 */
export function filterBatch(
  b: Buffer,
  at: number,
  keep: Keep,
  options: { horizonMs: number; setsHorizon: boolean; bytesMax: number },
): Filtered {
  const count = recordCount(b, at)
  let kept = 0
  let tombstones = false
  const kinds = new Uint8Array(count)
  const records = new BatchRecords(b, at, options.bytesMax)
  for (let index = 0; records.next(); index++) {
    if (!keep(records)) continue
    kinds[index] = 1
    kept++
    if (!records.hasValue) tombstones = true
  }
  if (kept === 0) return nothingKept
  const setsHorizon = (tombstones || options.setsHorizon) && !hasDeleteHorizon(b, at)
  if (kept === count && !setsHorizon) return { batch: b, changed: false, kept }
  return { batch: rebuild(b, at, kinds, kept, setsHorizon ? options.horizonMs : null, options.bytesMax), changed: true, kept }
}

function rebuild(b: Buffer, at: number, kinds: Uint8Array, kept: number, horizonMs: number | null, bytesMax: number): Buffer {
  const base = baseTimestamp(b, at)
  const shift = horizonMs === null ? 0 : horizonMs - base
  const records = new BatchRecords(b, at, bytesMax)
  let batch = Buffer.allocUnsafe(headerBytes + records.bytesMax)
  let end = headerBytes
  let latest = Number.NEGATIVE_INFINITY
  for (let index = 0; records.next(); index++) {
    if (kinds[index] === 0) continue
    end = records.copy(batch, end, shift)
    latest = Math.max(latest, records.timestamp(base))
  }
  batch = batch.subarray(0, end)
  const type = compressionType(b, at)
  if (type !== 0) {
    const body = compress(codecOf(type), batch.subarray(headerBytes))
    batch = Buffer.concat([batch.subarray(0, headerBytes), body])
  }
  b.copy(batch, 0, at, at + headerBytes)
  writeInt32(batch, 8, batch.length - logOverheadBytes)
  if (horizonMs !== null) {
    writeInt16(batch, attributesAt, attributes(b, at) | deleteHorizonBit)
    writeInt64(batch, 27, horizonMs)
  }
  if (timestampType(b, at) === 'CreateTime') writeInt64(batch, 35, latest)
  writeInt32(batch, 57, kept)
  updateCrc(batch, 0)
  return batch
}

/** The header of a batch alone: what is left where only its last offset, or its producer's last sequence, is still wanted. */
export function emptied(b: Buffer, at: number): Buffer {
  const batch = Buffer.from(b.subarray(at, at + headerBytes))
  writeInt32(batch, 8, headerBytes - logOverheadBytes)
  // Neither a codec nor a horizon says anything of no records.
  writeInt16(batch, attributesAt, attributes(b, at) & ~(deleteHorizonBit | 0x07))
  writeInt64(batch, 27, -1)
  writeInt64(batch, 35, maxTimestamp(b, at))
  writeInt32(batch, 57, 0)
  updateCrc(batch, 0)
  return batch
}
