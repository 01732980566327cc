/** Batches and records of a log's file in the lines of kafka-dump-log. */
import { decode } from '../../../protocol/codec.ts'
import { toJson } from '../../../protocol/json.ts'
import { stringifyExact } from '../../../protocol/json-text.ts'
import { type RecordView, readRecords } from '../../../protocol/records/batch.ts'
import { codecs, decompressedBytesMax } from '../../../protocol/records/compression.ts'
import { controlTypeOf } from '../../../protocol/records/control.ts'
import {
  attributes,
  baseOffset,
  baseSequence,
  compressionType,
  crc,
  deleteHorizonBit,
  hasDeleteHorizon,
  isControl,
  isTransactional,
  lastSequence,
  magic,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
  readInt64,
  recordCount,
  timestampType,
} from '../../../protocol/records/header.ts'
import { messageSums } from '../../../protocol/records/message.ts'
import type { Message } from '../../../protocol/schema.ts'
import {
  KRaftVersionRecord,
  LeaderChangeMessage,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  VotersRecord,
} from '../../../protocol/stored/kraft-control-records.ts'
import type { Files } from '../../../storage/files.ts'
import { frameIsSound, frameLastOffset, frameMaxTimestamp } from '../../../storage/frames.ts'
import { type Complaints, complain } from './dump-log-complaints.ts'
import { type Frame, fileRecords, framesOf } from './dump-log-frames.ts'
import { jsonLine } from './dump-log-json.ts'
import type { DumpOptions } from './dump-log-options.ts'
import type { Output } from './output.ts'

/** What is said of control records of KRaft, by Kafka's names of their types. */
const controls: Readonly<Record<string, readonly [word: string, message: Message]>> = {
  LEADER_CHANGE: ['LeaderChange:', LeaderChangeMessage],
  SNAPSHOT_HEADER: ['SnapshotHeader', SnapshotHeaderRecord],
  SNAPSHOT_FOOTER: ['SnapshotFooter', SnapshotFooterRecord],
  KRAFT_VERSION: ['KRaftVersion', KRaftVersionRecord],
  KRAFT_VOTERS: ['KRaftVoters', VotersRecord],
}

const bytesMaxUnlimited = 2_147_483_647
const legacyAttributesAt = 17
const legacyCrcAt = 12
const [codecMask, legacyAppendTimeBit] = [0x07, 0x08]
const deleteHorizonAt = 27

/** Throws an Error where the file, or a batch of it, cannot be read. */
export async function dumpLogFile(
  files: Files,
  path: string,
  asked: DumpOptions,
  complaints: Complaints,
  output: Output,
): Promise<void> {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const [head, headFacts] = headOf(name)
  output.text(asked.isJson ? jsonLine({ ...headFacts, file: path }) : head)
  if (!files.exists(path)) throw new Error(path)
  const file = files.file(path)
  let end = 0
  let last = -1
  try {
    if (asked.bytesMax < 0) throw new Error(`Invalid size: ${asked.bytesMax} in read from ${fileRecords(file)}`)
    const limit = Math.min(file.size(), asked.bytesMax)
    for (const frame of framesOf(file, 0, limit)) {
      output.text(asked.isJson ? jsonLine({ type: 'batch', file: path, ...factsOf(frame) }) : batchLine(frame))
      if (asked.isDeep) last = records(frame, last, path, asked, complaints, output)
      end = frame.position + frame.size
      await output.drained()
      if (output.isClosed) return
    }
    if (limit > end && asked.bytesMax === bytesMaxUnlimited)
      output.text(
        asked.isJson
          ? jsonLine({ type: 'damage', file: path, position: end, bytes: limit - end })
          : `Found ${limit - end} invalid bytes at the end of ${name}\n`,
      )
  } finally {
    file.close()
  }
}

