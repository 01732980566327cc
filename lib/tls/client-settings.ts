/** The properties of a client, as tools take them in a file, made to what shakes hands for it. */
import { BrokerConfig } from '../config/config.ts'
import { ConfigError } from '../config/values.ts'
import type { TlsConnecting } from '../network/network.ts'
import { tlsContext } from '../network/tls-context.ts'
import { type ReadFile, type SslSource, sslMaterial } from './ssl-properties.ts'

/** Undefined where `security.protocol` does not encrypt. Throws ConfigError. */
export function tlsOfClient(properties: Readonly<Record<string, string>>, read: ReadFile): TlsConnecting | undefined {
  if (!['SSL', 'SASL_SSL'].includes(properties['security.protocol'] ?? 'PLAINTEXT')) return undefined
  // What both ends have is named, typed and preset alike.
  const config = BrokerConfig.parse(
    Object.fromEntries(Object.entries(properties).filter(([name]) => name.startsWith('ssl.'))),
  )
  const source: SslSource = {
    value: name => config.get(name),
    error: (property, subject, what) => new ConfigError(property, `${subject} ${what}`),
  }
  const material = sslMaterial(source, read)
  const checksHost = config.get('ssl.endpoint.identification.algorithm').toLowerCase() === 'https'
  try {
    return { ...tlsContext(material), checksHost }
  } catch (error) {
    const what = `has a key store of which OpenSSL says: ${(error as Error).message}`
    throw source.error('ssl.keystore.location', 'ssl.keystore.location', what)
  }
}
