/**
 * PKCS12 stores (RFC 7292), as keytool, OpenSSL and Windows write them. Node opens a key store by itself, but no trust store: it finds no key there.
 */
import { createHmac, X509Certificate } from 'node:crypto'
import { type Der, DerError, derTags, numberOf, octetsOf, oidOf, partsOf, readDer } from './der.ts'
import { decrypt, digestName, keyOfPassword, pbkdf2Of } from './pkcs12-ciphers.ts'
import { type Store, StoreError, sameBytes } from './store.ts'

const oids = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  safeContentsBag: '1.2.840.113549.1.12.10.1.6',
  x509: '1.2.840.113549.1.9.22.1',
  localKeyId: '1.2.840.113549.1.9.21',
  /** Java's mark of a certificate that is trusted by itself. */
  trustedKeyUsage: '2.16.840.1.113894.746875.1.1',
  pbmac1: '1.2.840.113549.1.5.14',
} as const

interface Bag {
  readonly kind: 'key' | 'certificate'
  readonly der: Buffer
  /** What a key and its certificate have in common; null where nothing is said. */
  readonly keyId: string | null
  readonly isTrusted: boolean
}

/** Whether bytes are a PKCS12 store: a sequence that begins with version 3. */
export function isPkcs12(bytes: Buffer): boolean {
  try {
    const [version] = partsOf(readDer(bytes))
    return version?.tag === derTags.INTEGER && numberOf(version) === 3
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}

/** Throws StoreError where the password is wrong, or something in the store is not known here. */
export function readPkcs12(bytes: Buffer, password: string): Store {
  const [, authSafe, macData] = partsOf(readDer(bytes))
  const content = octetsOf(contentOf(authSafe, oids.data))
  const opener = [password, ...(password === '' ? [null] : [])].find(each => isMacOf(macData, content, each))
  if (opener === undefined) throw new StoreError('password')
  const bags = partsOf(readDer(content)).flatMap(info => bagsOfInfo(info, opener))
  return storeOf(bags)
}

function contentOf(info: Der | undefined, kind: string): Der | undefined {
  const [type, wrapped] = partsOf(info)
  if (oidOf(type) !== kind) throw new StoreError('unknown', `content of type ${oidOf(type)}`)
  return wrapped && readDer(wrapped.content)
}

function isMacOf(macData: Der | undefined, content: Buffer, password: string | null): boolean {
  // Without one, decryption tells.
  if (macData === undefined) return true
  const [digestInfo, salt, rounds] = partsOf(macData)
  const [algorithm, digest] = partsOf(digestInfo)
  const [oid, parameters] = partsOf(algorithm)
  const expected = octetsOf(digest)
  if (oidOf(oid) === oids.pbmac1) {
    const [derivation, scheme] = partsOf(parameters)
    const { key } = pbkdf2Of(partsOf(derivation)[1], password ?? '', expected.length)
    return sameBytes(
      createHmac(digestName(oidOf(partsOf(scheme)[0])), key)
        .update(content)
        .digest(),
      expected,
    )
  }
  const hash = digestName(oidOf(oid))
  const key = keyOfPassword(hash, 3, password, octetsOf(salt), rounds ? numberOf(rounds) : 1, expected.length)
  return sameBytes(createHmac(hash, key).update(content).digest(), expected)
}

function bagsOfInfo(info: Der, password: string | null): Bag[] {
  const [type] = partsOf(info)
  if (oidOf(type) === oids.data) return bagsOf(octetsOf(contentOf(info, oids.data)), password)
  const [, encrypted] = partsOf(contentOf(info, oids.encryptedData))
  const [, algorithm, bytes] = partsOf(encrypted)
  return bagsOf(decrypt(algorithm, octetsOf(bytes), password), password)
}

function bagsOf(safeContents: Buffer, password: string | null): Bag[] {
  return partsOf(readDer(safeContents)).flatMap((bag): Bag[] => {
    const [id, wrapped, attributes] = partsOf(bag)
    const value = wrapped && readDer(wrapped.content)
    const values = attributesOf(attributes)
    const common = { keyId: values.get(oids.localKeyId) ?? null, isTrusted: values.has(oids.trustedKeyUsage) }
    switch (oidOf(id)) {
      case oids.keyBag:
        return [{ kind: 'key', der: value!.whole, ...common }]
      case oids.shroudedKeyBag: {
        const [algorithm, encrypted] = partsOf(value)
        return [{ kind: 'key', der: decrypt(algorithm, octetsOf(encrypted), password), ...common }]
      }
      case oids.certBag: {
        const [kind, certificate] = partsOf(value)
        if (oidOf(kind) !== oids.x509 || certificate === undefined) return []
        return [{ kind: 'certificate', der: octetsOf(readDer(certificate.content)), ...common }]
      }
      case oids.safeContentsBag:
        return bagsOf(value!.whole, password)
      default:
        // Revocation lists, and secrets of other kinds.
        return []
    }
  })
}

/** By their identifiers, the first value of each as hex. */
function attributesOf(attributes: Der | undefined): ReadonlyMap<string, string> {
  if (attributes === undefined) return new Map()
  return new Map(
    partsOf(attributes, derTags.SET).map(attribute => {
      const [id, values] = partsOf(attribute)
      return [oidOf(id), values?.content.toString('hex') ?? '']
    }),
  )
}

function storeOf(bags: readonly Bag[]): Store {
  const certificates = bags.filter(({ kind }) => kind === 'certificate')
  const ders = certificates.map(({ der }) => der)
  const keys = bags
    .filter(({ kind }) => kind === 'key')
    .map(({ der, keyId }) => {
      const own = certificates.find(each => keyId !== null && each.keyId === keyId)
      return { key: der, chain: own === undefined ? ders : chainFrom(own.der, ders) }
    })
  const marked = certificates.filter(({ isTrusted }) => isTrusted).map(({ der }) => der)
  const own = keys.flatMap(({ chain }) => chain.slice(0, 1))
  // OpenSSL marks nothing.
  const trusted = marked.length + own.length > 0 ? [...marked, ...own] : ders
  return { keys, trusted }
}

/** A certificate, and those that lead from it to its authority. */
export function chainFrom(own: Buffer, all: readonly Buffer[]): Buffer[] {
  const chain = [own]
  for (let last = new X509Certificate(own); ; ) {
    const next = all.find(each => !chain.includes(each) && last.checkIssued(new X509Certificate(each)))
    if (next === undefined) return chain
    chain.push(next)
    last = new X509Certificate(next)
  }
}