function headOf(name: string): [line: string, facts: object] {
  const stem = name.slice(0, name.indexOf('.'))
  if (name.endsWith('.log')) {
    if (!/^\d+$/.test(stem)) throw new Error(`For input string: "${stem}"`)
    const startingOffset = Number(stem)
    return [`Log starting offset: ${startingOffset}\n`, { type: 'log', startingOffset }]
  }
  if (name === 'bootstrap.checkpoint') return ['KRaft bootstrap snapshot\n', { type: 'bootstrap' }]
  const match = /^(\d{20})-(\d{10})/.exec(name)
  if (match === null) throw new Error('No value present')
  const [endOffset, epoch] = [Number(match[1]), Number(match[2])]
  return [`Snapshot end offset: ${endOffset}, epoch: ${epoch}\n`, { type: 'snapshot', endOffset, epoch }]
}

function typeOf(b: Buffer, at: number): string {
  const format = magic(b, at)
  if (format === 2) return timestampType(b, at)
  if (format === 0) return 'NoTimestampType'
  return (b[at + legacyAttributesAt]! & legacyAppendTimeBit) === 0 ? 'CreateTime' : 'LogAppendTime'
}

function batchLine({ b, at, position, size }: Frame): string {
  const format = magic(b, at)
  const codec = format === 2 ? compressionType(b, at) : b[at + legacyAttributesAt]! & codecMask
  const sum = format === 2 ? crc(b, at) : b.readUInt32BE(at + legacyCrcAt)
  const place = `position: ${position} ${typeOf(b, at)}: ${frameMaxTimestamp(b, at)} size: ${size} magic: ${format}`
  const head = format === 2 ? batchHead(b, at) : `offset: ${frameLastOffset(b, at)}`
  return `${head} ${place} compresscodec: ${codecs[codec] ?? codec} crc: ${sum} isvalid: ${frameIsSound(b, at, size)}\n`
}

/** The same for JSON; formats before batches know less. */
function factsOf({ b, at, position, size }: Frame): object {
  const format = magic(b, at)
  const codec = format === 2 ? compressionType(b, at) : b[at + legacyAttributesAt]! & codecMask
  const head = format === 2 ? headFactsOf(b, at) : { offset: frameLastOffset(b, at) }
  const time = { timestampType: typeOf(b, at), maxTimestamp: frameMaxTimestamp(b, at) }
  const sum = format === 2 ? crc(b, at) : b.readUInt32BE(at + legacyCrcAt)
  const kept = { compresscodec: codecs[codec] ?? codec, crc: sum, isvalid: frameIsSound(b, at, size) }
  return { ...head, position, ...time, size, magic: format, ...kept }
}

function headFactsOf(b: Buffer, at: number): object {
  const base = baseSequence(b, at)
  const horizon = hasDeleteHorizon(b, at) && (attributes(b, at) & deleteHorizonBit) !== 0
  return {
    ...{ baseOffset: baseOffset(b, at), lastOffset: frameLastOffset(b, at), count: recordCount(b, at) },
    ...{ baseSequence: base, lastSequence: base < 0 ? -1 : lastSequence(b, at) },
    ...{ producerId: producerId(b, at), producerEpoch: producerEpoch(b, at) },
    partitionLeaderEpoch: partitionLeaderEpoch(b, at),
    ...{ isTransactional: isTransactional(b, at), isControl: isControl(b, at) },
    deleteHorizonMs: horizon ? readInt64(b, at + deleteHorizonAt) : null,
  }
}

function batchHead(b: Buffer, at: number): string {
  const base = baseSequence(b, at)
  const horizon = hasDeleteHorizon(b, at) && (attributes(b, at) & deleteHorizonBit) !== 0
  return [
    `baseOffset: ${baseOffset(b, at)} lastOffset: ${frameLastOffset(b, at)} count: ${recordCount(b, at)}`,
    `baseSequence: ${base} lastSequence: ${base < 0 ? -1 : lastSequence(b, at)}`,
    `producerId: ${producerId(b, at)} producerEpoch: ${producerEpoch(b, at)}`,
    `partitionLeaderEpoch: ${partitionLeaderEpoch(b, at)}`,
    `isTransactional: ${isTransactional(b, at)} isControl: ${isControl(b, at)}`,
    `deleteHorizonMs: ${horizon ? `OptionalLong[${readInt64(b, at + deleteHorizonAt)}]` : 'OptionalLong.empty'}`,
  ].join(' ')
}

