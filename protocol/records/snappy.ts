/**
 * Snappy as Kafka's clients use it: raw blocks in xerial's framing (the one of snappy-java), and read also as one raw block.
 *
 * ```
 * 82 'SNAPPY' 00 | version int32 = 1 | compatible version int32 = 1 | { length int32 | raw block } …
 * ```
 * The header may be repeated between blocks, where streams were concatenated. Blocks are compressed by `snappy` and decompressed by
 * `blocks.ts`; blocks of many megabytes, which only a producer without framing can send, are decompressed by `snappy`, too.
 */

import { malformed } from './blocks.ts'
import { readInt32, writeInt32 } from './int.ts'
import { corrupt, loadCodec, tooLarge } from './native.ts'
import { emptyOutput, Output } from './output.ts'

interface Snappy {
  compressSync(input: Uint8Array, options: { copyOutputData: boolean }): Buffer
  uncompressSync(input: Uint8Array, options: { copyOutputData: boolean; asBuffer: boolean }): Buffer
}

const blockBytes = 32 * 1024
const framingBytes = 16
const framing = Buffer.from('82534e41505059000000000100000001', 'hex')
const framingHead = framing.readInt32BE(0)
const framingTail = framing.readInt32BE(4)

let snappy: Snappy | undefined

function library(): Snappy {
  snappy ??= loadCodec<Snappy>('snappy')
  return snappy
}

/** Compresses into xerial's framing with blocks of 32 KiB, as snappy-java does. */
export function compressSnappy(data: Buffer): Buffer {
  const { compressSync } = library()
  const parts: Buffer[] = [framing]
  for (let at = 0; at < data.length; at += blockBytes) {
    const block = compressSync(data.subarray(at, Math.min(at + blockBytes, data.length)), { copyOutputData: true })
    const length = Buffer.allocUnsafe(4)
    writeInt32(length, 0, block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

/**
 * Decompresses framed or raw Snappy; the sizes that blocks declare are added up before anything is allocated. With `isShared`
 * the result may be a view that is valid until the next call.
 */
export function decompressSnappy(data: Buffer, bytesMax: number, isShared = false): Buffer {
  const blocks = blocksOf(data)
  let bytes = 0
  for (const block of blocks) bytes += declaredBytes(block)
  if (bytes > bytesMax) throw tooLarge('snappy', bytesMax)
  const output = emptyOutput()
  for (const block of blocks) decodeBlock(output, block)
  return output.result(isShared)
}

function decodeBlock(output: Output, block: Buffer): void {
  const declared = declaredBytes(block)
  if (!Output.takes(block.length, declared)) {
    const bytes = decodeLargeBlock(block)
    output.put(bytes, 0, bytes.length)
    return
  }
  let start = 0
  while (block[start] >= 0x80) start++
  const bytes = output.decode('snappy', block, start + 1, block.length, declared)
  if (bytes === malformed) throw corrupt('snappy', 'a block is not well-formed')
  if (bytes !== declared) throw corrupt('snappy', `a block declares ${declared} bytes and has others`)
}

function decodeLargeBlock(block: Buffer): Buffer {
  const { uncompressSync } = library()
  try {
    return uncompressSync(block, { copyOutputData: true, asBuffer: true })
  } catch (error) {
    throw corrupt('snappy', (error as Error).message)
  }
}

function isFraming(data: Buffer, at: number): boolean {
  return readInt32(data, at) === framingHead && readInt32(data, at + 4) === framingTail
}

function blocksOf(data: Buffer): Buffer[] {
  if (data.length < framingBytes || !isFraming(data, 0)) return [data]
  const blocks: Buffer[] = []
  for (let at = 0; at < data.length; ) {
    if (data.length - at >= framingBytes && isFraming(data, at)) {
      if (readInt32(data, at + 12) > 1) throw corrupt('snappy', 'its framing asks for a newer reader')
      at += framingBytes
      continue
    }
    if (data.length - at < 4) throw corrupt('snappy', 'it ends inside the length of a block')
    const length = readInt32(data, at)
    if (length <= 0 || length > data.length - at - 4) {
      throw corrupt('snappy', `a block says it has ${length} bytes where ${data.length - at - 4} are left`)
    }
    blocks.push(data.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return blocks
}

/** The varint that a raw block begins with. Three bytes of a block decompress to 64 at most. */
function declaredBytes(block: Buffer): number {
  let bytes = 0
  for (let at = 0, shift = 0; at < block.length && at < 5; at++, shift += 7) {
    bytes += (block[at] & 0x7f) * 2 ** shift
    if (block[at] < 0x80) {
      if (bytes > block.length * 22) throw corrupt('snappy', `a block of ${block.length} bytes declares ${bytes}`)
      return bytes
    }
  }
  throw corrupt('snappy', 'a block does not begin with its size')
}
