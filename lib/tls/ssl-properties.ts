/** The properties of either end of TLS: key and certificates, whom it trusts, versions and cipher suites. */
import type { BrokerPropertyName, BrokerValue } from '../config/definitions.ts'
import type { ConfigError } from '../config/values.ts'
import { knownCiphers, type TlsMaterial } from '../network/tls-context.ts'
import { opensslSuite } from './cipher-suites.ts'
import { type KeyMaterial, pemKeyMaterial, readKeyStore, readTrustStore, UnreadableStore } from './stores.ts'

/** The content of a file, null where there is none. */
export type ReadFile = (path: string) => Buffer | null

export type SslName = BrokerPropertyName & `ssl.${string}`

/** Where properties come from. */
export interface SslSource {
  value<N extends SslName>(name: N): BrokerValue<N>
  /** The error of a property; `subject` and `what` make the sentence. */
  error(property: SslName, subject: string, what: string): ConfigError
}

/** All that one end brings. Throws ConfigError, which names the property and says what to do. */
export function sslMaterial(source: SslSource, read: ReadFile): TlsMaterial {
  return new SslReading(source, read).material()
}

class SslReading {
  readonly #source: SslSource
  readonly #read: ReadFile

  constructor(source: SslSource, read: ReadFile) {
    this.#source = source
    this.#read = read
  }

  material(): TlsMaterial {
    const keys = this.#keyMaterial()
    const authorities = this.#authorities()
    const [versionMin, versionMax] = this.#versions()
    const ciphers = this.#ciphers()
    return {
      key: keys?.key ?? null,
      certificates: keys?.certificates ?? null,
      authorities,
      versionMin,
      versionMax,
      ciphers,
    }
  }

  /** Null where there is no key store. */
  #keyMaterial(): KeyMaterial | null {
    const location = this.#value('ssl.keystore.location')
    const chain = this.#secret('ssl.keystore.certificate.chain')
    const key = this.#secret('ssl.keystore.key')
    const keyPassword = this.#secret('ssl.key.password')
    this.#checkType('ssl.keystore.type')
    if (location !== null && (chain !== null || key !== null)) {
      throw this.#error(
        'ssl.keystore.location',
        'is set, and so is a key in the properties themselves; leave one of them out',
      )
    }
    if (location !== null) {
      const passwords = { store: this.#secret('ssl.keystore.password'), key: keyPassword }
      return this.#stored('ssl.keystore.location', location, bytes => readKeyStore(bytes, passwords))
    }
    if (key === null && chain === null) return null
    if (key === null || chain === null) {
      throw this.#error(
        key === null ? 'ssl.keystore.key' : 'ssl.keystore.certificate.chain',
        'is not set; key and certificates come together',
      )
    }
    return this.#unpacked('ssl.keystore.key', 'ssl.keystore.key', () => pemKeyMaterial(key, chain, keyPassword))
  }

  /** What a store is shows its content; a type that Java would not know is a mistake all the same. */
  #checkType(property: 'ssl.keystore.type' | 'ssl.truststore.type'): void {
    const type = this.#value(property)
    if (types.includes(type.toUpperCase())) return
    throw this.#error(property, `cannot be '${type}': it takes ${types.slice(0, 3).join(', ')}`)
  }

  /** Null for the authorities that come with Node. */
  #authorities(): readonly string[] | null {
    const location = this.#value('ssl.truststore.location')
    const inline = this.#secret('ssl.truststore.certificates')
    this.#checkType('ssl.truststore.type')
    if (location !== null && inline !== null) {
      throw this.#error(
        'ssl.truststore.location',
        'is set, and so is ssl.truststore.certificates; leave one of them out',
      )
    }
    if (inline !== null) {
      const property = 'ssl.truststore.certificates'
      return this.#unpacked(property, property, () => readTrustStore(Buffer.from(inline), null))
    }
    if (location === null) return null
    const password = this.#secret('ssl.truststore.password')
    return this.#stored('ssl.truststore.location', location, bytes => readTrustStore(bytes, password))
  }

  #versions(): ['TLSv1.2' | 'TLSv1.3', 'TLSv1.2' | 'TLSv1.3'] {
    const enabled = this.#value('ssl.enabled.protocols')
    const served = (['TLSv1.2', 'TLSv1.3'] as const).filter(each => enabled.includes(each))
    const unknown = enabled.find(each => each !== 'TLSv1.2' && each !== 'TLSv1.3')
    if (unknown !== undefined || served.length === 0) {
      throw this.#error(
        'ssl.enabled.protocols',
        `cannot be '${enabled}': TLSv1.2 and TLSv1.3 are served, older versions are broken`,
      )
    }
    return [served[0]!, served.at(-1)!]
  }

  #ciphers(): readonly string[] | null {
    const names = this.#value('ssl.cipher.suites')
    if (names.length === 0) return null
    const known = knownCiphers()
    const suites = names.map(opensslSuite)
    const unknown = names.filter((_, i) => !known.has(suites[i]!.toUpperCase()))
    if (unknown.length > 0) {
      throw this.#error(
        'ssl.cipher.suites',
        `has ${unknown.join(', ')}, which OpenSSL here does not have; take suites such as TLS_AES_256_GCM_SHA384 or TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384`,
      )
    }
    return suites
  }

  #value<N extends SslName>(name: N) {
    return this.#source.value(name)
  }

  #secret(name: SecretName): string | null {
    return this.#value(name)?.reveal() ?? null
  }

  #stored<T>(property: SslName, path: string, unpack: (bytes: Buffer) => T): T {
    let bytes: Buffer | null
    try {
      bytes = this.#read(path)
    } catch (error) {
      throw this.#error(property, `is ${path}, which cannot be read: ${(error as Error).message}`)
    }
    if (bytes === null) throw this.#error(property, `is ${path}, and there is no such file`)
    return this.#unpacked(property, `${property} is ${path}, which`, () => unpack(bytes))
  }

  #unpacked<T>(property: SslName, subject: string, unpack: () => T): T {
    try {
      return unpack()
    } catch (error) {
      if (error instanceof UnreadableStore) throw this.#error(property, `${error.message}`, subject)
      throw error
    }
  }

  #error(property: SslName, what: string, subject: string = property): ConfigError {
    return this.#source.error(property, subject, what)
  }
}

/** Java's types of stores. */
const types = ['JKS', 'PKCS12', 'PEM', 'JCEKS', 'DKS', 'PKCS11', 'BCFKS']

type SecretName =
  | 'ssl.key.password'
  | 'ssl.keystore.certificate.chain'
  | 'ssl.keystore.key'
  | 'ssl.keystore.password'
  | 'ssl.truststore.certificates'
  | 'ssl.truststore.password'
