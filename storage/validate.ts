/**
 * What Apache Kafka checks of the records that a client wants to append, and what it sets in them. Nothing is copied or decoded
 * beyond the lengths and timestamps of records, except from the old message formats, which are rewritten as magic 2.
 */
import { codes, KafkaError } from '../protocol/errors.ts'
import { type RecordVisitor, type Walk, walkRecords } from '../protocol/records/batch.ts'
import { DecompressionError } from '../protocol/records/compression.ts'
import {
  baseOffset,
  baseSequence,
  checkCrc,
  compressionType,
  headerBytes,
  isControl,
  lastOffsetDelta,
  magic,
  producerId,
  recordCount,
  setMaxTimestamp,
  sizeInBytes,
  timestampType,
} from '../protocol/records/header.ts'
import { upConvert } from '../protocol/records/legacy.ts'
import type { LogConfig } from './config.ts'
import { frameHeaderBytes, frameSize } from './frames.ts'
import type { AppendOrigin } from './log-options.ts'
import { recompressed } from './recompression/recompression.ts'

/** Records of one batch that are the reason why it was refused. */
export interface RecordError {
  readonly batchIndex: number
  readonly message: string
}

/** INVALID_RECORD or INVALID_TIMESTAMP, with the records at fault. */
export class RecordValidationError extends KafkaError {
  readonly recordErrors: readonly RecordError[]

  constructor(code: number, message: string, recordErrors: readonly RecordError[]) {
    super(code, message)
    this.name = 'RecordValidationError'
    this.recordErrors = recordErrors
  }
}

/** Records at fault that are named; more, which only a batch of the smallest records has, are only counted: packed, it may hold millions. */
export const recordErrorsMax = 100_000

/** As Apache Kafka answers what it cannot unpack though the checksum is right: a producer does not retry it. */
function unreadable(message: string): KafkaError {
  return new KafkaError(codes.UNKNOWN_SERVER_ERROR, message)
}

function invalid(message: string): KafkaError {
  return new KafkaError(codes.INVALID_RECORD, message)
}

/**
 * Checks a client's record set and sets its timestamp type and greatest timestamp; gives what to append: the one batch of
 * magic 2, or those that old messages were rewritten as. Throws INVALID_RECORD, INVALID_TIMESTAMP, CORRUPT_MESSAGE, MESSAGE_TOO_LARGE or RECORD_LIST_TOO_LARGE.
 */
export function validateClientRecords(records: Buffer, config: LogConfig, now: number): Buffer {
  if (anyValidated && validated.delete(records)) return stamped(records, config, now)
  if (records.length < frameHeaderBytes)
    throw invalid('the request holds no record batch; send exactly one per partition')
  if (frameSize(records, 0) === 0) {
    throw new KafkaError(codes.CORRUPT_MESSAGE, 'the records begin with no batch of a known format; resend them')
  }
  const old = magic(records, 0) < 2
  const batches = old ? convertLegacy(records, config) : soleBatch(records, config)
  checkFits(batches, config)
  if (!old) checkHeader(batches)
  const { messageTimestampType } = config
  for (let at = 0; at < batches.length; at += sizeInBytes(batches, at)) {
    const maxTimestamp = checkRecords(batches, at, config, now)
    setMaxTimestamp(batches, at, messageTimestampType, messageTimestampType === 'LogAppendTime' ? now : maxTimestamp)
  }
  return config.compressionType === 'producer' ? batches : inCodecOfTopic(batches, config)
}

/** What is to be appended of records: those of clients as they are taken, those of coordinators as they came. */
export function acceptable(records: Buffer, origin: AppendOrigin, config: LogConfig, now: number): Buffer {
  return origin === 'client' ? validateClientRecords(records, config, now) : wholeBatches(records, config)
}

/** Records that were checked before, in another thread. */
const validated = new WeakSet<Buffer>()
let anyValidated = false

/** Notes that records are what `validateClientRecords` gave elsewhere; gives them back. */
export function markValidated(records: Buffer): Buffer {
  validated.add(records)
  anyValidated = true
  return records
}

/** Gives them the time at which they are appended, where that counts. */
function stamped(batches: Buffer, { messageTimestampType }: LogConfig, now: number): Buffer {
  if (messageTimestampType === 'LogAppendTime') {
    for (let at = 0; at < batches.length; at += sizeInBytes(batches, at)) {
      setMaxTimestamp(batches, at, messageTimestampType, now)
    }
  }
  return batches
}

