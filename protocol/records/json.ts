/** Record sets as plain values to print: the same fields that Kafka's own tools print, keys and values in hex. */

import { nextBatch, readRecords } from './batch.ts'
import { controlBit, logOverheadBytes, magic, timestampType, transactionalBit } from './header.ts'
import { batchHeader, messageHeaders } from './layout.ts'
import { type MessageTimestampType, messageTimestampType } from './message.ts'
import type { RecordView } from './record.ts'

/** A record; headers are pairs of key and value, bytes are hex. */
export interface RecordJson {
  offset: number
  timestamp: number
  key: string | null
  value: string | null
  headers: [string, string | null][]
}

/** A batch, or an old message with those that it wraps. */
export interface BatchJson {
  magic: number
  baseOffset: number
  lastOffset: number
  crc: number
  maxTimestamp: number
  timestampType: MessageTimestampType
  producerId: number
  producerEpoch: number
  baseSequence: number
  partitionLeaderEpoch: number
  transactional: boolean
  control: boolean
  sizeInBytes: number
  records: RecordJson[]
}

/** All batches of a record set of any format; throws KafkaError where it is damaged. */
export function recordsToJson(b: Buffer): BatchJson[] {
  const batches: BatchJson[] = []
  for (let at = 0; at < b.length; ) {
    const bytes = nextBatch(b, at, b.length)
    batches.push(magic(b, at) === 2 ? batchJson(b, at) : messageJson(b, at))
    at += bytes
  }
  return batches
}

function batchJson(b: Buffer, at: number): BatchJson {
  const header = batchHeader.decode(b, at)
  return {
    magic: header.magic,
    baseOffset: header.baseOffset,
    lastOffset: header.baseOffset + header.lastOffsetDelta,
    crc: header.crc,
    maxTimestamp: header.maxTimestamp,
    timestampType: timestampType(b, at),
    producerId: header.producerId,
    producerEpoch: header.producerEpoch,
    baseSequence: header.baseSequence,
    partitionLeaderEpoch: header.partitionLeaderEpoch,
    transactional: (header.attributes & transactionalBit) !== 0,
    control: (header.attributes & controlBit) !== 0,
    sizeInBytes: logOverheadBytes + header.batchLength,
    records: readRecords(b, at).map(recordJson),
  }
}

function messageJson(b: Buffer, at: number): BatchJson {
  const header = messageHeaders[magic(b, at)].decode(b, at)
  const records = readRecords(b, at)
  return {
    magic: header.magic,
    baseOffset: records[0].offset,
    lastOffset: header.offset,
    crc: header.crc,
    maxTimestamp: header.timestamp ?? -1,
    timestampType: messageTimestampType(b, at),
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    partitionLeaderEpoch: -1,
    transactional: false,
    control: false,
    sizeInBytes: logOverheadBytes + header.length,
    records: records.map(recordJson),
  }
}

function recordJson({ offset, timestamp, key, value, headers }: RecordView): RecordJson {
  return {
    offset,
    timestamp,
    key: hex(key),
    value: hex(value),
    headers: headers.map(header => [header.key, hex(header.value)]),
  }
}

function hex(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('hex')
}
