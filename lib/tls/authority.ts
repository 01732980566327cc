/** A throw-away certificate authority: for `--dev-tls`, where nobody wants to make one, and for tests. Keys are EC, on P-256. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { der, derOid, derSequence, derTags } from './der.ts'
import { pemOf } from './pem.ts'

/** A certificate with its key, both PEM. */
export interface Certified {
  readonly certificate: string
  readonly key: string
}

/** What a certificate says of its owner. */
export interface Subject {
  /** The common name. */
  readonly name: string
  /** Names and addresses of hosts. */
  readonly hosts?: readonly string[]
  /** When it ends, in days from now; may be in the past. */
  readonly days?: number
}

const ecdsaWithSha256 = derSequence(derOid('1.2.840.10045.4.3.2'))
const dayMs = 86_400_000
/** A year and a month: the longest that clients of all kinds take from a public authority. */
const daysDefault = 397
/** Clocks of other machines may be behind. */
const graceMs = dayMs

export class Authority {
  readonly certificate: string
  readonly #key: string
  readonly #name: Buffer
  readonly #nowMs: number

  /** Makes one that is good from now on, in milliseconds since 1970, for so many days. */
  constructor(nowMs: number, name = 'Ottla throw-away authority', days = daysDefault) {
    this.#nowMs = nowMs
    this.#name = nameOf(name)
    const { publicKey, key } = keyPair()
    this.#key = key
    const constraints = extension('2.5.29.19', true, derSequence(der(derTags.BOOLEAN, Buffer.from([0xff]))))
    // Signs certificates and revocation lists.
    const usage = extension('2.5.29.15', true, der(derTags.BIT_STRING, Buffer.from([1, 0x06])))
    this.certificate = this.#signed(this.#name, publicKey, publicKey, days, [constraints, usage])
  }

  /** A certificate for a broker or a client. */
  issue({ name, hosts = [], days = daysDefault }: Subject): Certified {
    const { publicKey, key } = keyPair()
    const authorityKey = createPublicKey(createPrivateKey(this.#key)).export({ type: 'spki', format: 'der' })
    const extensions = [
      extension('2.5.29.19', true, derSequence()),
      // Signs handshakes.
      extension('2.5.29.15', true, der(derTags.BIT_STRING, Buffer.from([7, 0x80]))),
      // As a server and as a client.
      extension('2.5.29.37', false, derSequence(derOid('1.3.6.1.5.5.7.3.1'), derOid('1.3.6.1.5.5.7.3.2'))),
      ...(hosts.length === 0 ? [] : [extension('2.5.29.17', false, derSequence(...hosts.map(hostName)))]),
    ]
    return { certificate: this.#signed(nameOf(name), publicKey, authorityKey, days, extensions), key }
  }

  #signed(subject: Buffer, publicKey: Buffer, signer: Buffer, days: number, extensions: readonly Buffer[]): string {
    const identifiers = [
      extension('2.5.29.14', false, der(derTags.OCTET_STRING, keyId(publicKey))),
      extension('2.5.29.35', false, derSequence(der(0x80, keyId(signer)))),
    ]
    const endMs = this.#nowMs + days * dayMs
    const toBeSigned = derSequence(
      der(0xa0, der(derTags.INTEGER, Buffer.from([2]))),
      // The key is new for each certificate, so its digest is a number that no other has.
      serialOf(publicKey),
      ecdsaWithSha256,
      this.#name,
      derSequence(time(Math.min(this.#nowMs, endMs) - graceMs), time(endMs)),
      subject,
      publicKey,
      der(0xa3, derSequence(...extensions, ...identifiers)),
    )
    const signature = sign('sha256', toBeSigned, this.#key)
    const bits = der(derTags.BIT_STRING, Buffer.from([0]), signature)
    return pemOf('CERTIFICATE', derSequence(toBeSigned, ecdsaWithSha256, bits))
  }
}

function keyPair(): { publicKey: Buffer; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

function keyId(publicKey: Buffer): Buffer {
  return createHash('sha256').update(publicKey).digest().subarray(0, 20)
}

function nameOf(commonName: string): Buffer {
  const text = der(derTags.UTF8_STRING, Buffer.from(commonName))
  return derSequence(der(derTags.SET, derSequence(derOid('2.5.4.3'), text)))
}

function extension(oid: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [der(derTags.BOOLEAN, Buffer.from([0xff]))] : []
  return derSequence(derOid(oid), ...critical, der(derTags.OCTET_STRING, value))
}

function hostName(host: string): Buffer {
  const kind = isIP(host)
  return kind === 0 ? der(0x82, Buffer.from(host)) : der(0x87, kind === 4 ? v4Bytes(host) : v6Bytes(host))
}

function v4Bytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number))
}

function v6Bytes(address: string): Buffer {
  const groups = (text: string) => (text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16)))
  const [head = '', tail] = address.split('%')[0]!.split('::')
  const [before, after] = [groups(head), groups(tail ?? '')]
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
  return Buffer.from(all.flatMap(group => [group >> 8, group & 255]))
}

function serialOf(publicKey: Buffer): Buffer {
  const bytes = createHash('sha256').update(publicKey).digest().subarray(0, 16)
  // Positive, and without a leading zero.
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return der(derTags.INTEGER, bytes)
}

function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')}`
  // The short form ends with 2049.
  return text < '2050' ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text))
}
