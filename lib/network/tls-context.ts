/** Keys, certificates and rules, made to what TLS of Node takes and checked by it. */
import { createSecureContext, getCiphers, type SecureContextOptions, type SecureVersion } from 'node:tls'
import type { TlsContext } from './network.ts'

/** What one end brings. Certificates are PEM, keys unencrypted PEM. */
export interface TlsMaterial {
  /** The own certificate first, then those that lead to its authority; null without one. */
  readonly certificates: string | null
  readonly key: string | null
  /** Whom this end trusts; null for those that come with Node. */
  readonly authorities: readonly string[] | null
  readonly versionMin: SecureVersion
  readonly versionMax: SecureVersion
  /** Suites by OpenSSL's names; null for Node's own choice. */
  readonly ciphers: readonly string[] | null
}

/** Throws the error of OpenSSL where key and certificate do not belong together, or nothing can be made of them. */
export function tlsContext(material: TlsMaterial): TlsContext {
  const { certificates, key, authorities, ciphers, versionMin, versionMax } = material
  const options: SecureContextOptions = {
    cert: certificates ?? undefined,
    key: key ?? undefined,
    ca: authorities === null ? undefined : [...authorities],
    minVersion: versionMin,
    maxVersion: versionMax,
    ciphers: ciphers === null ? undefined : ciphers.join(':'),
  }
  createSecureContext(options)
  return { options }
}

/** The suites that this Node has, by OpenSSL's names in upper case. */
export function knownCiphers(): ReadonlySet<string> {
  return new Set(getCiphers().map(name => name.toUpperCase()))
}
