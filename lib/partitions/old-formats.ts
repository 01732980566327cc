/** What consumers of old can be given of records that are stored as batches of magic 2. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { nextBatch } from '../../protocol/records/batch.ts'
import { compressionType, lastOffset, magic } from '../../protocol/records/header.ts'
import { downConvert } from '../../protocol/records/legacy.ts'

const zstd = 4

/**
 * The batches before the first that is compressed with zstd, which fetches below version 10 do not know. Throws
 * UNSUPPORTED_COMPRESSION_TYPE where that is the first.
 */
export function withoutZstd(records: readonly Buffer[]): Buffer[] {
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
export function asMessages(records: readonly Buffer[], format: 0 | 1, firstOffset: number, bytesMax: number): Buffer {
  const parts = records.map(buffer => downConvert(buffer, format, firstOffset, bytesMax))
  return parts.length === 1 ? parts[0] : Buffer.concat(parts)
}

/** The offset behind the last of these batches, or -1 where there are none. */
export function endOffsetOf(records: readonly Buffer[]): number {
  let end = -1
  for (const buffer of records) {
    for (let at = 0; at < buffer.length; at += nextBatch(buffer, at, buffer.length)) end = lastOffset(buffer, at) + 1
  }
  return end
}
