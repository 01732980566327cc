/** The properties of one listener, made to what shakes hands for it. */
import { X509Certificate } from 'node:crypto'
import { ownValueFor, scopedName, valueFor } from '../config/scoped.ts'
import type { BrokerSettings } from '../config/settings.ts'
import { ConfigError } from '../config/values.ts'
import type { TlsAccepting } from '../network/network.ts'
import { tlsContext } from '../network/tls-context.ts'
import { subjectOf } from './distinguished-name.ts'
import { type PrincipalRules, PrincipalRulesError, parsePrincipalRules } from './principal-rules.ts'
import { type ReadFile, type SslSource, sslMaterial } from './ssl-properties.ts'

/** A listener as its properties have it. */
export interface ListenerSettings {
  readonly accepting: TlsAccepting
  readonly rules: PrincipalRules
  /** Whom the own certificate names: a later one must name the same. */
  readonly names: { readonly subject: string; readonly alternatives: string }
  /** Whether it has a trust store of its own, which cannot come or go later. */
  readonly hasTrustStore: boolean
  /** All that it was made from; equal text, equal settings. */
  readonly madeFrom: string
}

/** Throws ConfigError, which names the property and says what to do. */
export function listenerSettings(
  config: BrokerSettings,
  { name: listener, securityProtocol }: { readonly name: string; readonly securityProtocol: string },
  read: ReadFile,
): ListenerSettings {
  const source: SslSource = {
    value: name => valueFor(config, listener, name),
    error: (property, subject, what) =>
      new ConfigError(scopedName(listener, property), `listener ${listener}: ${subject} ${what}`),
  }
  const material = sslMaterial(source, read)
  const { certificates, authorities } = material
  if (certificates === null) {
    const what = 'is not set, and TLS needs a key and a certificate; --dev-tls makes some to try it out'
    throw source.error('ssl.keystore.location', 'ssl.keystore.location', what)
  }
  // Who logs in by SASL shows no certificate, unless the listener's own property asks for it.
  const clientCertificate =
    securityProtocol === 'SASL_SSL'
      ? (ownValueFor(config, listener, 'ssl.client.auth') ?? 'none')
      : source.value('ssl.client.auth')
  const rules = source.value('ssl.principal.mapping.rules')
  try {
    const own = new X509Certificate(certificates)
    return {
      accepting: { ...tlsContext(material), clientCertificate },
      rules: parsePrincipalRules(rules),
      names: { subject: subjectOf(own.raw), alternatives: own.subjectAltName ?? '' },
      hasTrustStore: authorities !== null,
      madeFrom: JSON.stringify([material, clientCertificate, rules]),
    }
  } catch (error) {
    if (error instanceof PrincipalRulesError) {
      throw source.error('ssl.principal.mapping.rules', 'ssl.principal.mapping.rules', `has ${error.message}`)
    }
    const what = `has a key store of which OpenSSL says: ${(error as Error).message}`
    throw source.error('ssl.keystore.location', 'ssl.keystore.location', what)
  }
}
