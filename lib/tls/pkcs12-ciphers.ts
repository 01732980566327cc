/** How the content of PKCS12 stores is encrypted: PBES2 of PKCS5 today, and the older ways of PKCS12 itself. */
import { createDecipheriv, createHash, pbkdf2Sync } from 'node:crypto'
import { type Der, derTags, numberOf, octetsOf, oidOf, partsOf } from './der.ts'
import { decryptRc2 } from './rc2.ts'
import { StoreError } from './store.ts'

const digests: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
  // The same in HMAC.
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}

const ciphers: Readonly<Record<string, { readonly name: string; readonly keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24 },
}

const pbes2 = '1.2.840.113549.1.5.13'
const pkcs12Pbe = '1.2.840.113549.1.12.1.'

/** As in Java; more would be a store that is made to hold up its reader. */
const roundsMax = 5_000_000

/** The name of a digest, also of one in an HMAC. Throws StoreError. */
export function digestName(oid: string): string {
  const name = digests[oid]
  if (name === undefined) throw new StoreError('unknown', `digest ${oid}`)
  return name
}

/** The plain bytes. Throws StoreError. */
export function decrypt(algorithm: Der | undefined, bytes: Buffer, password: string | null): Buffer {
  const [oid, parameters] = partsOf(algorithm)
  const name = oidOf(oid)
  try {
    if (name === pbes2) return decryptPbes2(parameters, bytes, password ?? '')
    if (name.startsWith(pkcs12Pbe)) return decryptPkcs12(name, parameters, bytes, password)
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_OSSL_BAD_DECRYPT') throw new StoreError('password')
    throw error
  }
  throw new StoreError('unknown', `encryption ${name}`)
}

function decryptPbes2(parameters: Der | undefined, bytes: Buffer, password: string): Buffer {
  const [derivation, scheme] = partsOf(parameters)
  const [oid, iv] = partsOf(scheme)
  const cipher = ciphers[oidOf(oid)]
  if (cipher === undefined) throw new StoreError('unknown', `cipher ${oidOf(oid)}`)
  const { key } = pbkdf2Of(partsOf(derivation)[1], password, cipher.keyBytes)
  return decipher(cipher.name, key, octetsOf(iv), bytes)
}

/** The key by PBKDF2 with parameters of the store. */
export function pbkdf2Of(parameters: Der | undefined, password: string, keyBytes: number): { readonly key: Buffer } {
  const [salt, rounds, ...rest] = partsOf(parameters)
  const length = rest.find(({ tag }) => tag === derTags.INTEGER)
  const prf = rest.find(({ tag }) => tag === derTags.SEQUENCE)
  const digest = prf === undefined ? 'sha1' : digestName(oidOf(partsOf(prf)[0]))
  const bytes = length === undefined ? keyBytes : numberOf(length)
  return { key: pbkdf2Sync(password, octetsOf(salt), boundedRounds(numberOf(rounds)), bytes, digest) }
}

function decryptPkcs12(name: string, parameters: Der | undefined, bytes: Buffer, password: string | null): Buffer {
  const [salt, rounds] = partsOf(parameters).map((part, i) => (i === 0 ? octetsOf(part) : numberOf(part))) as [
    Buffer,
    number,
  ]
  const derive = (id: number, length: number) => keyOfPassword('sha1', id, password, salt, rounds, length)
  switch (name.slice(pkcs12Pbe.length)) {
    case '3':
      return decipher('des-ede3-cbc', derive(1, 24), derive(2, 8), bytes)
    case '4': {
      const key = derive(1, 16)
      return decipher('des-ede3-cbc', Buffer.concat([key, key.subarray(0, 8)]), derive(2, 8), bytes)
    }
    case '5':
      return decryptRc2(derive(1, 16), derive(2, 8), bytes)
    case '6':
      return decryptRc2(derive(1, 5), derive(2, 8), bytes)
    default:
      throw new StoreError('unknown', `encryption ${name}`)
  }
}

function decipher(name: string, key: Buffer, iv: Buffer, bytes: Buffer): Buffer {
  const cipher = createDecipheriv(name, key, iv)
  return Buffer.concat([cipher.update(bytes), cipher.final()])
}

/**
 * The derivation of PKCS12 (RFC 7292, appendix B): `id` 1 for a key, 2 for an initial vector, 3 for a MAC. A password that is null is no bytes,
 * an empty one the two that end it.
 */
export function keyOfPassword(
  hash: string,
  id: number,
  password: string | null,
  salt: Buffer,
  rounds: number,
  length: number,
): Buffer {
  const blockBytes = hash === 'sha384' || hash === 'sha512' ? 128 : 64
  const characters = password === null ? Buffer.alloc(0) : Buffer.from(`${password}\0`, 'utf16le').swap16()
  const input = Buffer.concat([repeated(salt, blockBytes), repeated(characters, blockBytes)])
  const diversifier = Buffer.alloc(blockBytes, id)
  const parts: Buffer[] = []
  for (let made = 0; made < length; ) {
    let digest = createHash(hash).update(diversifier).update(input).digest()
    for (let round = boundedRounds(rounds); round > 1; round--) digest = createHash(hash).update(digest).digest()
    parts.push(digest)
    made += digest.length
    const addend = BigInt(`0x${repeated(digest, blockBytes).subarray(0, blockBytes).toString('hex')}`) + 1n
    for (let at = 0; at < input.length; at += blockBytes) addTo(input.subarray(at, at + blockBytes), addend)
  }
  return Buffer.concat(parts).subarray(0, length)
}

function repeated(bytes: Buffer, blockBytes: number): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / blockBytes) * blockBytes, bytes)
}

function addTo(block: Buffer, addend: bigint): void {
  const sum = BigInt.asUintN(block.length * 8, BigInt(`0x${block.toString('hex')}`) + addend)
  block.write(sum.toString(16).padStart(block.length * 2, '0'), 'hex')
}

function boundedRounds(rounds: number): number {
  if (rounds < 1 || rounds > roundsMax) throw new StoreError('unknown', `a derivation of ${rounds} rounds`)
  return rounds
}
