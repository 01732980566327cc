/**
 * Writes Kafka's primitive types into blocks that are handed out front to back and never written twice, so that a finished
 * message is a view and needs no copy. Record bytes are not copied either, but put between the views.
 */
import { stringBytesMax } from './reader.ts'
import type { Chunk, FileBytes } from './records/chunk.ts'
import type { RecordBytes, UnknownTaggedField } from './schema.ts'

/** A value that cannot be put on the wire, and the field it was found in. */
export class EncodeError extends Error {
  /** Path of the field, such as `topics[2].name`; empty where it is not known. */
  readonly field: string
  readonly reason: string

  constructor(reason: string, field = '') {
    super(field === '' ? reason : `${reason}, in field ${field}`)
    this.name = 'EncodeError'
    this.reason = reason
    this.field = field
  }
}

/** A message of more bytes than there may be. */
export class MessageSizeError extends EncodeError {
  constructor(bytesMax: number, what: string) {
    super(`a message of more than ${bytesMax} bytes${what}`)
    this.name = 'MessageSizeError'
  }
}

/** The size of a frame has 32 signed bits, and counts a header too. */
const messageBytesMax = 0x7fffff00
/**
 * The same beside the records and other bytes that are put in by reference. The largest cluster takes a fraction of it; a request that
 * asks for the same again and again would fill memory.
 */
const ownBytesMax = 512 * 1024 * 1024

/** Holds some hundred answers of the usual size; a larger message gets a block of its own. */
const blockBytes = 64 * 1024

/** A message that has grown to this goes on in another block; below, it moves to a larger one. */
const largeSegmentBytes = 1024 * 1024

/** Below this, copying costs less than one more buffer to hand to the socket. */
const spliceBytesMin = 1024

/** Up to this many characters a loop is faster than the call into the runtime. */
const loopedCharactersMax = 64

const base64Values = new Uint8Array(128)
for (const [value, character] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].entries()) {
  base64Values[character.charCodeAt(0)] = value
}

export class Writer {
  buffer = Buffer.allocUnsafeSlow(blockBytes)
  view = new DataView(this.buffer.buffer)
  position = 0
  /** Where the bytes begin that are not yet in `chunks`; they always lie in one block. */
  private segmentStart = 0
  private limit = blockBytes
  private chunks: Chunk[] = []
  private chunkBytes = 0
  /** Those of `chunkBytes` that were written into blocks. */
  private ownBytes = 0
  /** Tagged fields that are open: within them nothing is spliced, so that their size can be put before them. */
  private taggedOpen = 0

  private readonly ownBytesMax: number

  constructor(bytesMax: number = ownBytesMax) {
    this.ownBytesMax = bytesMax
  }

  /** Begins a message, and drops one that was begun and not finished. */
  start(): this {
    this.position = this.segmentStart
    if (this.chunks.length > 0) this.chunks = []
    this.chunkBytes = 0
    this.ownBytes = 0
    this.taggedOpen = 0
    return this
  }

  /** Bytes written since `start`. */
  get bytesWritten(): number {
    return this.chunkBytes + this.position - this.segmentStart
  }

  /** The message as chunks in order, for one gathering write. */
  finish(): Chunk[] {
    // Nearly always all of it: an array of just that has no room for more.
    if (this.chunks.length === 0) {
      const only = [this.buffer.subarray(this.segmentStart, this.position)]
      this.segmentStart = this.position
      return only
    }
    this.closeSegment()
    const chunks = this.chunks
    this.chunks = []
    this.chunkBytes = 0
    return chunks
  }

  /** The message in one buffer; none of it may lie in a file. */
  finishContiguous(): Buffer {
    const chunks = this.finish() as Buffer[]
    return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
  }

  private closeSegment(): void {
    if (this.position === this.segmentStart) return
    const segment = this.buffer.subarray(this.segmentStart, this.position)
    this.segmentStart = this.position
    this.ownBytes += segment.length
    this.add(segment)
  }

  private add(chunk: Chunk): void {
    this.chunks.push(chunk)
    this.chunkBytes += chunk.length
    if (this.chunkBytes > messageBytesMax) throw new MessageSizeError(messageBytesMax, '')
  }

