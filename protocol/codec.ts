/** Bytes to objects and back: the one door to the codec. Code is compiled when a message is first met at a version. */
import { type Codec, compile } from './compile.ts'
import { interpretRead, interpretWrite } from './interpret.ts'
import { type Layout, layoutOf } from './layout.ts'
import { DecodeError, Reader } from './reader.ts'
import type { DecodedOf, EncodableOf, Message } from './schema.ts'
import { EncodeError, MessageSizeError, Writer } from './writer.ts'

export { DecodeError } from './reader.ts'
export { EncodeError } from './writer.ts'

/** Decoding and encoding are synchronous and never nested, so that one of each serves all. */
const reader = new Reader()
const writer = new Writer()

const codecs = new Map<Message, Codec[]>()

/** The compiled code of a message at a version, or the interpreter where code must not be made from strings. */
export function codecOf(message: Message, version: number): Codec {
  return codecs.get(message)?.[version] ?? makeCodec(message, version)
}

function makeCodec(message: Message, version: number): Codec {
  const codec = compileOrInterpret(layoutOf(message, version))
  const ofMessage = codecs.get(message) ?? []
  ofMessage[version] = codec
  codecs.set(message, ofMessage)
  return codec
}

function compileOrInterpret(layout: Layout): Codec {
  try {
    return compile(layout)
  } catch (error) {
    if (!(error instanceof EvalError)) throw error
    return interpreted(layout)
  }
}

/** The interpreter in the compiled code's place. */
export function interpreted(layout: Layout): Codec {
  return {
    read: from => interpretRead(layout, from),
    write: (to, value) => interpretWrite(layout, to, value),
  }
}

/**
 * Decodes `buffer[start, end)`. Bytes and records are views of `buffer`. What follows the message is left alone, as Kafka does.
 * DecodeError says at which byte, counted from `start`, and in which field.
 */
export function decode<M extends Message>(
  message: M,
  version: number,
  buffer: Buffer,
  start = 0,
  end: number = buffer.length,
): DecodedOf<M> {
  const codec = codecOf(message, version)
  try {
    return codec.read(reader.reset(buffer, start, end)) as DecodedOf<M>
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    interpretRead(layoutOf(message, version), reader.reset(buffer, start, end))
    throw error
  }
}

/**
 * Decodes exactly, at the price of speed: int64 values are bigints, and what Kafka lets pass is an error too (bytes that follow
 * the message, tagged fields whose size is not what they take).
 */
export function decodeExact(message: Message, version: number, buffer: Buffer): object {
  const layout = layoutOf(message, version)
  reader.reset(buffer)
  reader.strict = true
  const value = interpretRead(layout, reader, true)
  if (reader.bytesLeft > 0) reader.fail(`bytes left over after the message: ${reader.bytesLeft}`)
  return value
}

/** Encodes a value whose int64 values may be bigints. */
export function encodeExact(message: Message, version: number, value: object): Buffer {
  interpretWrite(layoutOf(message, version), writer.start(), value)
  return writer.finishContiguous()
}

/** Encodes into one buffer, which is a view of a block shared with other messages: copy it to keep it for long. */
export function encode<M extends Message>(message: M, version: number, value: EncodableOf<M>): Buffer {
  encodeInto(message, version, value, writer.start())
  return writer.finishContiguous()
}

/** Appends a message to a writer; EncodeError names the field that cannot be encoded. */
export function encodeInto<M extends Message>(message: M, version: number, value: EncodableOf<M>, to: Writer): void {
  try {
    codecOf(message, version).write(to, value)
  } catch (error) {
    if (error instanceof MessageSizeError || !(error instanceof EncodeError || error instanceof TypeError)) throw error
    interpretWrite(layoutOf(message, version), new Writer(), value)
    throw error
  }
}