/** Gives the last offset that was seen. */
function records(
  { b, at }: Frame,
  before: number,
  path: string,
  { decoder, withoutMetadata, isJson }: DumpOptions,
  complaints: Complaints,
  output: Output,
): number {
  const control = magic(b, at) === 2 && isControl(b, at)
  // Formats before batches have a checksum in each record.
  const sums = magic(b, at) === 2 ? [] : messageSums(b, at, decompressedBytesMax)
  let last = before
  for (const [index, record] of readRecords(b, at).entries()) {
    if (record.offset !== last + 1) complain(complaints.gaps, path, [last, record.offset])
    last = record.offset
    if (isJson) {
      const facts = withoutMetadata
        ? {}
        : { ...recordFacts(record, b, at, sums[index]), ...(control && controlOf(record)[1]) }
      const decoded = decoder === null || control ? null : decoder(record)
      output.text(jsonLine({ type: 'record', file: path, offset: record.offset, ...facts }, decoded))
      continue
    }
    let line = withoutMetadata ? '' : metadataOf(record, b, at, sums[index])
    if (!withoutMetadata && control) line += controlOf(record)[0]
    if (decoder !== null && !control) {
      // What cannot be read ends it behind what is known of the record.
      output.text(line)
      line = ''
      const { key, value } = decoder(record)
      const parts = [...(key === null ? [] : [`key: ${key}`]), ...(value === null ? [] : [`payload: ${value}`])]
      if (parts.length > 0) line += `${withoutMetadata ? '|' : ''} ${parts.join(' ')}`
    }
    output.text(`${line}\n`)
  }
  return last
}

function metadataOf(
  { offset, timestamp, key, value, sequence, headers }: RecordView,
  b: Buffer,
  at: number,
  sum: { readonly crc: number; readonly isSound: boolean } | undefined,
): string {
  const sizes = `keySize: ${key?.length ?? -1} valueSize: ${value?.length ?? -1}`
  const head = `| offset: ${offset} ${typeOf(b, at)}: ${timestamp} ${sizes}`
  if (sum === undefined) return `${head} sequence: ${sequence} headerKeys: [${headers.map(each => each.key).join(',')}]`
  return `${head} isValid: ${sum.isSound} crc: ${sum.crc}`
}

function recordFacts(
  { timestamp, key, value, sequence, headers }: RecordView,
  b: Buffer,
  at: number,
  sum: { readonly crc: number; readonly isSound: boolean } | undefined,
): object {
  const head = { timestampType: typeOf(b, at), timestamp, keySize: key?.length ?? -1, valueSize: value?.length ?? -1 }
  if (sum !== undefined) return { ...head, isValid: sum.isSound, crc: sum.crc }
  return { ...head, sequence, headerKeys: headers.map(each => each.key) }
}

function controlOf({ key, value }: RecordView): [text: string, facts: object] {
  const type = controlTypeOf(key)
  if (type === 'COMMIT' || type === 'ABORT') {
    const coordinatorEpoch = value!.readInt32BE(2)
    return [` endTxnMarker: ${type} coordinatorEpoch: ${coordinatorEpoch}`, { endTxnMarker: type, coordinatorEpoch }]
  }
  const known = controls[type]
  if (known === undefined || value === null)
    return [` controlType: ${type}(${key!.readInt16BE(2)})`, { controlType: type }]
  const [word, message] = known
  // Each begins with its version, and may be of a newer one.
  const version = Math.min(value.readInt16BE(0), message.versions[1])
  const json = toJson(message, version, decode(message, version, value))
  return [` ${word} ${stringifyExact(json)}`, { controlType: type, control: json }]
}