  /** Makes room for `bytes` and returns where they begin; `buffer` and `view` are new ones where the block was full. */
  reserve(bytes: number): number {
    const at = this.position
    const next = at + bytes
    if (next > this.limit) return this.grow(bytes)
    this.position = next
    return at
  }

  private grow(bytes: number): number {
    // What is large stays where it is; the content of a tagged field has to lie in one piece.
    if (this.position - this.segmentStart >= largeSegmentBytes && this.taggedOpen === 0) this.closeSegment()
    const pending = this.position - this.segmentStart
    if (this.ownBytes + pending + bytes > this.ownBytesMax) {
      throw new MessageSizeError(this.ownBytesMax, ' beside its records')
    }
    const buffer = Buffer.allocUnsafeSlow(Math.max(blockBytes, 2 * (pending + bytes)))
    this.buffer.copy(buffer, 0, this.segmentStart, this.position)
    this.buffer = buffer
    this.view = new DataView(buffer.buffer)
    this.limit = buffer.length
    this.segmentStart = 0
    this.position = pending + bytes
    return pending
  }

  bool(value: boolean): void {
    const at = this.reserve(1)
    this.buffer[at] = value ? 1 : 0
  }

  int8(value: number): void {
    const at = this.reserve(1)
    this.buffer[at] = value
  }

  int16(value: number): void {
    const at = this.reserve(2)
    this.view.setInt16(at, value)
  }

  uint16(value: number): void {
    const at = this.reserve(2)
    this.view.setUint16(at, value)
  }

  int32(value: number): void {
    const at = this.reserve(4)
    this.view.setInt32(at, value)
  }

  uint32(value: number): void {
    const at = this.reserve(4)
    this.view.setUint32(at, value)
  }

  int64(value: number): void {
    const at = this.reserve(8)
    this.int64At(at, value)
  }

  /** Beyond the range of 64 bits the nearest value that fits. */
  int64At(at: number, value: number): void {
    const high = Math.floor(value / 0x100000000)
    if (high > 0x7fffffff) this.view.setBigInt64(at, 0x7fffffffffffffffn)
    else if (high < -0x80000000) this.view.setBigInt64(at, -0x8000000000000000n)
    else {
      this.view.setInt32(at, high)
      this.view.setUint32(at + 4, value - high * 0x100000000)
    }
  }

  bigInt64(value: bigint): void {
    const at = this.reserve(8)
    this.view.setBigInt64(at, value)
  }

  float64(value: number): void {
    const at = this.reserve(8)
    this.view.setFloat64(at, value)
  }

  uuid(value: string): void {
    const at = this.reserve(16)
    this.uuidAt(at, value)
  }

  uuidAt(at: number, value: string): void {
    if (value.length !== 22) throw new EncodeError(`"${value}" is not a uuid of 22 characters`)
    const buffer = this.buffer
    for (let i = 0; i < 20; i += 4) {
      const word =
        (base64Values[value.charCodeAt(i)] << 18) |
        (base64Values[value.charCodeAt(i + 1)] << 12) |
        (base64Values[value.charCodeAt(i + 2)] << 6) |
        base64Values[value.charCodeAt(i + 3)]
      buffer[at] = word >>> 16
      buffer[at + 1] = word >>> 8
      buffer[at + 2] = word
      at += 3
    }
    buffer[at] = (base64Values[value.charCodeAt(20)] << 2) | (base64Values[value.charCodeAt(21)] >>> 4)
  }

