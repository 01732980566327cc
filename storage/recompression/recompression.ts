/** Batches in the codec that their topic wants (`compression.type`, KIP-390): the same records, offsets and flags, packed anew. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { type Codec, codecOf, compress, compressionTypeOf, decompress } from '../../protocol/records/compression.ts'
import {
  attributesAt,
  compressionType,
  headerBytes,
  logOverheadBytes,
  sizeInBytes,
  updateCrc,
} from '../../protocol/records/header.ts'
import type { LogConfig } from '../config.ts'

/** Bits of the attributes that tell the codec. */
const codecBits = 0x07

/** The codec that a topic's batches have to have; null where the producer's is kept. */
export function codecWanted({ compressionType: wanted }: LogConfig): Codec | null {
  if (wanted === 'producer') return null
  return wanted === 'uncompressed' ? 'none' : wanted
}

/** Batches whose records were found sound, in the topic's codec; those that have it already stay as they are. */
export function recompressed(batches: Buffer, config: LogConfig): Buffer {
  const codec = codecWanted(config)
  if (codec === null) return batches
  const type = compressionTypeOf(codec)
  const parts: Buffer[] = []
  let changed = false
  for (let at = 0; at < batches.length; ) {
    const size = sizeInBytes(batches, at)
    const batch = batches.subarray(at, at + size)
    at += size
    if (compressionType(batch, 0) === type) parts.push(batch)
    else {
      parts.push(packed(batch, codec, type, config))
      changed = true
    }
  }
  if (!changed) return batches
  return parts.length === 1 ? parts[0] : Buffer.concat(parts)
}

function packed(batch: Buffer, codec: Codec, type: number, config: LogConfig): Buffer {
  const plain = decompress(
    codecOf(compressionType(batch, 0)),
    batch.subarray(headerBytes),
    config.decompressedBatchBytesMax,
  )
  const records = compress(codec, plain, levelOf(codec, config))
  const result = Buffer.allocUnsafe(headerBytes + records.length)
  batch.copy(result, 0, 0, headerBytes)
  records.copy(result, headerBytes)
  result.writeInt32BE(result.length - logOverheadBytes, 8)
  result[attributesAt + 1] = (result[attributesAt + 1] & ~codecBits) | type
  if (result.length > config.maxMessageBytes) {
    throw new KafkaError(
      codes.MESSAGE_TOO_LARGE,
      `the record batch has ${result.length} bytes as ${codec}, ${config.maxMessageBytes} are allowed; send smaller batches or raise max.message.bytes`,
    )
  }
  updateCrc(result, 0)
  return result
}

function levelOf(codec: Codec, config: LogConfig): number | undefined {
  if (codec === 'gzip') return config.compressionGzipLevel
  if (codec === 'zstd') return config.compressionZstdLevel
  return undefined
}
