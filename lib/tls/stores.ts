/** Key and trust stores in any form, told by what is in them and not by their names: PEM, PKCS12 or JKS. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { DerError } from './der.ts'
import { isJceks, isJks, readJks } from './jks.ts'
import { certificatesOf, isEncryptedKey, keysOf, openKey, pemOf } from './pem.ts'
import { isPkcs12, readPkcs12 } from './pkcs12.ts'
import { type Store, StoreError } from './store.ts'

/** A key store or trust store that nothing can be made of; the message says what to do, and fits after the store's name. */
export class UnreadableStore extends Error {
  override readonly name = 'UnreadableStore'
}

/** A private key, and the certificates that go with it; both PEM. */
export interface KeyMaterial {
  readonly key: string
  /** The own certificate first. */
  readonly certificates: string
}

/** Passwords as they are set; null where they are not. */
export interface Passwords {
  readonly store: string | null
  /** That of the key in the store. */
  readonly key: string | null
}

/** Which properties the passwords come from, for messages. */
const [keystorePassword, keyPassword, truststorePassword] = [
  'ssl.keystore.password',
  'ssl.key.password',
  'ssl.truststore.password',
]

/** The key of a store. Throws UnreadableStore. */
export function readKeyStore(bytes: Buffer, passwords: Passwords): KeyMaterial {
  if (isPem(bytes)) {
    const text = bytes.toString('latin1')
    return pemKeyMaterial(text, text, passwords.key ?? passwords.store)
  }
  const [first] = opened(bytes, passwords, keystorePassword).keys
  if (first === undefined) {
    throw new UnreadableStore(
      'has no private key that its password opens; put key and certificate into it, or set ssl.keystore.password',
    )
  }
  return keyMaterial(
    pemOf('PRIVATE KEY', first.key),
    first.chain.map(der => pemOf('CERTIFICATE', der)),
  )
}

/** A key and its certificates in PEM. Throws UnreadableStore. */
export function pemKeyMaterial(keyText: string, chainText: string, password: string | null): KeyMaterial {
  const [pem] = keysOf(keyText)
  if (pem === undefined) throw new UnreadableStore('has no private key: it takes a PEM block BEGIN PRIVATE KEY')
  if (isEncryptedKey(pem) && password === null) {
    throw new UnreadableStore(`has a key that is encrypted: set ${keyPassword}`)
  }
  return keyMaterial(openedKey(pem, password), certificatesOf(chainText))
}

function openedKey(pem: string, password: string | null): string {
  try {
    return openKey(pem, password)
  } catch (error) {
    const { code = '' } = error as { code?: string }
    if (/BAD_DECRYPT|BAD_PASSWORD|CIPHERFINAL|INTERRUPTED|MAC_VERIFY/.test(code)) {
      throw new UnreadableStore(`has a key that ${keyPassword} does not open`)
    }
    throw new UnreadableStore(
      `has a key that cannot be read (${(error as Error).message}): convert it with openssl pkcs8 -topk8 -in KEY`,
    )
  }
}

/** Finds the certificate of the key among several. */
function keyMaterial(key: string, certificates: readonly string[]): KeyMaterial {
  if (certificates.length === 0) {
    throw new UnreadableStore('has a key and no certificate: add the certificates in PEM, that of the key first')
  }
  const secret = createPrivateKey(key)
  const own = certificates.find(each => parsed(each).checkPrivateKey(secret))
  if (own === undefined) throw new UnreadableStore('has a key that none of its certificates belongs to')
  return { key, certificates: [own, ...certificates.filter(each => each !== own)].join('') }
}

/** The certificates of a trust store, each as PEM. Throws UnreadableStore. */
export function readTrustStore(bytes: Buffer, password: string | null): string[] {
  const certificates = isPem(bytes)
    ? certificatesOf(bytes.toString('latin1'))
    : opened(bytes, { store: password, key: null }, truststorePassword).trusted.map(der => pemOf('CERTIFICATE', der))
  if (certificates.length === 0) throw new UnreadableStore('has no certificate to trust')
  for (const each of certificates) parsed(each)
  return certificates
}

function opened(bytes: Buffer, { store, key }: Passwords, property: string): Store {
  try {
    if (isJks(bytes)) return readJks(bytes, store, property === truststorePassword ? null : (key ?? store))
    if (isPkcs12(bytes)) {
      if (store === null) throw new UnreadableStore(`is a PKCS12 store, which only a password opens: set ${property}`)
      return readPkcs12(bytes, store)
    }
  } catch (error) {
    if (error instanceof StoreError && error.reason === 'password') {
      throw new UnreadableStore(`is not opened by ${property}, or damaged`)
    }
    if (error instanceof StoreError && error.reason === 'key password') {
      throw new UnreadableStore(`has a key that ${keyPassword} does not open`)
    }
    if (error instanceof StoreError) {
      throw new UnreadableStore(`cannot be read: ${error.message}. Convert it: ${converting}`)
    }
    // Node's own errors have codes, as where a key has an impossible length.
    if (error instanceof DerError || (error as { code?: string }).code !== undefined) {
      throw new UnreadableStore(`is damaged: ${(error as Error).message}`)
    }
    throw error
  }
  if (isJceks(bytes)) throw new UnreadableStore(`is a JCEKS store, which is not read here. Convert it: ${converting}`)
  throw new UnreadableStore('is neither PEM, nor PKCS12, nor JKS')
}

const converting = 'keytool -importkeystore -srckeystore OLD -destkeystore NEW -deststoretype PKCS12'

function isPem(bytes: Buffer): boolean {
  return bytes.includes('-----BEGIN ')
}

function parsed(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (error) {
    throw new UnreadableStore(`has a certificate that cannot be read (${(error as Error).message})`)
  }
}
