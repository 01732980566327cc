/** How `ottla health` and `ottla doctor` connect: the properties of a client in a file, as Kafka's tools take them. */
import type { TlsConnecting } from '../network/network.ts'
import { UsageError } from './io.ts'

/** What encrypts the connections; undefined where nothing does. Loads nothing without a file. Throws UsageError or ConfigError. */
export async function tlsIn(file: string | undefined): Promise<TlsConnecting | undefined> {
  if (file === undefined) return undefined
  const { readProperties } = await import('./properties-file.ts')
  const { tlsOfClient } = await import('../tls/client-settings.ts')
  const { diskFiles } = await import('../../storage/files.ts')
  const properties = readProperties(file)
  const security = properties['security.protocol'] ?? 'PLAINTEXT'
  if (security !== 'PLAINTEXT' && security !== 'SSL') {
    throw new UsageError(
      `security.protocol ${security} of ${file} is not served here; use a listener that speaks PLAINTEXT or SSL`,
    )
  }
  return tlsOfClient(properties, path => diskFiles.read(path))
}
