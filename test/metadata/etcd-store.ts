/** Stores in etcd for tests. */
import { systemClock } from '../../lib/base/clock.ts'
import { silentLogger } from '../../lib/base/logger.ts'
import { systemRandom } from '../../lib/base/random.ts'
import { parseEtcdAddress } from '../../lib/config/etcd-address.ts'
import { EtcdStore, type EtcdStoreOptions } from '../../lib/metadata/etcd.ts'

export function storeAt(address: string, options: Partial<EtcdStoreOptions> = {}): EtcdStore {
  const parsed = parseEtcdAddress(address)
  if (typeof parsed === 'string') throw new Error(parsed)
  return new EtcdStore({
    address: parsed,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    ...options,
  })
}