function inCodecOfTopic(batches: Buffer, config: LogConfig): Buffer {
  const result = recompressed(batches, config)
  if (result !== batches) checkFits(result, config)
  return result
}

function checkFits(batches: Buffer, config: LogConfig): void {
  if (batches.length <= config.segmentBytes) return
  throw new KafkaError(
    codes.RECORD_LIST_TOO_LARGE,
    `the records have ${batches.length} bytes, a segment holds ${config.segmentBytes}; send less at once or raise segment.bytes`,
  )
}

function soleBatch(records: Buffer, config: LogConfig): Buffer {
  if (records.length < frameHeaderBytes)
    throw invalid('the request holds no record batch; send exactly one per partition')
  const size = frameSize(records, 0)
  if (size === 0) {
    throw new KafkaError(codes.CORRUPT_MESSAGE, 'the records begin with no batch of a known format; resend them')
  }
  if (magic(records, 0) < 2) return convertLegacy(records, config)
  if (size > records.length) throw invalid('the record batch is longer than what was sent; send it whole')
  checkSize(size, config)
  if (size === records.length) return records
  const rest = records.length - size
  if (rest >= frameHeaderBytes) {
    const next = frameSize(records, size)
    if (next === 0) throw new KafkaError(codes.CORRUPT_MESSAGE, 'what follows the record batch is no batch; resend it')
    if (next <= rest) throw invalid('the request holds more than one record batch; send exactly one per partition')
  }
  return records.subarray(0, size)
}

function convertLegacy(records: Buffer, config: LogConfig): Buffer {
  for (let at = 0; at + frameHeaderBytes <= records.length; ) {
    const size = frameSize(records, at)
    if (size === 0) throw new KafkaError(codes.CORRUPT_MESSAGE, 'the message set is damaged; resend it')
    if (magic(records, at) === 2) throw invalid('the request mixes message formats; send one')
    checkSize(size, config)
    at += size
  }
  return upConvert(records, { firstOffset: 0, bytesMax: config.decompressedBatchBytesMax })
}

function checkSize(bytes: number, config: LogConfig): void {
  if (bytes <= config.maxMessageBytes) return
  throw new KafkaError(
    codes.MESSAGE_TOO_LARGE,
    `the record batch has ${bytes} bytes, ${config.maxMessageBytes} are allowed; send smaller batches or raise max.message.bytes`,
  )
}

function checkHeader(b: Buffer): void {
  if (b.length < headerBytes || !checkCrc(b, 0)) {
    throw new KafkaError(codes.CORRUPT_MESSAGE, 'the checksum of the record batch is wrong; resend it')
  }
  if (baseOffset(b, 0) !== 0) throw invalid(`the base offset of a producer's batch is 0, not ${baseOffset(b, 0)}`)
  const count = recordCount(b, 0)
  const span = lastOffsetDelta(b, 0) + 1
  if (count <= 0 || span !== count) throw invalid(`the batch says that it has ${count} records over ${span} offsets`)
  if (isControl(b, 0)) throw invalid('control records are written by brokers only')
  if (producerId(b, 0) >= 0 && baseSequence(b, 0) < 0) {
    throw invalid(`sequence ${baseSequence(b, 0)} is not valid for a producer with an id`)
  }
  if (compressionType(b, 0) > 4) throw unreadable(`compression type ${compressionType(b, 0)} is unknown`)
}

/** What the records of a topic have to be like. */
interface RecordRules {
  readonly keyRequired: boolean
  /** Bounds of their timestamps, inclusive; infinite where the broker stamps the batch. */
  readonly earliest: number
  readonly latest: number
}

function rulesOf(config: LogConfig, now: number): RecordRules {
  const anyTime = config.messageTimestampType === 'LogAppendTime'
  return {
    keyRequired: config.cleanupPolicy.includes('compact'),
    earliest: anyTime ? Number.NEGATIVE_INFINITY : now - config.messageTimestampBeforeMaxMs,
    latest: anyTime ? Number.POSITIVE_INFINITY : now + config.messageTimestampAfterMaxMs,
  }
}

