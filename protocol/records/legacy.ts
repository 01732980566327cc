/**
 * Conversion between formats: messages of old producers (magic 0 and 1) are stored as batches of magic 2, and batches are sent to old
 * consumers as messages. See `message.ts` for those formats.
 */

import { codes, KafkaError } from '../errors.ts'
import { type BatchRecord, buildBatch, nextBatch, readRecords } from './batch.ts'
import { type Codec, codecOf, decompressedBytesMax } from './compression.ts'
import {
  timestampType as batchTimestampType,
  compressionType,
  isControl,
  lastOffsetDelta,
  magic,
  setBaseOffset,
} from './header.ts'
import {
  buildMessages,
  type MessageTimestampType,
  messageCompressionType,
  messageTimestampType,
  readMessage,
} from './message.ts'
import type { RecordView } from './record.ts'

/** Options of the conversion of message sets to batches. */
export interface UpConversion {
  /** The first record gets this offset and the others follow without gaps, as for appending; by default all keep their offsets. */
  readonly firstOffset?: number
  readonly partitionLeaderEpoch?: number
  readonly level?: number
  readonly bytesMax?: number
}

/** Messages that go into one batch. */
interface Run {
  readonly codec: Codec
  readonly timestampType: MessageTimestampType
  readonly records: BatchRecord[]
}

/**
 * Converts a message set to batches of magic 2: one for each wrapper, and one for each run of plain messages. Messages of magic 0 have no
 * timestamp: −1. Checksums are checked. Batches of magic 2 in between are copied.
 */
export function upConvert(b: Buffer, options: UpConversion = {}): Buffer {
  const { bytesMax = decompressedBytesMax, partitionLeaderEpoch, level } = options
  const parts: Buffer[] = []
  let next = options.firstOffset ?? null
  let run: Run | null = null
  const endRun = () => {
    if (run === null) return
    const { records, codec, timestampType } = run
    parts.push(
      buildBatch({
        records,
        compression: codec,
        timestampType: timestampType === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
        partitionLeaderEpoch,
        level,
      }),
    )
    run = null
  }
  for (let at = 0; at < b.length; ) {
    const bytes = nextBatch(b, at, b.length)
    if (magic(b, at) === 2) {
      endRun()
      const batch = Buffer.from(b.subarray(at, at + bytes))
      if (next !== null) {
        setBaseOffset(batch, 0, next)
        next += lastOffsetDelta(batch, 0) + 1
      }
      parts.push(batch)
    } else {
      const records = readMessage(b, at, bytesMax, true)
      if (next !== null) for (const record of records) record.offset = next++
      const codec = codecOf(messageCompressionType(b, at))
      const timestampType = messageTimestampType(b, at)
      if (run !== null && !joins(run, codec, timestampType, records[0])) endRun()
      if (run === null) run = { codec, timestampType, records: [] }
      appendAscending(run.records, records)
      if (codec !== 'none') endRun()
    }
    at += bytes
  }
  endRun()
  return Buffer.concat(parts)
}

/** Plain messages share a batch as long as it can hold their timestamps: with LogAppendTime there is one for all. */
function joins(run: Run, codec: Codec, timestampType: MessageTimestampType, first: RecordView): boolean {
  if (codec !== 'none' || run.codec !== 'none' || run.timestampType !== timestampType) return false
  return timestampType !== 'LogAppendTime' || run.records[0].timestamp === first.timestamp
}

function appendAscending(records: BatchRecord[], more: readonly RecordView[]): void {
  for (const record of more) {
    const previous = records.length === 0 ? -1 : (records[records.length - 1].offset ?? -1)
    if (record.offset <= previous && records.length > 0) {
      throw new KafkaError(
        codes.INVALID_RECORD,
        `the message set is malformed: offset ${record.offset} follows ${previous}; check who wrote it`,
      )
    }
    records.push(record)
  }
}

/**
 * Converts a record set to messages of `format` 0 or 1 for a consumer that fetches from `firstOffset`. Headers, control batches, and
 * uncompressed records before that offset are left out. Codecs are kept, except for zstd, which the old formats lack: its records are sent
 * uncompressed. Messages of `format` or older are copied.
 */
export function downConvert(
  b: Buffer,
  format: number,
  firstOffset: number,
  bytesMax: number = decompressedBytesMax,
): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < b.length; ) {
    const bytes = nextBatch(b, at, b.length)
    const part = b.subarray(at, at + bytes)
    if (magic(part, 0) <= format) parts.push(part)
    else if (magic(part, 0) < 2 || !isControl(part, 0)) parts.push(messagesOf(part, format, firstOffset, bytesMax))
    at += bytes
  }
  return Buffer.concat(parts)
}

function messagesOf(batch: Buffer, format: number, firstOffset: number, bytesMax: number): Buffer {
  const isBatch = magic(batch, 0) === 2
  const codec = codecOf(isBatch ? compressionType(batch, 0) : messageCompressionType(batch, 0))
  const records = readRecords(batch, 0, bytesMax)
  return buildMessages({
    magic: format,
    compression: codec === 'zstd' ? 'none' : codec,
    timestampType: isBatch ? batchTimestampType(batch, 0) : messageTimestampType(batch, 0),
    records: codec === 'none' ? records.filter(record => record.offset >= firstOffset) : records,
  })
}