  uvarint(value: number): void {
    if (value < 0x80) {
      const at = this.reserve(1)
      this.buffer[at] = value
      return
    }
    let rest = value >>> 0
    while (rest >= 0x80) {
      const at = this.reserve(1)
      this.buffer[at] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    const at = this.reserve(1)
    this.buffer[at] = rest
  }

  /** A signed varint of 32 bits, zigzag encoded. */
  varint(value: number): void {
    this.uvarint(((value << 1) ^ (value >> 31)) >>> 0)
  }

  /** Writes UTF-8 at `at`, where there is room for three bytes a character, and returns the number of bytes. */
  private textAt(at: number, value: string): number {
    const buffer = this.buffer
    const length = value.length
    if (length > loopedCharactersMax) return buffer.write(value, at, 'utf8')
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) return buffer.write(value, at, 'utf8')
      buffer[at + i] = code
    }
    return length
  }

  string(value: string): void {
    if (value.length > stringBytesMax) throw tooLong(value.length)
    const at = this.reserve(2 + value.length * 3)
    const bytes = this.textAt(at + 2, value)
    if (bytes > stringBytesMax) throw tooLong(bytes)
    this.view.setInt16(at, bytes)
    this.position = at + 2 + bytes
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1)
    else this.string(value)
  }

  compactString(value: string): void {
    if (value.length * 3 < 0x7f) {
      const at = this.reserve(1 + value.length * 3)
      const bytes = this.textAt(at + 1, value)
      this.buffer[at] = bytes + 1
      this.position = at + 1 + bytes
      return
    }
    const bytes = Buffer.byteLength(value)
    if (bytes > stringBytesMax) throw tooLong(bytes)
    this.uvarint(bytes + 1)
    const at = this.reserve(bytes)
    this.buffer.write(value, at, 'utf8')
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.uvarint(0)
    else this.compactString(value)
  }

  bytes(value: RecordBytes | Uint8Array): void {
    this.int32(lengthOf(value))
    this.splice(value)
  }

  nullableBytes(value: RecordBytes | Uint8Array | null): void {
    if (value === null) this.int32(-1)
    else this.bytes(value)
  }

  compactBytes(value: RecordBytes | Uint8Array): void {
    this.uvarint(lengthOf(value) + 1)
    this.splice(value)
  }

  compactNullableBytes(value: RecordBytes | Uint8Array | null): void {
    if (value === null) this.uvarint(0)
    else this.compactBytes(value)
  }

  /** Puts bytes into the message: small ones by copy, others by reference; they must then not change until they are sent. */
  splice(value: RecordBytes | Uint8Array): void {
    if (value instanceof Uint8Array) this.spliceOne(value)
    else for (const part of value) this.spliceOne(part)
  }

  private spliceOne(value: Uint8Array | FileBytes): void {
    if (!(value instanceof Uint8Array)) {
      this.closeSegment()
      this.add(value)
      return
    }
    if (value.length < spliceBytesMin || this.taggedOpen > 0) {
      const at = this.reserve(value.length)
      this.buffer.set(value, at)
      return
    }
    this.closeSegment()
    this.add(Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.length))
  }

  /** Begins a tagged field; what is written until `endTagged` is its content. Returns the mark to end it with. */
  beginTagged(tag: number): number {
    this.uvarint(tag)
    this.taggedOpen++
    return this.reserve(1) - this.segmentStart
  }

  /** Puts the size before the content; a size of several bytes moves the content up. */
  endTagged(mark: number): void {
    this.taggedOpen--
    const content = this.segmentStart + mark + 1
    const end = this.position
    const size = end - content
    if (size < 0x80) {
      this.buffer[content - 1] = size
      return
    }
    const more = Math.floor(Math.log2(size) / 7)
    this.reserve(more)
    const begin = this.segmentStart + mark
    this.buffer.copyWithin(begin + 1 + more, begin + 1, begin + 1 + size)
    const sized = this.position
    this.position = begin
    this.uvarint(size)
    this.position = sized
  }

  /** Writes the unknown tagged fields from `from` on whose tags are below `tag`; returns the next to write. */
  unknownTags(sorted: readonly UnknownTaggedField[], from: number, tag: number): number {
    while (from < sorted.length && sorted[from].tag < tag) {
      const field = sorted[from++]
      this.uvarint(field.tag)
      this.uvarint(field.data.length)
      const at = this.reserve(field.data.length)
      this.buffer.set(field.data, at)
    }
    return from
  }
}

/** Unknown tagged fields in the order of their tags; none may be one that the version knows. */
export function sortUnknownTags(fields: readonly UnknownTaggedField[], known: readonly number[]): UnknownTaggedField[] {
  for (const { tag } of fields) {
    if (known.includes(tag)) throw new EncodeError(`tag ${tag} is known in this version, and not an unknown field`)
  }
  return [...fields].sort((a, b) => a.tag - b.tag)
}

function lengthOf(value: RecordBytes | Uint8Array): number {
  if (value instanceof Uint8Array) return value.length
  let bytes = 0
  for (const part of value) bytes += part.length
  return bytes
}

function tooLong(bytes: number): EncodeError {
  return new EncodeError(`a string of ${bytes} bytes; ${stringBytesMax} is the most`)
}
