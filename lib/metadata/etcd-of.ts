/** The store in etcd that a broker's settings name. */
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { EtcdSettings } from '../config/metadata-store.ts'
import { ConfigError } from '../config/values.ts'
import { EtcdStore } from './etcd.ts'

/** `read` gives the content of a file, or null where there is none. */
export function etcdStoreOf(
  settings: EtcdSettings,
  parts: {
    readonly clock: Clock
    readonly random: Random
    readonly logger: Logger
    readonly read: (path: string) => Buffer | null
  },
): EtcdStore {
  const { clock, random, logger, read } = parts
  const file = (property: string, path: string | null): Buffer | null => {
    const content = path === null ? null : read(path)
    if (path !== null && content === null)
      throw new ConfigError(property, `${property} is ${path}, and there is no such file`)
    return content
  }
  return new EtcdStore({
    address: settings.address,
    user: settings.user,
    password: settings.password?.reveal() ?? null,
    tls: {
      ca: file('metadata.store.ssl.ca.location', settings.caLocation),
      certificate: file('metadata.store.ssl.certificate.location', settings.certificateLocation),
      key: file('metadata.store.ssl.key.location', settings.keyLocation),
    },
    clock,
    random,
    logger,
  })
}
