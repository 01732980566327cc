/** Reads Kafka's primitive types from a view of a frame. Every read is checked against the end that was given. */
import { sharedText } from './shared-text.ts'

/** Bytes that are not the message they should be: at which byte (counted from where decoding began) and in which field. */
export class DecodeError extends Error {
  readonly byte: number
  /** Path of the field, such as `topics[2].partitions[0].index`; empty where it is not known. */
  readonly field: string
  readonly reason: string

  constructor(reason: string, byte: number, field = '') {
    super(field === '' ? `${reason}, at byte ${byte}` : `${reason}, at byte ${byte} in field ${field}`)
    this.name = 'DecodeError'
    this.reason = reason
    this.byte = byte
    this.field = field
  }
}

/** A tagged field that the declaration does not know. */
interface UnknownTag {
  readonly tag: number
  readonly data: Buffer
}

/** Unknown tagged fields that one message keeps; what comes after is read past, so that a frame full of them costs no memory. */
export const unknownTaggedFieldsKeptMax = 1_000

/**
 * Elements in all arrays of one message. An element of two bytes becomes an object of a hundred, so that a frame of the largest
 * size that is let in could fill the heap; a request for every partition of the largest cluster stays far below.
 */
export const elementsMax = 2_000_000

/** Longest string in bytes: the old encoding has 16 signed bits for it, and Kafka holds the compact one to the same. */
export const stringBytesMax = 0x7fff

/** Longer texts are seldom seen twice. */
const cachedTextBytesMax = 48
const cacheSlots = 1024

const emptyBuffer = Buffer.alloc(0)
const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Names and ids come again and again: a seen one costs a comparison, not a string, and keeps its hash for maps. */
const texts: string[] = new Array(cacheSlots).fill('')
const uuids: string[] = new Array(cacheSlots).fill(zeroUuid)
const uuidWords = new Int32Array(cacheSlots * 4)

export class Reader {
  buffer: Buffer = emptyBuffer
  view: DataView = new DataView(emptyBuffer.buffer, emptyBuffer.byteOffset, 0)
  start = 0
  position = 0
  end = 0
  /** Trailing bytes, sizes that do not fit and tagged fields too many to keep are errors, where Kafka lets them pass. */
  strict = false
  private unknownTaggedFieldsKept = 0
  private elements = 0

  /** Points the reader at `buffer[start, end)`. */
  reset(buffer: Buffer, start = 0, end: number = buffer.length): this {
    if (start < 0 || end > buffer.length || start > end) {
      throw new RangeError(`no bytes ${start} to ${end} in a buffer of ${buffer.length}`)
    }
    if (buffer !== this.buffer) {
      this.buffer = buffer
      this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
    }
    this.start = start
    this.position = start
    this.end = end
    this.strict = false
    this.unknownTaggedFieldsKept = 0
    this.elements = 0
    return this
  }

  get bytesLeft(): number {
    return this.end - this.position
  }

  /** Throws the error for what stands at `position`, by default where reading has come to. */
  fail(reason: string, position: number = this.position): never {
    throw new DecodeError(reason, position - this.start)
  }

  /** Steps over `bytes` and returns where they begin. */
  take(bytes: number): number {
    const at = this.position
    const next = at + bytes
    if (next > this.end) this.fail(`bytes needed: ${bytes}, left: ${this.end - at}`)
    this.position = next
    return at
  }

  bool(): boolean {
    return this.view.getInt8(this.take(1)) !== 0
  }

  int8(): number {
    return this.view.getInt8(this.take(1))
  }

  int16(): number {
    return this.view.getInt16(this.take(2))
  }

  uint16(): number {
    return this.view.getUint16(this.take(2))
  }

  int32(): number {
    return this.view.getInt32(this.take(4))
  }

  uint32(): number {
    return this.view.getUint32(this.take(4))
  }

  int64(): number {
    const at = this.take(8)
    return this.view.getInt32(at) * 0x100000000 + this.view.getUint32(at + 4)
  }

  bigInt64(): bigint {
    return this.view.getBigInt64(this.take(8))
  }

  float64(): number {
    return this.view.getFloat64(this.take(8))
  }

  uuid(): string {
    return this.uuidAt(this.take(16))
  }

  uuidAt(at: number): string {
    const view = this.view
    const a = view.getInt32(at)
    const b = view.getInt32(at + 4)
    const c = view.getInt32(at + 8)
    const d = view.getInt32(at + 12)
    const mixed = a ^ b ^ c ^ d
    const slot = (mixed ^ (mixed >>> 12)) & (cacheSlots - 1)
    const words = slot * 4
    if (
      uuidWords[words] === a &&
      uuidWords[words + 1] === b &&
      uuidWords[words + 2] === c &&
      uuidWords[words + 3] === d
    )
      return uuids[slot]
    const text = sharedText(this.buffer.toString('base64url', at, at + 16))
    uuids[slot] = text
    uuidWords[words] = a
    uuidWords[words + 1] = b
    uuidWords[words + 2] = c
    uuidWords[words + 3] = d
    return text
  }

  /** An unsigned varint of up to 32 bits in at most five bytes. */
  uvarint(): number {
    const position = this.position
    if (position < this.end) {
      const byte = this.buffer[position]
      if (byte < 0x80) {
        this.position = position + 1
        return byte
      }
    }
    return this.longUvarint()
  }

  /** A signed varint of 32 bits, zigzag encoded. */
  varint(): number {
    const value = this.uvarint()
    return (value >>> 1) ^ -(value & 1)
  }

