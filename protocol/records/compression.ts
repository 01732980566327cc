/**
 * The codecs of record batches: gzip, snappy, lz4 and zstd, all synchronous, with a limit on the output. Data that does not
 * decompress is CORRUPT_MESSAGE, data beyond the limit MESSAGE_TOO_LARGE. The limit is checked before much more is allocated: by the sizes
 * that the format declares, or by stopping at the limit.
 */

import { codes, KafkaError } from '../errors.ts'
import { decompressGzip } from './gzip.ts'
import { compressLz4, decompressLz4 } from './lz4.ts'
import { tooLarge, zlib } from './native.ts'
import { compressSnappy, decompressSnappy } from './snappy.ts'
import { compressZstd, decompressZstd } from './zstd.ts'

export { DecompressionError } from './native.ts'

/** Names of the codecs as in `compression.type`. */
export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** The codecs by their number in the attributes of a batch. */
export const codecs: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** The default of max.decompressed.message.bytes: the greatest size of a Java array. */
export const decompressedBytesMax = 2_147_483_639

/** The codec of a number in attributes; 5 to 7 are UNSUPPORTED_COMPRESSION_TYPE. */
export function codecOf(type: number): Codec {
  const codec = codecs[type]
  if (codec === undefined) {
    throw new KafkaError(
      codes.UNSUPPORTED_COMPRESSION_TYPE,
      `compression type ${type} is unknown; use gzip, snappy, lz4 or zstd`,
    )
  }
  return codec
}

/** The number of a codec in attributes. */
export function compressionTypeOf(codec: Codec): number {
  return codecs.indexOf(codec)
}

/**
 * Compresses. `level` is that of KIP-390 for gzip (−1, 1 to 9) and zstd (−131072 to 22); lz4 and snappy have one speed here.
 * `magic` is the format that will carry the data: lz4 has another header in magic 0.
 */
export function compress(codec: Codec, data: Buffer, level?: number, magic = 2): Buffer {
  switch (codec) {
    case 'none':
      return data
    case 'gzip':
      return zlib().gzipSync(data, level === undefined ? undefined : { level })
    case 'snappy':
      return compressSnappy(data)
    case 'lz4':
      return compressLz4(data, magic)
    case 'zstd':
      return compressZstd(data, level)
  }
}

/** Decompresses, at most to `bytesMax` bytes. */
export function decompress(codec: Codec, data: Buffer, bytesMax: number = decompressedBytesMax, magic = 2): Buffer {
  return decompressed(codec, data, bytesMax, magic, false)
}

/** The same for a result that is read once, without allocation: it may be a view of memory that the next call reuses. */
export function decompressShared(codec: Codec, data: Buffer, bytesMax: number = decompressedBytesMax): Buffer {
  return decompressed(codec, data, bytesMax, 2, true)
}

function decompressed(codec: Codec, data: Buffer, bytesMax: number, magic: number, isShared: boolean): Buffer {
  switch (codec) {
    case 'none':
      if (data.length > bytesMax) throw tooLarge(codec, bytesMax)
      return data
    case 'gzip':
      return decompressGzip(data, bytesMax, isShared)
    case 'snappy':
      return decompressSnappy(data, bytesMax, isShared)
    case 'lz4':
      return decompressLz4(data, bytesMax, magic, isShared)
    case 'zstd':
      return decompressZstd(data, bytesMax, isShared)
  }
}
