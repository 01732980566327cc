/**
 * The checksums of record batches: CRC-32C for magic 2, CRC-32 for the message formats before it.
 *
 * Measured (Node 20): native `@node-rs/crc32` 90 ns + 0.1 ns a byte, `crc-32` in JavaScript 20 ns + 0.7 ns a byte, so short
 * input stays in JavaScript. Loading the native library costs 11 ms and 4 MB, so it is loaded with the first long input. Where it has no
 * binary for the platform, JavaScript is used throughout. Bytes in a `SummedMemory` are checksummed by WebAssembly.
 */

import { createRequire } from 'node:module'
import { SummedMemory } from './summed-memory.ts'

interface Checksums {
  crc32(input: Uint8Array): number
  crc32c(input: Uint8Array): number
}

interface Table {
  buf(input: Uint8Array, seed?: number): number
}

const require = createRequire(import.meta.url)

/** Input of at most this many bytes is checksummed in JavaScript, as the call into the native library would cost more. */
const nativeFromBytes = 128

let pure: Checksums | undefined
let long: Checksums | undefined

/** The checksums in JavaScript: the fallback, and the twin for tests. */
export function pureChecksums(): Checksums {
  if (pure === undefined) {
    const castagnoli = require('crc-32/crc32c') as Table
    const ethernet = require('crc-32') as Table
    pure = { crc32: input => ethernet.buf(input) >>> 0, crc32c: input => castagnoli.buf(input) >>> 0 }
  }
  return pure
}

/** The native checksums, or null where the platform has no binary. */
export function nativeChecksums(): Checksums | null {
  try {
    const native = require('@node-rs/crc32') as Checksums
    return { crc32: input => native.crc32(input), crc32c: input => native.crc32c(input) }
  } catch {
    return null
  }
}

function checksums(bytes: number): Checksums {
  if (bytes < nativeFromBytes) return pure ?? pureChecksums()
  if (long === undefined) long = nativeChecksums() ?? pureChecksums()
  return long
}

const summed = new WeakMap<ArrayBufferLike, SummedMemory>()
/** The memory of the last call, and its `SummedMemory`. */
let asked: ArrayBufferLike | null = null
let answered: SummedMemory | null = null

export type { SummedMemory } from './summed-memory.ts'

/** Memory of so many bytes in which `crc32c` is faster. Null where it is not available. */
export function summedMemory(bytes: number): SummedMemory | null {
  try {
    const memory = new SummedMemory(bytes)
    summed.set(memory.buffer, memory)
    return memory
  } catch {
    // Not every processor has SIMD, --jitless has no WebAssembly, and address space may be limited.
    return null
  }
}

/** CRC-32C (Castagnoli) of `buffer` from `start` to `end`, unsigned. */
export function crc32c(buffer: Uint8Array, start = 0, end = buffer.length): number {
  const memory = buffer.buffer
  if (memory !== asked) {
    asked = memory
    answered = summed.get(memory) ?? null
  }
  const at = buffer.byteOffset
  if (answered !== null) return answered.crc32c(at + start, at + end)
  return checksums(end - start).crc32c(new Uint8Array(memory, at + start, end - start))
}

/** CRC-32 (Ethernet, as in gzip) of `buffer` from `start` to `end`, unsigned. */
export function crc32(buffer: Uint8Array, start = 0, end = buffer.length): number {
  return checksums(end - start).crc32(new Uint8Array(buffer.buffer, buffer.byteOffset + start, end - start))
}
