/** The options by which a program starts a broker or a cluster, by name: what is misspelt would be passed over in silence. */
import { knownInstead, type NamesOf, strangeName } from '../base/names.ts'
import { ConfigError } from '../config/values.ts'
import type { ClusterOptions } from './cluster-options.ts'
import type { BrokerOptions } from './options.ts'

/** Those of a broker. */
export const brokerOptionNames: NamesOf<BrokerOptions> = {
  ...{ port: true, host: true, data: true, published: true, ephemeral: true, dev: true, devTls: true },
  ...{ topics: true, load: true, records: true, http: true, properties: true },
  ...{ logLevel: true, logger: true, signal: true },
}

const { devTls: _, published: __, ...ofEach } = brokerOptionNames

/** Those of a cluster. */
export const clusterOptionNames: NamesOf<ClusterOptions> = { ...ofEach, brokers: true }

/** Throws ConfigError where one is not known. */
export function checkOptions(options: BrokerOptions | ClusterOptions, known: object): void {
  if (typeof options !== 'object' || options === null) {
    throw new ConfigError('options', `options are ${JSON.stringify(options)}; they take an object, as in { port: 0 }`)
  }
  const strange = strangeName(options, known)
  if (strange !== undefined)
    throw new ConfigError(strange, `there is no option '${strange}'; ${knownInstead(strange, known)}`)
}
