/**
 * The memory of cleanings, used again by the next: new buffers for each batch or segment would lie about until they are collected,
 * several times as much as is in use.
 */

/** See the head of the file. Of each kind there is one; to ask for it again is to be done with what it held. */
export class CompactionMemory {
  readonly #keyBytesReserved: number
  #keys = new ArrayBuffer(0)
  /** How much of it may not be zero. */
  #keyBytesUsed = 0
  #reading = nothing
  #writing = nothing
  #batch = nothing
  #marks = new Uint8Array(0)

  /** Of the bytes that are set aside for keys at once, only those that come to be used cost anything. */
  constructor(keyBytesReserved = 0) {
    this.#keyBytesReserved = keyBytesReserved
  }

  /** Bytes that are set aside for keys. */
  get keyBytes(): number {
    return this.#keys.byteLength
  }

  /** For the map of keys: so many bytes or more, of which so many are zero. */
  keys(bytes: number): ArrayBuffer {
    if (bytes > this.#keys.byteLength) this.#keys = new ArrayBuffer(Math.max(bytes, this.#keyBytesReserved))
    else new Uint8Array(this.#keys, 0, this.#keyBytesUsed).fill(0)
    this.#keyBytesUsed = bytes
    return this.#keys
  }

  /** To read a log into. */
  reading(bytes: number): Buffer {
    this.#reading = atLeast(this.#reading, bytes)
    return this.#reading
  }

  /** To collect in what is written. */
  writing(bytes: number): Buffer {
    this.#writing = atLeast(this.#writing, bytes)
    return this.#writing
  }

  /** To put a batch together in. */
  batch(bytes: number): Buffer {
    this.#batch = atLeast(this.#batch, bytes)
    return this.#batch
  }

  /** A mark for each record of a batch, none of which is set. */
  marks(count: number): Uint8Array {
    if (this.#marks.length < count) this.#marks = new Uint8Array(2 ** Math.ceil(Math.log2(count)))
    else this.#marks.fill(0, 0, count)
    return this.#marks
  }
}

const nothing: Buffer = Buffer.alloc(0)

/** One that is too small grows by half at least, so that slowly growing batches do not leave many behind. */
function atLeast(buffer: Buffer, bytes: number): Buffer {
  return buffer.length >= bytes ? buffer : Buffer.allocUnsafeSlow(Math.max(bytes, Math.ceil(buffer.length * 1.5)))
}
