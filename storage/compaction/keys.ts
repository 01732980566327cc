/**
 * The greatest offset of each key, in a bounded piece of memory: 24 bytes a key, of which 16 are a hash that stands for it, by open
 * addressing in one ArrayBuffer. Where it is full, compaction goes on in another pass. Apache Kafka takes MD5; the first half of
 * SHA-256 costs the same and nobody can make a key that displaces another's record.
 */
import { hash } from 'node:crypto'

/** Bytes of a key's hash and its offset. */
export const keySlotBytes = 24

/** Offsets by key, of which no more than a share is used, so that looking up stays short. */
export class KeyOffsets {
  /** Greatest offset that is covered, −1 where none is. */
  latestOffset = -1
  /** Keys that are there. */
  size = 0
  readonly #keysMax: number
  readonly #slots: number
  /** Six to a slot: four of the hash, and the two of the offset. */
  readonly #words: Int32Array
  /** Three to a slot, the last of which is the offset plus one; 0 is an empty slot. */
  readonly #offsets: Float64Array

  /** `memory` gives so many bytes, zero all of them, or more. */
  constructor(bytes: number, loadFactor: number, memory = (least: number) => new ArrayBuffer(least)) {
    this.#slots = Math.max(2, Math.floor(bytes / keySlotBytes))
    // One slot stays empty, or a search for what is not there would not end.
    this.#keysMax = Math.max(1, Math.min(this.#slots - 1, Math.floor(this.#slots * loadFactor)))
    const slots = memory(this.bytes)
    this.#words = new Int32Array(slots, 0, this.#slots * 6)
    this.#offsets = new Float64Array(slots, 0, this.#slots * 3)
  }

  /** Bytes that it takes, full or empty. */
  get bytes(): number {
    return this.#slots * keySlotBytes
  }

  get isFull(): boolean {
    return this.size >= this.#keysMax
  }

  /** Notes that a key has a record at this offset, greater than all before. There must be room. */
  put(key: Buffer, offset: number): void {
    const slot = this.#find(key)
    if (this.#offsets[slot * 3 + 2] === 0) {
      this.size++
      for (let index = 0; index < 4; index++) this.#words[slot * 6 + index] = word[index]
    }
    this.#offsets[slot * 3 + 2] = offset + 1
    this.latestOffset = offset
  }

  /** The greatest offset of a key, −1 where it has none. */
  get(key: Buffer): number {
    return this.#offsets[this.#find(key) * 3 + 2] - 1
  }

  /** The slot of a key, or the empty one where it belongs; leaves the hash in `word`. */
  #find(key: Buffer): number {
    hashInto(key)
    const words = this.#words
    let slot = (word[0] >>> 0) % this.#slots
    while (this.#offsets[slot * 3 + 2] !== 0) {
      const at = slot * 6
      if (words[at] === word[0] && words[at + 1] === word[1] && words[at + 2] === word[2] && words[at + 3] === word[3])
        return slot
      slot = slot + 1 === this.#slots ? 0 : slot + 1
    }
    return slot
  }
}

/** The hash of the key that was last looked at. */
const word = new Int32Array(4)

/** A string costs less than half of what a buffer does. */
function hashInto(key: Buffer): void {
  const text = hash('sha256', key, 'binary')
  for (let index = 0; index < 4; index++) {
    const at = index * 4
    word[index] =
      text.charCodeAt(at) |
      (text.charCodeAt(at + 1) << 8) |
      (text.charCodeAt(at + 2) << 16) |
      (text.charCodeAt(at + 3) << 24)
  }
}
