/** What faults do to the bytes of answers, and copies of requests that nothing else writes into. */
import type { Chunk } from '../../../protocol/records/chunk.ts'

/** The size before an answer, and its correlation id. */
const [sizeBytes, headerBytes] = [4, 4]

/** The first bytes of an answer, its size among them. */
export function truncated(chunks: readonly Chunk[], bytes: number): Buffer[] {
  return [Buffer.from(inMemory(chunks).subarray(0, bytes))]
}

/** An answer of which one byte is another; `place` counts from behind the size, or from the end, and is drawn where it is true. */
export function corrupted(chunks: readonly Chunk[], place: number | true, draw: (max: number) => number): Buffer[] {
  const bytes = inMemory(chunks)
  const body = bytes.length - sizeBytes
  if (body <= 0) return [bytes]
  const drawn = () => Math.min(headerBytes, body - 1) + draw(Math.max(1, body - headerBytes))
  const at = place === true ? drawn() : place < 0 ? body + place : place
  const index = sizeBytes + Math.min(body - 1, Math.max(0, at))
  bytes[index] = bytes[index]! ^ 0xff
  return [bytes]
}

/** One buffer of our own; what lies in files is read. */
function inMemory(chunks: readonly Chunk[]): Buffer {
  return Buffer.concat(
    chunks.map(chunk => {
      if (Buffer.isBuffer(chunk)) return chunk
      const bytes = Buffer.alloc(chunk.length)
      chunk.read(bytes, chunk.length, 0)
      return bytes
    }),
  )
}

/** A copy of a decoded message, its bytes included: handlers write offsets into record batches in place. */
export function copyOf<T>(value: T): T {
  if (Buffer.isBuffer(value)) return Buffer.from(value) as T
  if (Array.isArray(value)) return value.map(copyOf) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copyOf(each)])) as T
}
