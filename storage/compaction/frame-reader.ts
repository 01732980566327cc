/** Reads a file batch by batch in large pieces, at the pace of whoever asks; `scanFrames` is for what is done in one go. */

import { DamageError } from '../faults.ts'
import type { RandomFile } from '../files.ts'
import { frameHeaderBytes, frameIsSound, frameSize } from '../frames.ts'
import type { CompactionMemory } from './memory.ts'

/** The batches of one segment, from its first on. */
export class FrameReader {
  /** Where the current batch is. The buffer changes with `fill`. */
  b: Buffer
  at = 0
  size = 0
  readonly #file: RandomFile
  readonly #end: number
  readonly #memory: CompactionMemory
  /** Where the next batch begins, how far the buffer is filled, and where the buffer's first byte lies in the file. */
  #next = 0
  #length = 0
  #position = 0

  constructor(file: RandomFile, end: number, bufferBytes: number, memory: CompactionMemory) {
    this.#file = file
    this.#end = end
    this.#memory = memory
    this.b = memory.reading(Math.max(frameHeaderBytes, bufferBytes))
  }

  /** Whether the next batch is not in the buffer as a whole, and `fill` must come before `next`. */
  get needsMore(): boolean {
    const left = this.#length - this.#next
    if (this.#position + this.#length >= this.#end) return false
    return left < frameHeaderBytes || left < frameSize(this.b, this.#next)
  }

  /** Reads on until a whole batch is there; gives the bytes read. */
  fill(): number {
    const begin = this.#position + this.#length
    do {
      const left = this.#length - this.#next
      const size = left < frameHeaderBytes ? frameHeaderBytes : frameSize(this.b, this.#next)
      const from = this.b
      // A size that is no batch's is found out by `next`.
      if (size > from.length && size <= this.#end) this.b = this.#memory.reading(size)
      from.copy(this.b, 0, this.#next, this.#length)
      this.#position += this.#next
      this.#next = 0
      const wanted = Math.min(this.b.length - left, this.#end - this.#position - left)
      const count = this.#file.read(this.b, left, wanted, this.#position + left)
      this.#length = left + count
      if (count === 0) break
    } while (this.needsMore)
    return this.#position + this.#length - begin
  }

  /** Goes to the next batch; false behind the last. Throws where there is something that is no sound batch. */
  next(): boolean {
    const { b } = this
    const at = this.#next
    const left = this.#length - at
    if (left === 0 && this.#position + at >= this.#end) return false
    const size = left < frameHeaderBytes ? 0 : frameSize(b, at)
    if (size === 0 || size > left || !frameIsSound(b, at, size)) {
      throw new DamagedLogError(this.#file.path, this.#position + at)
    }
    this.at = at
    this.size = size
    this.#next = at + size
    return true
  }

  close(): void {
    this.#file.close()
  }
}

/** What should be a batch is none, or is not what it was when it was written. */
export class DamagedLogError extends DamageError {
  constructor(path: string, position: number) {
    super(`${path} is damaged at byte ${position}`)
    this.name = 'DamagedLogError'
  }
}
