/** The sparse index of a segment by offset (`.index`): entries of int32 offset relative to the segment's, int32 position. */
import { assert } from '../lib/base/assert.ts'
import type { Files } from './files.ts'
import { IndexFile } from './index-file.ts'

const entryBytes = 8

/** Greatest distance of an offset from its segment's first that an entry can say. */
export const relativeOffsetMax = 0x7fffffff

/** Where to begin looking for an offset: entries say that a batch with that last offset begins at that position. */
export class OffsetIndex {
  readonly file: IndexFile
  readonly #baseOffset: number
  /** Offset of the last entry; −1 until it was asked for. */
  #lastOffset = -1

  constructor(files: Files, path: string, baseOffset: number) {
    this.file = new IndexFile(files, path, entryBytes)
    this.#baseOffset = baseOffset
  }

  /** Offset of the last entry, the segment's own where there is none. Read from the file where it is asked for the first time. */
  get lastOffset(): number {
    if (this.file.count === 0) return this.#baseOffset
    if (this.#lastOffset < 0) this.#lastOffset = this.offset(this.file.count - 1)
    return this.#lastOffset
  }

  /** Whether an index of so many bytes has no room for one more. */
  isFull(bytesMax: number): boolean {
    return this.file.count >= Math.floor(bytesMax / entryBytes)
  }

  offset(index: number): number {
    const at = this.file.at(index)
    return this.#baseOffset + this.file.block.readInt32BE(at)
  }

  position(index: number): number {
    const at = this.file.at(index)
    return this.file.block.readInt32BE(at + 4)
  }

  append(offset: number, position: number): void {
    assert(this.file.count === 0 || offset > this.lastOffset, 'offsets in an index increase')
    const at = this.file.push()
    this.file.block.writeInt32BE(offset - this.#baseOffset, at)
    this.file.block.writeInt32BE(position, at + 4)
    this.#lastOffset = offset
  }

  /** Position of the greatest entry that is not above the offset, 0 where there is none. */
  lookup(offset: number): number {
    const index = this.#floor(offset, false)
    return index < 0 ? 0 : this.position(index)
  }

  /** Position of the entry before the greatest that is not behind the position, 0 where there is none. */
  positionBefore(position: number): number {
    const index = this.#floor(position, true) - 1
    return index < 0 ? 0 : this.position(index)
  }

  /** Drops entries of this offset and above. */
  truncateTo(offset: number): void {
    this.file.truncate(this.#floor(offset - 1, false) + 1)
    this.#lastOffset = -1
  }

  /** Begins again, to be completed by `trim`. */
  restart(): void {
    this.file.restart()
    this.#lastOffset = -1
  }

  #floor(value: number, byPosition: boolean): number {
    let low = 0
    let high = this.file.count - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      if ((byPosition ? this.position(middle) : this.offset(middle)) <= value) low = middle + 1
      else high = middle - 1
    }
    return high
  }
}
