/** Java's own store, JKS: what keytool wrote before Java 9, and Kafka's older guides make. */
import { createHash } from 'node:crypto'
import { octetsOf, oidOf, partsOf, readDer } from './der.ts'
import { type Store, StoreError, sameBytes } from './store.ts'

const magic = 0xfeedfeed
/** The protection of keys in this form. */
const protection = '1.3.6.1.4.1.42.2.17.1.1'
const [keyTag, certificateTag] = [1, 2]
/** Part of the form: it goes into the digest after the password. */
const whitener = 'Mighty Aphrodite'
const digestBytes = 20

export function isJks(bytes: Buffer): boolean {
  return bytes.length > 12 && bytes.readUInt32BE(0) === magic
}

/** Java's other store of old; it is told from JKS by its first bytes. */
export function isJceks(bytes: Buffer): boolean {
  return bytes.length > 12 && bytes.readUInt32BE(0) === 0xcececece
}

/** Without a password the store is not checked, as in Java; without one for its keys they stay closed. Throws StoreError. */
export function readJks(bytes: Buffer, password: string | null, keyPassword: string | null): Store {
  if (password !== null && !isDigestOf(bytes, password)) throw new StoreError('password')
  const reader = new JksReader(bytes)
  reader.uint32()
  const version = reader.uint32()
  if (version !== 1 && version !== 2) throw new StoreError('unknown', `JKS version ${version}`)
  const keys: { key: Buffer; chain: Buffer[] }[] = []
  const trusted: Buffer[] = []
  for (let left = reader.uint32(); left > 0; left--) {
    const tag = reader.uint32()
    reader.text()
    reader.bytes(8)
    if (tag === keyTag) {
      const encrypted = reader.bytes(reader.uint32())
      const chain: Buffer[] = []
      for (let more = reader.uint32(); more > 0; more--) chain.push(reader.certificate(version))
      if (keyPassword !== null) keys.push({ key: openJksKey(encrypted, keyPassword), chain })
      trusted.push(...chain.slice(0, 1))
    } else if (tag === certificateTag) trusted.push(reader.certificate(version))
    else throw new StoreError('unknown', `an entry of type ${tag}`)
  }
  return { keys, trusted }
}

class JksReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  bytes(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new StoreError('unknown', 'an end before its time')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  uint32(): number {
    return this.bytes(4).readUInt32BE(0)
  }

  text(): string {
    return this.bytes(this.bytes(2).readUInt16BE(0)).toString('utf8')
  }

  certificate(version: number): Buffer {
    if (version === 2) this.text()
    return this.bytes(this.uint32())
  }
}

/** Java's characters: UTF-16, high byte first. */
function charactersOf(password: string): Buffer {
  return Buffer.from(password, 'utf16le').swap16()
}

function isDigestOf(bytes: Buffer, password: string): boolean {
  const digest = createHash('sha1')
    .update(charactersOf(password))
    .update(whitener)
    .update(bytes.subarray(0, -digestBytes))
    .digest()
  return sameBytes(digest, bytes.subarray(-digestBytes))
}

/** A key in PKCS8: it is covered by a stream of digests, each of the password and the one before. */
function openJksKey(encrypted: Buffer, password: string): Buffer {
  const [algorithm, wrapped] = partsOf(readDer(encrypted))
  const oid = oidOf(partsOf(algorithm)[0])
  if (oid !== protection) throw new StoreError('unknown', `protection ${oid} of a key`)
  const covered = octetsOf(wrapped)
  const characters = charactersOf(password)
  const body = covered.subarray(digestBytes, -digestBytes)
  const key = Buffer.alloc(body.length)
  let stream = covered.subarray(0, digestBytes)
  for (let at = 0; at < body.length; at++) {
    const within = at % digestBytes
    if (within === 0) stream = createHash('sha1').update(characters).update(stream).digest()
    key[at] = body[at]! ^ stream[within]!
  }
  const digest = createHash('sha1').update(characters).update(key).digest()
  if (!sameBytes(digest, covered.subarray(-digestBytes))) throw new StoreError('key password')
  return key
}