  private longUvarint(): number {
    const at = this.position
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer[this.take(1)]
      if (shift === 28 && byte > 0x0f) {
        this.fail(byte > 0x7f ? 'a varint of more than five bytes' : 'a varint of more than 32 bits', at)
      }
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    return value >>> 0
  }

  /** `bytes` of UTF-8; what is not valid becomes U+FFFD, which takes three bytes. What comes of it can be encoded again. */
  private text(bytes: number): string {
    const at = this.take(bytes)
    if (bytes > cachedTextBytesMax) {
      const text = this.buffer.toString('utf8', at, at + bytes)
      if (bytes * 3 > stringBytesMax && Buffer.byteLength(text) > stringBytesMax) {
        this.fail(`${bytes} bytes that are not UTF-8 and too long with characters in their place`, at)
      }
      return text
    }
    const buffer = this.buffer
    let hash = bytes
    for (let i = at; i < at + bytes; i++) hash = (Math.imul(hash, 31) + buffer[i]) | 0
    const slot = (hash ^ (hash >>> 15)) & (cacheSlots - 1)
    const seen = texts[slot]
    if (seen.length === bytes) {
      let i = 0
      while (i < bytes && seen.charCodeAt(i) === buffer[at + i]) i++
      if (i === bytes) return seen
    }
    const text = sharedText(buffer.toString('utf8', at, at + bytes))
    if (text.length === bytes) texts[slot] = text
    return text
  }

  private compactLength(): number {
    const at = this.position
    const length = this.uvarint() - 1
    if (length > 0x7fffffff) this.fail(`a length of ${length}`, at)
    return length
  }

  string(): string {
    const at = this.position
    const length = this.int16()
    if (length < 0) this.fail('null where it is not allowed', at)
    return this.text(length)
  }

  nullableString(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.text(length)
  }

  compactString(): string {
    const at = this.position
    return this.compactNullableString() ?? this.fail('null where it is not allowed', at)
  }

  compactNullableString(): string | null {
    const at = this.position
    const length = this.compactLength()
    if (length < 0) return null
    if (length > stringBytesMax) this.fail(`a string of ${length} bytes; ${stringBytesMax} is the most`, at)
    return this.text(length)
  }

  private blob(length: number): Buffer {
    const at = this.take(length)
    return this.buffer.subarray(at, at + length)
  }

  bytes(): Buffer {
    const at = this.position
    return this.nullableBytes() ?? this.fail('null where it is not allowed', at)
  }

  nullableBytes(): Buffer | null {
    const length = this.int32()
    return length < 0 ? null : this.blob(length)
  }

  compactBytes(): Buffer {
    const at = this.position
    return this.compactNullableBytes() ?? this.fail('null where it is not allowed', at)
  }

  compactNullableBytes(): Buffer | null {
    const length = this.compactLength()
    return length < 0 ? null : this.blob(length)
  }

  /** An array's count. `elementBytesMin` (at least 1) is what each element takes at the least, so that a count is believed only where its elements can follow. */
  count(elementBytesMin: number): number {
    const at = this.position
    const count = this.nullableCount(elementBytesMin)
    if (count < 0) this.fail('null where it is not allowed', at)
    return count
  }

  /** The same, or -1 for null. */
  nullableCount(elementBytesMin: number): number {
    const at = this.position
    return this.believe(this.int32(), elementBytesMin, at)
  }

  compactCount(elementBytesMin: number): number {
    const at = this.position
    const count = this.compactNullableCount(elementBytesMin)
    if (count < 0) this.fail('null where it is not allowed', at)
    return count
  }

  compactNullableCount(elementBytesMin: number): number {
    const at = this.position
    return this.believe(this.uvarint() - 1, elementBytesMin, at)
  }

  private believe(count: number, elementBytesMin: number, at: number): number {
    if (count * elementBytesMin > this.end - this.position) {
      this.fail(`${count} elements, but only ${this.end - this.position} bytes follow`, at)
    }
    if (count <= 0) return count < 0 ? -1 : 0
    this.elements += count
    if (this.elements > elementsMax) this.fail(`more than ${elementsMax} elements in the arrays of one message`, at)
    return count
  }

  /** The number of tagged fields that follow; each takes two bytes at the least. */
  tagCount(): number {
    const at = this.position
    const count = this.uvarint()
    if (count * 2 > this.end - this.position) {
      this.fail(`${count} tagged fields, but only ${this.end - this.position} bytes follow`, at)
    }
    return count
  }

  /** A whole tag section of which no tag is known. */
  unknownTags(): UnknownTag[] | undefined {
    let kept: UnknownTag[] | undefined
    for (let left = this.tagCount(); left > 0; left--) kept = this.unknownTag(kept, this.uvarint())
    return kept
  }

  /** The size and the bytes of an unknown tagged field, added to those kept so far. */
  unknownTag(kept: UnknownTag[] | undefined, tag: number): UnknownTag[] | undefined {
    const size = this.uvarint()
    const at = this.take(size)
    if (this.unknownTaggedFieldsKept >= unknownTaggedFieldsKeptMax) {
      if (this.strict) this.fail(`more than ${unknownTaggedFieldsKeptMax} unknown tagged fields`, at)
      return kept
    }
    this.unknownTaggedFieldsKept++
    kept ??= []
    kept.push({ tag, data: this.buffer.subarray(at, at + size) })
    return kept
  }
}
