/** How this broker secures its connections to others: by the settings of the listener that brokers use among themselves. */
import { Secret } from '../base/secret.ts'
import type { BrokerConfig } from '../config/config.ts'
import { type ListenerConfig, listenersOf } from '../config/listeners.ts'
import { valueFor } from '../config/scoped.ts'
import { ConfigError } from '../config/values.ts'
import type { TlsConnecting } from '../network/network.ts'
import { tlsContext } from '../network/tls-context.ts'
import type { PeerSecurity } from '../replication/peers.ts'
import { loginModuleOf } from '../security/sasl-listeners.ts'
import { type ReadFile, sslMaterial } from '../tls/ssl-properties.ts'

/** The listener that brokers use among themselves: the one that is named so, else the first of `security.inter.broker.protocol`. Throws ConfigError. */
export function interBrokerListener(config: BrokerConfig): ListenerConfig {
  const listeners = listenersOf(config)
  const named = config.get('inter.broker.listener.name')?.toUpperCase()
  const protocol = config.get('security.inter.broker.protocol')
  const found = listeners.find(({ name, securityProtocol }) =>
    named === undefined ? securityProtocol === protocol : name === named,
  )
  if (found !== undefined) return found
  throw new ConfigError(
    'inter.broker.listener.name',
    `no listener speaks ${protocol}, by which brokers reach each other: set inter.broker.listener.name to one of ${listeners.map(({ name }) => name).join()}`,
  )
}

/** Throws ConfigError where the settings are not enough to reach another broker. */
export function peerSecurity(config: BrokerConfig, read: ReadFile): PeerSecurity {
  const listener = interBrokerListener(config)
  const { securityProtocol } = listener
  return {
    tls: securityProtocol.endsWith('SSL') ? tlsOf(listener, config, read) : undefined,
    login: securityProtocol.startsWith('SASL') ? loginOf(listener, config) : undefined,
  }
}

/** How a client of a listener shakes hands, with the broker's own keys. Throws ConfigError. */
export function tlsOf(
  { name: listener }: Pick<ListenerConfig, 'name'>,
  config: BrokerConfig,
  read: ReadFile,
): TlsConnecting {
  const material = sslMaterial(
    {
      value: name => valueFor(config, listener, name),
      error: (property, subject, what) => new ConfigError(property, `${subject} ${what}`),
    },
    read,
  )
  const checksHost = valueFor(config, listener, 'ssl.endpoint.identification.algorithm').toLowerCase() === 'https'
  try {
    return { ...tlsContext(material), checksHost }
  } catch (error) {
    throw new ConfigError('ssl.keystore.location', `ssl.keystore.location: ${(error as Error).message}`)
  }
}

function loginOf({ name: listener }: ListenerConfig, config: BrokerConfig): PeerSecurity['login'] {
  const property = 'sasl.mechanism.inter.broker.protocol'
  const mechanism = config.get(property)
  if (mechanism !== 'PLAIN' && mechanism !== 'SCRAM-SHA-256' && mechanism !== 'SCRAM-SHA-512') {
    throw new ConfigError(
      property,
      `${property} is ${mechanism}; brokers log in by PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512`,
    )
  }
  const options = loginModuleOf(listener, config, mechanism)?.module.options
  const [user, password] = [options?.get('username'), options?.get('password')]
  if (user !== undefined && password !== undefined) return { mechanism, user, password: new Secret(password) }
  throw new ConfigError(
    'sasl.jaas.config',
    `the login of listener ${listener} for ${mechanism} says no username and password, with which this broker logs in at others`,
  )
}
