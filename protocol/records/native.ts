/** Loads the native codec libraries on first use, as each costs 5 to 13 ms and 4 to 8 MB. So is Node's zlib, 2 ms, for commands that see no gzip. */

import { createRequire } from 'node:module'
import { codes, KafkaError } from '../errors.ts'

const require = createRequire(import.meta.url)
let loaded: typeof import('node:zlib') | undefined

/** Node's own codecs. */
export function zlib(): typeof import('node:zlib') {
  loaded ??= require('node:zlib') as typeof import('node:zlib')
  return loaded
}

/** The package's exports, or UNSUPPORTED_COMPRESSION_TYPE where it has no binary for this platform. */
export function loadCodec<T>(name: string): T {
  try {
    return require(name) as T
  } catch (error) {
    throw new KafkaError(
      codes.UNSUPPORTED_COMPRESSION_TYPE,
      `${name} does not load on ${process.platform} ${process.arch}: ${(error as Error).message}; use another compression.type here`,
    )
  }
}

/** CORRUPT_MESSAGE, for data that its codec cannot read. */
export class DecompressionError extends KafkaError {
  constructor(codec: string, reason: string) {
    super(codes.CORRUPT_MESSAGE, `${codec} data is damaged: ${reason}; the producer must send it again`)
  }
}

/** For data that its codec cannot read. */
export function corrupt(codec: string, reason: string): KafkaError {
  return new DecompressionError(codec, reason)
}

/** For data whose decompressed size is beyond the limit. */
export function tooLarge(codec: string, bytesMax: number): KafkaError {
  return new KafkaError(
    codes.MESSAGE_TOO_LARGE,
    `${codec} data is larger than ${bytesMax} bytes when decompressed; send smaller batches or raise max.message.bytes`,
  )
}
