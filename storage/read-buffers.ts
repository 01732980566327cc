/**
 * Buffers for reading, used again and again: a new large buffer costs its page faults, which for 1 MB is more than the copy out
 * of the page cache. Sizes are powers of two; what is not given back is left to the garbage collector.
 */

import { poison } from '../protocol/records/poison.ts'

/** Smallest size. */
const bytesMin = 4 * 1024
/** Largest size that is kept. */
const bytesMax = 16 * 1024 * 1024
/** Bytes kept in all, idle: a few consumers' worth of full fetches. */
const keptBytesMax = 64 * 1024 * 1024

const free: Buffer[][] = []
let keptBytes = 0

function sizeClass(bytes: number): number {
  return Math.max(0, 32 - Math.clz32(Math.ceil(bytes / bytesMin) - 1))
}

/** A buffer of at least so many bytes, with any content. */
export function borrowBuffer(bytes: number): Buffer {
  if (bytes > bytesMax) return Buffer.allocUnsafeSlow(bytes)
  const index = sizeClass(bytes)
  const buffer = free[index]?.pop()
  if (buffer === undefined) return Buffer.allocUnsafeSlow(bytesMin * 2 ** index)
  keptBytes -= buffer.length
  return buffer
}

/** Gives a borrowed buffer back; nobody may look at it any more. */
export function returnBuffer(buffer: Buffer): void {
  poison(buffer)
  if (buffer.length > bytesMax || keptBytes + buffer.length > keptBytesMax) return
  const index = sizeClass(buffer.length)
  free[index] ??= []
  free[index].push(buffer)
  keptBytes += buffer.length
}
