/**
 * A batch of magic 2 without some of its records. Those that stay are copied as they are: offsets, and with them the batch's first
 * and last one, do not change. Where a delete horizon is set (KIP-534) their times are counted from it, as it takes the field of the
 * base timestamp.
 */
import { codecOf, compress, decompress } from '../../protocol/records/compression.ts'
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
} from '../../protocol/records/header.ts'
import { writeInt16, writeInt32, writeInt64 } from '../../protocol/records/int.ts'
import { VarintCursor, varintBytes, writeVarint } from '../../protocol/records/varint.ts'
import type { CompactionMemory } from './memory.ts'

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
  readonly #begin: number
  readonly #end: number
  readonly #count: number
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
    this.#count = recordCount(batch, at)
    this.#left = this.#count
    const compressed = type !== 0 && this.#count > 0
    this.#b = compressed ? decompress(codecOf(type), batch.subarray(at + headerBytes, end), bytesMax) : batch
    this.#begin = compressed ? 0 : at + headerBytes
    this.#end = compressed ? this.#b.length : end
    this.#recordEnd = this.#begin
    this.#cursor = new VarintCursor(this.#b, this.#begin, this.#end)
  }

  /** Bytes that a copy of all of them can take. */
  get bytesMax(): number {
    return this.#end - this.#begin + this.#count * growthBytesMax
  }

  /** Begins again. */
  restart(): void {
    this.#left = this.#count
    this.#recordEnd = this.#begin
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

  /** Copies the current record, its time counted from a base so much later; gives the position behind it. */
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
  /** A buffer that holds it from 0 on, until the next batch is filtered; or the batch itself where nothing changed. */
  readonly batch: Buffer | null
  readonly changed: boolean
  readonly kept: number
}

const nothingKept: Filtered = { batch: null, changed: true, kept: 0 }

/** How a batch is filtered. */
export interface FilterOptions {
  /** The delete horizon that is set where a record without a value stays, unless the batch has one. */
  readonly horizonMs: number
  /** Whether it is set in any case, as in a marker of which nothing is left but itself. */
  readonly setsHorizon: boolean
  readonly decompressedBytesMax: number
  readonly memory: CompactionMemory
}

/** Keeps some records of the batch at `at`. */
export function filterBatch(b: Buffer, at: number, keep: Keep, options: FilterOptions): Filtered {
  const count = recordCount(b, at)
  const keeps = options.memory.marks(count)
  let kept = 0
  let setsHorizon = options.setsHorizon
  const records = new BatchRecords(b, at, options.decompressedBytesMax)
  for (let index = 0; records.next(); index++) {
    if (!keep(records)) continue
    keeps[index] = 1
    kept++
    if (!records.hasValue) setsHorizon = true
  }
  if (kept === 0) return nothingKept
  if (hasDeleteHorizon(b, at)) setsHorizon = false
  if (kept === count && !setsHorizon) return { batch: b, changed: false, kept }
  records.restart()
  const batch = rebuilt(b, at, records, keeps, setsHorizon ? options.horizonMs : null, options.memory)
  writeInt32(batch, 57, kept)
  updateCrc(batch, 0)
  return { batch, changed: true, kept }
}

function rebuilt(
  b: Buffer,
  at: number,
  records: BatchRecords,
  keeps: Uint8Array,
  horizonMs: number | null,
  memory: CompactionMemory,
): Buffer {
  const base = baseTimestamp(b, at)
  const shift = horizonMs === null ? 0 : horizonMs - base
  let batch = memory.batch(headerBytes + records.bytesMax)
  let end = headerBytes
  let latest = Number.NEGATIVE_INFINITY
  for (let index = 0; records.next(); index++) {
    if (keeps[index] === 0) continue
    end = records.copy(batch, end, shift)
    latest = Math.max(latest, records.timestamp(base))
  }
  batch = batch.subarray(0, end)
  const type = compressionType(b, at)
  if (type !== 0) {
    const body = compress(codecOf(type), batch.subarray(headerBytes))
    batch = memory.batch(headerBytes + body.length).subarray(0, headerBytes + body.length)
    body.copy(batch, headerBytes)
  }
  b.copy(batch, 0, at, at + headerBytes)
  writeInt32(batch, 8, batch.length - logOverheadBytes)
  if (horizonMs !== null) {
    writeInt16(batch, attributesAt, attributes(b, at) | deleteHorizonBit)
    writeInt64(batch, 27, horizonMs)
  }
  if (timestampType(b, at) === 'CreateTime') writeInt64(batch, 35, latest)
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
