/** The properties of one listener, made to what shakes hands for it. */
import { X509Certificate } from 'node:crypto'
import { ownValueFor, scopedName, valueFor } from '../config/scoped.ts'
import type { BrokerSettings } from '../config/settings.ts'
import { ConfigError } from '../config/values.ts'
import type { TlsAccepting } from '../network/network.ts'
import { knownCiphers, tlsContext } from '../network/tls-context.ts'
import { opensslSuite } from './cipher-suites.ts'
import { subjectOf } from './distinguished-name.ts'
import { type PrincipalRules, PrincipalRulesError, parsePrincipalRules } from './principal-rules.ts'
import { type KeyMaterial, pemKeyMaterial, readKeyStore, readTrustStore, UnreadableStore } from './stores.ts'

/** The content of a file, null where there is none. */
export type ReadFile = (path: string) => Buffer | null

/** A listener as its properties have it. */
export interface ListenerSettings {
  readonly accepting: TlsAccepting
  readonly rules: PrincipalRules
  /** Whom the own certificate names: a later one must name the same. */
  readonly names: { readonly subject: string; readonly alternatives: string }
  /** Whether it has a key store and a trust store of its own, which cannot come or go later. */
  readonly hasTrustStore: boolean
  /** All that it was made from; equal text, equal settings. */
  readonly madeFrom: string
}

/** Throws ConfigError, which names the property and says what to do. */
export function listenerSettings(
  config: BrokerSettings,
  listener: { readonly name: string; readonly securityProtocol: string },
  read: ReadFile,
): ListenerSettings {
  return new Reading(config, listener, read).settings()
}

type SslName = Parameters<typeof valueFor>[2] & `ssl.${string}`

class Reading {
  readonly #config: BrokerSettings
  readonly #listener: string
  readonly #isSasl: boolean
  readonly #read: ReadFile
  readonly #from: unknown[] = []

  constructor(
    config: BrokerSettings,
    { name, securityProtocol }: { readonly name: string; readonly securityProtocol: string },
    read: ReadFile,
  ) {
    this.#config = config
    this.#listener = name
    this.#isSasl = securityProtocol === 'SASL_SSL'
    this.#read = read
  }

  settings(): ListenerSettings {
    const { key, certificates } = this.#keyMaterial()
    const authorities = this.#authorities()
    const [versionMin, versionMax] = this.#versions()
    const ciphers = this.#ciphers()
    const clientCertificate = this.#clientAuth()
    const rules = this.#rules()
    const own = new X509Certificate(certificates)
    try {
      const material = { key, certificates, authorities, versionMin, versionMax, ciphers }
      const names = { subject: subjectOf(own.raw), alternatives: own.subjectAltName ?? '' }
      this.#from.push(key, certificates, authorities, versionMin, versionMax, ciphers, clientCertificate)
      return {
        accepting: { ...tlsContext(material), clientCertificate },
        rules,
        names,
        hasTrustStore: authorities !== null,
        madeFrom: JSON.stringify(this.#from),
      }
    } catch (error) {
      throw this.#error('ssl.keystore.location', `has a key store of which OpenSSL says: ${(error as Error).message}`)
    }
  }

  #keyMaterial(): KeyMaterial {
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
    if (key === null || chain === null) {
      const missing = key !== null ? 'ssl.keystore.certificate.chain' : 'ssl.keystore.key'
      const either = key === null && chain === null
      throw this.#error(
        either ? 'ssl.keystore.location' : missing,
        either
          ? 'is not set, and TLS needs a key and a certificate; --dev-tls makes some to try it out'
          : 'is not set; key and certificates come together',
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

  /** Who logs in by SASL shows no certificate, unless the listener's own property asks for it. */
  #clientAuth(): TlsAccepting['clientCertificate'] {
    return this.#isSasl
      ? (ownValueFor(this.#config, this.#listener, 'ssl.client.auth') ?? 'none')
      : this.#value('ssl.client.auth')
  }

  #rules(): PrincipalRules {
    const text = this.#value('ssl.principal.mapping.rules')
    this.#from.push(text)
    try {
      return parsePrincipalRules(text)
    } catch (error) {
      if (error instanceof PrincipalRulesError) throw this.#error('ssl.principal.mapping.rules', `has ${error.message}`)
      throw error
    }
  }

  #value<N extends SslName>(name: N) {
    return valueFor(this.#config, this.#listener, name)
  }

  #secret(
    name: 'ssl.key.password' | 'ssl.keystore.certificate.chain' | 'ssl.keystore.key' | PasswordName,
  ): string | null {
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
    return new ConfigError(scopedName(this.#listener, property), `listener ${this.#listener}: ${subject} ${what}`)
  }
}

/** Java's types of stores. */
const types = ['JKS', 'PKCS12', 'PEM', 'JCEKS', 'DKS', 'PKCS11', 'BCFKS']

type PasswordName = 'ssl.keystore.password' | 'ssl.truststore.certificates' | 'ssl.truststore.password'
