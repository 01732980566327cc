/** DER, the encoding of certificates, keys and stores: reading its elements, and writing a few. */

/** One element. `content` is a view. */
export interface Der {
  readonly tag: number
  readonly content: Buffer
  /** Tag, length and content. */
  readonly whole: Buffer
}

export const derTags = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OID: 0x06,
  UTF8_STRING: 0x0c,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const

/** Bytes that are no DER, or not of the form that was expected. */
export class DerError extends Error {
  override readonly name = 'DerError'
}

/** The element at the start. Throws DerError. */
export function readDer(bytes: Buffer, at = 0): Der {
  const tag = bytes[at]
  let length = bytes[at + 1]
  if (tag === undefined || length === undefined) throw new DerError('an element ends before its length')
  let start = at + 2
  if (length === 0x80) return readIndefinite(bytes, at, tag)
  if (length > 0x80) {
    const count = length & 0x7f
    if (count > 4 || start + count > bytes.length) throw new DerError('an element has a length that is too large')
    length = bytes.readUIntBE(start, count)
    start += count
  }
  if (start + length > bytes.length) throw new DerError(`an element of ${length} bytes, where fewer are left`)
  return { tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) }
}

/** BER, which some tools write around encrypted content: elements up to one that is empty. */
function readIndefinite(bytes: Buffer, at: number, tag: number): Der {
  let end = at + 2
  while (bytes[end] !== 0 || bytes[end + 1] !== 0) end += readDer(bytes, end).whole.length
  return { tag, content: bytes.subarray(at + 2, end), whole: bytes.subarray(at, end + 2) }
}

/** The elements that follow each other in the content of one. Throws DerError. */
export function childrenOf({ content }: { readonly content: Buffer }): Der[] {
  const children: Der[] = []
  for (let at = 0; at < content.length; ) {
    const child = readDer(content, at)
    children.push(child)
    at += child.whole.length
  }
  return children
}

/** The elements of one that must have this tag. Throws DerError. */
export function partsOf(der: Der | undefined, tag: number = derTags.SEQUENCE): Der[] {
  if (der?.tag !== tag) throw new DerError(`an element of tag ${der?.tag ?? 'none'}, where ${tag} is expected`)
  return childrenOf(der)
}

/** The bytes of an octet string, also where it is in pieces. */
export function octetsOf(der: Der | undefined): Buffer {
  if (der === undefined) throw new DerError('bytes are missing')
  // Constructed: BER in pieces.
  return (der.tag & 0x20) === 0 ? der.content : Buffer.concat(childrenOf(der).map(octetsOf))
}

/** A small number. */
export function numberOf(der: Der | undefined): number {
  if (der?.tag !== derTags.INTEGER || der.content.length === 0 || der.content.length > 6) {
    throw new DerError('a number is missing, or too large')
  }
  return der.content.readIntBE(0, der.content.length)
}

/** An object identifier in dotted form. */
export function oidOf(der: Der | undefined): string {
  if (der?.tag !== derTags.OID) throw new DerError('an object identifier is missing')
  const arcs: bigint[] = []
  let arc = 0n
  for (const byte of der.content) {
    arc = (arc << 7n) | BigInt(byte & 0x7f)
    if (byte & 0x80) continue
    arcs.push(arc)
    arc = 0n
  }
  const first = arcs.shift() ?? 0n
  const root = first < 80n ? first / 40n : 2n
  return [root, first - root * 40n, ...arcs].join('.')
}

/** An element of these parts. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([Buffer.from([tag]), lengthBytes(length), ...parts])
}

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(length)
  const short = bytes.subarray(bytes.findIndex(byte => byte !== 0))
  return Buffer.concat([Buffer.from([0x80 | short.length]), short])
}

export function derSequence(...parts: readonly Uint8Array[]): Buffer {
  return der(derTags.SEQUENCE, ...parts)
}

export function derOid(text: string): Buffer {
  const [first, second, ...rest] = text.split('.').map(Number)
  const bytes = [first! * 40 + second!, ...rest].flatMap(arc => {
    const digits = [arc & 0x7f]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left & 0x7f) | 0x80)
    return digits
  })
  return der(derTags.OID, Buffer.from(bytes))
}
