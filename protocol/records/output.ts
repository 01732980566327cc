/**
 * The output that blocks are decoded to, one after another: memory that the next stream reuses. The result is a view of it, or a copy.
 * Input is copied behind the room for its output.
 */

import { type Blocks, blocks, memoryBytesMax, slackBytes } from './blocks.ts'

/** The bytes of one stream while its blocks are decoded. */
export class Output {
  /** Bytes so far. */
  bytes = 0
  /** How many of them are in the memory; earlier ones were moved to `#parts` to make room. */
  #held = 0
  #parts: Buffer[] = []
  readonly #blocks: Blocks

  constructor(decoders: Blocks = blocks()) {
    this.#blocks = decoders
  }

  /** Begins a new stream. */
  clear(): void {
    this.bytes = this.#held = 0
    if (this.#parts.length > 0) this.#parts = []
  }

  /** Whether a block of these sizes, compressed and decompressed, fits into the memory. */
  static takes(packedBytes: number, bytesMax: number): boolean {
    return packedBytes + bytesMax + 2 * slackBytes <= memoryBytesMax
  }

  /** Decodes a block to at most `bytesMax` bytes; returns how many, or a code of `blocks.ts`. */
  decode(kind: 'lz4' | 'snappy', data: Buffer, start: number, end: number, bytesMax: number): number {
    const memory = this.#room(end - start, bytesMax)
    const target = this.#held
    const targetEnd = target + bytesMax
    const source = targetEnd + slackBytes
    data.copy(memory, source, start, end)
    const reached = this.#blocks[kind](source, source + end - start, target, targetEnd)
    if (reached < 0) return reached
    this.#held = reached
    this.bytes += reached - target
    return reached - target
  }

  /** Appends bytes that are not compressed. */
  put(data: Buffer, start: number, end: number): void {
    if (!Output.takes(0, end - start)) {
      this.#spill()
      this.#parts.push(Buffer.from(data.subarray(start, end)))
    } else {
      const memory = this.#room(0, end - start)
      data.copy(memory, this.#held, start, end)
      this.#held += end - start
    }
    this.bytes += end - start
  }

  /** All bytes: with `isShared` a view where they are contiguous, which is valid until the next stream; otherwise a new buffer. */
  result(isShared: boolean): Buffer {
    const held = this.#blocks.memory(0).subarray(0, this.#held)
    if (this.#parts.length === 0) return isShared ? held : Buffer.from(held)
    const all = Buffer.concat([...this.#parts, held], this.bytes)
    this.#parts = []
    return all
  }

  #room(packedBytes: number, bytesMax: number): Buffer {
    const bytes = packedBytes + bytesMax + 2 * slackBytes
    if (this.#held + bytes > memoryBytesMax) this.#spill()
    return this.#blocks.memory(this.#held + bytes)
  }

  #spill(): void {
    if (this.#held === 0) return
    this.#parts.push(Buffer.from(this.#blocks.memory(0).subarray(0, this.#held)))
    this.#held = 0
  }
}

let shared: Output | undefined

/** The output of this thread, empty. */
export function emptyOutput(): Output {
  shared ??= new Output()
  shared.clear()
  return shared
}
