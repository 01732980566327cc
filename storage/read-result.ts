/** What a read of a log gives: whole batches, as bytes or as their place in a file. */
import type { Chunk, FileBytes } from '../protocol/records/chunk.ts'
import type { RandomFile } from './files.ts'
import { returnBuffer } from './read-buffers.ts'

/** Whole batches, the first of which holds the offset asked for. */
export class ReadResult<C extends Chunk = Buffer> {
  readonly records: C[]
  readonly sizeInBytes: number
  /** Offset behind the last record; -1 where nothing was read. */
  readonly endOffset: number
  #borrowed: Buffer | RandomFile | null

  /** `borrowed` is what the records lie in: a buffer to be returned, or a file whose handle is lent. */
  constructor(records: C[], sizeInBytes: number, endOffset: number, borrowed: Buffer | RandomFile | null) {
    this.records = records
    this.sizeInBytes = sizeInBytes
    this.endOffset = endOffset
    this.#borrowed = borrowed
  }

  /** Gives the memory or the handle back once the records were sent; they must not be looked at any more. */
  release(): void {
    if (this.#borrowed === null) return
    if (Buffer.isBuffer(this.#borrowed)) returnBuffer(this.#borrowed)
    else this.#borrowed.takeBack()
    this.#borrowed = null
  }
}

/** Nothing to read. */
export const emptyRead = new ReadResult<never>([], 0, -1, null)

/** A stretch of a file whose handle is lent. */
export class FileSlice implements FileBytes {
  readonly file: RandomFile
  readonly fd: number
  readonly position: number
  readonly length: number

  constructor(file: RandomFile, fd: number, position: number, length: number) {
    this.file = file
    this.fd = fd
    this.position = position
    this.length = length
  }

  read(into: Buffer, length: number, from: number): number {
    return this.file.read(into, 0, length, this.position + from)
  }
}
