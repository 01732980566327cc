/** What consumers of old can be given of records that are stored as batches of magic 2. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { nextBatch } from '../../protocol/records/batch.ts'
import { compressionType, lastOffset, magic } from '../../protocol/records/header.ts'
import { downConvert } from '../../protocol/records/legacy.ts'
import type { ReadResult } from '../../storage/read-result.ts'
import type { Partition } from './partition.ts'
import type { Isolation } from './partition-types.ts'

const zstd = 4

/** How a fetch below version 4 reads, which knows messages of format 0 and 1. */
export interface MessageRead {
  readonly apiVersion: number
  readonly isolation: Isolation
  readonly bytesMax: number
  /** No partition before it in the answer had any. */
  readonly isFirst: boolean
}

/** Messages from an offset on: null where nothing is there; `bytes` is what they would take if nothing had to be cut off. */
export function readMessages(
  partition: Partition,
  fetchOffset: number,
  { apiVersion, isolation, bytesMax, isFirst }: MessageRead,
): { messages: Buffer | null; bytes: number } {
  const { decompressedBatchBytesMax } = partition.log.config
  const limits = { bytesMax, isolation, minOneMessage: apiVersion === 3 && isFirst }
  let found: Buffer | null = null
  let bytes = 0
  let cut = false
  for (let offset = fetchOffset; bytes === 0; ) {
    let read = partition.read(offset, limits)
    if (read.sizeInBytes === 0 && apiVersion < 3 && bytesMax > 0 && !cut) {
      // Versions below 3 take the beginning of a message that is too large, and then ask for more bytes.
      cut = true
      read = partition.read(offset, { ...limits, minOneMessage: true })
    }
    if (read.sizeInBytes === 0) break
    const records = knownRecords(read)
    const messages = asMessages(records, apiVersion < 2 ? 0 : 1, fetchOffset, decompressedBatchBytesMax)
    // Where only markers were there, which these clients never see, what follows is given instead.
    offset = endOffsetOf(records)
    read.release()
    found = cut ? messages.subarray(0, bytesMax) : messages
    bytes = messages.length
  }
  return { messages: found, bytes }
}

/** The records of a read without those that are compressed with zstd, which fetches below version 10 do not know. */
export function knownRecords(read: ReadResult): Buffer[] {
  try {
    return withoutZstd(read.records)
  } catch (error) {
    read.release()
    throw error
  }
}

/**
 * The batches before the first that is compressed with zstd, which fetches below version 10 do not know. Throws
 * UNSUPPORTED_COMPRESSION_TYPE where that is the first.
 */
function withoutZstd(records: readonly Buffer[]): Buffer[] {
  const known: Buffer[] = []
  for (const buffer of records) {
    for (let at = 0; at < buffer.length; at += nextBatch(buffer, at, buffer.length)) {
      if (magic(buffer, at) !== 2 || compressionType(buffer, at) !== zstd) continue
      if (at > 0) known.push(buffer.subarray(0, at))
      if (known.length > 0) return known
      throw new KafkaError(
        codes.UNSUPPORTED_COMPRESSION_TYPE,
        'the records are compressed with zstd, which fetch requests below version 10 do not know; use a newer client',
      )
    }
    known.push(buffer)
  }
  return known
}

/** The records as messages of format 0 or 1, without those before `firstOffset`; empty where only markers were among them. */
function asMessages(records: readonly Buffer[], format: 0 | 1, firstOffset: number, bytesMax: number): Buffer {
  const parts = records.map(buffer => downConvert(buffer, format, firstOffset, bytesMax))
  return parts.length === 1 ? parts[0] : Buffer.concat(parts)
}

/** The offset behind the last of these batches, or -1 where there are none. */
function endOffsetOf(records: readonly Buffer[]): number {
  let end = -1
  for (const buffer of records) {
    for (let at = 0; at < buffer.length; at += nextBatch(buffer, at, buffer.length)) end = lastOffset(buffer, at) + 1
  }
  return end
}
