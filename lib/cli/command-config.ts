/** How `ottla health` and `ottla doctor` connect: the properties of a client in a file, as Kafka's tools take them. */
import type { ClientLogin } from '../client/login.ts'
import type { TlsConnecting } from '../network/network.ts'
import { UsageError } from './io.ts'

export interface Connecting {
  readonly securityProtocol: SecurityProtocol
  /** What encrypts the connections. */
  readonly tls?: TlsConnecting | undefined
  /** Who connects. */
  readonly login?: ClientLogin | undefined
}

const securityProtocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
type SecurityProtocol = (typeof securityProtocols)[number]

/** What a file says of it. Loads nothing where there is none. Throws UsageError, ToolUsageError or ConfigError. */
export async function connectingBy(file: string | undefined): Promise<Connecting | null> {
  if (file === undefined) return null
  const { readProperties } = await import('./properties-file.ts')
  const properties = readProperties(file)
  const text = properties['security.protocol'] ?? 'PLAINTEXT'
  const securityProtocol = securityProtocols.find(each => each === text)
  if (securityProtocol === undefined) {
    throw new UsageError(`security.protocol ${text} of ${file} is none; set ${securityProtocols.join(', ')}`)
  }
  const tls = securityProtocol.endsWith('SSL') ? await tlsOf(properties) : undefined
  if (!securityProtocol.startsWith('SASL_')) return { securityProtocol, tls }
  const { loginOf } = await import('./tools/login.ts')
  return { securityProtocol, tls, login: loginOf(properties) }
}

async function tlsOf(properties: Readonly<Record<string, string>>): Promise<TlsConnecting | undefined> {
  const { tlsOfClient } = await import('../tls/client-settings.ts')
  const { diskFiles } = await import('../../storage/files.ts')
  return tlsOfClient(properties, path => diskFiles.read(path))
}