/** Walks over the records; gives the greatest timestamp. */
function checkRecords(b: Buffer, at: number, config: LogConfig, now: number): number {
  const rules = rulesOf(config, now)
  const walk = soundRecords(b, at, config)
  const isPacked = compressionType(b, at) !== 0
  if (isPacked && walk.recordBytes > config.maxDecompressedMessageBytes) refuseLongRecord(b, at, config)
  if (
    walk.minTimestamp < rules.earliest ||
    walk.maxTimestamp > rules.latest ||
    (rules.keyRequired && walk.nullKeyDelta >= 0) ||
    timestampType(b, at) === 'LogAppendTime'
  ) {
    refuseRecords(b, at, config, rules)
  }
  return walk.maxTimestamp
}

/** Walks over records whose checksum was right: what is wrong with them now would be wrong in a retry, too. */
function soundRecords(b: Buffer, at: number, config: LogConfig): Walk {
  try {
    return walkRecords(b, at, null, config.decompressedBatchBytesMax)
  } catch (error) {
    if (error instanceof DecompressionError) throw unreadable(error.message)
    if (error instanceof KafkaError && error.code === codes.CORRUPT_MESSAGE) throw invalid(error.message)
    throw error
  }
}

/** Refuses the first record that is longer than `max.decompressed.message.bytes` allows, as Kafka 4.4 does: of compressed batches alone. */
function refuseLongRecord(b: Buffer, at: number, config: LogConfig): void {
  const { maxDecompressedMessageBytes: bytesMax, decompressedBatchBytesMax } = config
  const visit: RecordVisitor = (index, _timestamp, _keyLength, _valueLength, bytes) => {
    if (bytes <= bytesMax) return
    throw invalid(
      `record ${index} has ${bytes} bytes, ${bytesMax} are allowed; send smaller records or raise max.decompressed.message.bytes`,
    )
  }
  walkRecords(b, at, visit, decompressedBatchBytesMax)
}

/**
 * Walks again to tell which records are at fault. No timestamp (−1) is never out of range. A producer may say that the broker has
 * stamped a batch only where the topic's records have times of their own, and these have: such times are in range or not like others.
 */
function refuseRecords(b: Buffer, at: number, config: LogConfig, rules: RecordRules): void {
  const { keyRequired, earliest, latest } = rules
  const saysStamped = timestampType(b, at) === 'LogAppendTime'
  const stamps = config.messageTimestampType === 'LogAppendTime'
  const errors: RecordError[] = []
  let count = 0
  let wrongTime = false
  const refuse = (batchIndex: number, message: string) => {
    count++
    if (errors.length < recordErrorsMax) errors.push({ batchIndex, message })
  }
  const visit = (batchIndex: number, timestamp: number, keyLength: number) => {
    if (keyRequired && keyLength < 0) {
      refuse(batchIndex, 'a compacted topic takes no record without a key')
    } else if (stamps || timestamp === -1) {
      if (!saysStamped) return
      wrongTime = true
      refuse(batchIndex, 'a producer cannot set the time of appending; send the batch with CreateTime')
    } else if (timestamp < earliest || timestamp > latest) {
      wrongTime = true
      refuse(batchIndex, `timestamp ${timestamp} is not between ${earliest} and ${latest}`)
    }
  }
  walkRecords(b, at, visit, config.decompressedBatchBytesMax)
  if (count === 0) return
  const code = wrongTime ? codes.INVALID_TIMESTAMP : codes.INVALID_RECORD
  throw new RecordValidationError(code, `${count} of ${recordCount(b, at)} records were refused`, errors)
}

/**
 * Checks that what a coordinator appends is whole batches of magic 2 that are not too large; gives them back. Throws CORRUPT_MESSAGE,
 * MESSAGE_TOO_LARGE or RECORD_LIST_TOO_LARGE.
 */
function wholeBatches(records: Buffer, config: LogConfig): Buffer {
  for (let at = 0; at < records.length; ) {
    const size = at + headerBytes <= records.length ? frameSize(records, at) : 0
    if (size === 0 || at + size > records.length) {
      throw new KafkaError(codes.CORRUPT_MESSAGE, `what follows byte ${at} of the records is no whole batch`)
    }
    checkSize(size, config)
    at += size
  }
  checkFits(records, config)
  return records
}
