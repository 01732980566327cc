/**
 * Where the broker listens and what addresses it tells, from `listeners`, `advertised.listeners` and
 * `listener.security.protocol.map`: NAME://host:port, as many as wanted.
 */
import type { BrokerConfig } from './config.ts'
import { ConfigError } from './values.ts'

/** The security protocols that Kafka names. */
export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'

export interface ListenerConfig {
  /** In upper case. */
  readonly name: string
  readonly securityProtocol: SecurityProtocol
  /** '' for all addresses of the machine. IPv6 addresses stand without brackets. */
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** What clients are told; null where it is left to advertised.ts, also where only a port is advertised. */
  readonly advertisedHost: string | null
  /** Null also where it is given as 0: then the port is the one that is bound. */
  readonly advertisedPort: number | null
}

interface Address {
  readonly name: string
  readonly host: string
  readonly port: number
}

const protocols: readonly string[] = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] satisfies SecurityProtocol[]

/** The listeners of the broker. Throws ConfigError. */
export function listenersOf(config: BrokerConfig): ListenerConfig[] {
  const controllers = new Set(config.get('controller.listener.names').map(name => name.toUpperCase()))
  return parseListeners(
    config.get('listeners'),
    config.get('advertised.listeners'),
    config.get('listener.security.protocol.map'),
    config.get('inter.broker.listener.name'),
    controllers,
  )
}

/**
 * Reads and checks the four properties together. Listeners that are named as a controller's are left out: this broker
 * has no controller of Kafka's kind, and such a listener has no clients.
 */
export function parseListeners(
  listeners: readonly string[],
  advertised: readonly string[] | null,
  protocolMap: string,
  interBroker: string | null = null,
  controllerNames: ReadonlySet<string> = new Set(),
): ListenerConfig[] {
  const securityProtocols = parseProtocolMap(protocolMap, controllerNames)
  const bound = addressesOf('listeners', listeners).filter(({ name }) => !controllerNames.has(name))
  if (bound.length === 0) {
    throw new ConfigError('listeners', 'listeners names no address for clients: give one such as PLAINTEXT://:9092')
  }
  const told = addressesOf('advertised.listeners', advertised ?? []).filter(({ name }) => !controllerNames.has(name))
  checkPorts(bound)
  checkAdvertised(bound, told)
  if (interBroker !== null && !bound.some(({ name }) => name === interBroker.toUpperCase())) {
    throw new ConfigError(
      'inter.broker.listener.name',
      `inter.broker.listener.name is ${interBroker}, which is not among listeners (${namesOf(bound)})`,
    )
  }
  return bound.map(({ name, host, port }) => {
    const advertisedAddress = told.find(address => address.name === name)
    return {
      name,
      securityProtocol: protocolOf(name, securityProtocols),
      host,
      port,
      advertisedHost: advertisedAddress?.host || null,
      advertisedPort: advertisedAddress?.port || null,
    }
  })
}

/** A name, then an address whose host may be missing or an IPv6 address in brackets. */
const addressForm = /^([\w.-]+):\/\/(?:\[([0-9a-fA-F:.%\w]+)\]|([^[\]/]*)):(\d{1,5})$/

function addressesOf(property: string, texts: readonly string[]): Address[] {
  const addresses = texts.map(text => {
    const parts = addressForm.exec(text)
    if (!parts || Number(parts[4]) > 65_535) {
      throw new ConfigError(
        property,
        `${property} cannot be '${text}': it takes NAME://host:port with a port up to 65535, such as PLAINTEXT://localhost:9092 or PLAINTEXT://[::1]:9092`,
      )
    }
    return { name: parts[1]!.toUpperCase(), host: parts[2] ?? parts[3] ?? '', port: Number(parts[4]) }
  })
  const names = new Set<string>()
  for (const { name } of addresses) {
    if (names.has(name))
      throw new ConfigError(property, `${property} names ${name} twice: each listener needs its own name`)
    names.add(name)
  }
  return addresses
}

function namesOf(addresses: readonly Address[]): string {
  return addresses.map(({ name }) => name).join(', ')
}

/** Two listeners on one port would be one socket; one IPv4 and one IPv6 address may share a port. */
function checkPorts(addresses: readonly Address[]): void {
  for (const [i, one] of addresses.entries()) {
    if (one.port === 0) continue
    const other = addresses
      .slice(i + 1)
      .find(({ port, host }) => port === one.port && !differentFamilies(one.host, host))
    if (other) {
      throw new ConfigError(
        'listeners',
        `listeners gives ${one.name} and ${other.name} the same port ${one.port}: each listener needs its own`,
      )
    }
  }
}

function differentFamilies(a: string, b: string): boolean {
  const isSix = (host: string) => host.includes(':')
  const isFour = (host: string) => /^\d+\.\d+\.\d+\.\d+$/.test(host)
  return (isSix(a) && isFour(b)) || (isFour(a) && isSix(b))
}

function checkAdvertised(bound: readonly Address[], told: readonly Address[]): void {
  for (const { name, host } of told) {
    if (!bound.some(address => address.name === name)) {
      throw new ConfigError(
        'advertised.listeners',
        `advertised.listeners names ${name}, which is not among listeners (${namesOf(bound)})`,
      )
    }
    if (host === '0.0.0.0' || host === '::') {
      throw new ConfigError(
        'advertised.listeners',
        `advertised.listeners cannot tell clients ${host}: name an address that they can reach, or leave it out`,
      )
    }
  }
}

function parseProtocolMap(text: string, controllerNames: ReadonlySet<string>): ReadonlyMap<string, string> {
  const map = new Map<string, string>()
  // A file for Kafka names the controller's listener without saying that it is plain.
  for (const name of controllerNames) map.set(name, 'PLAINTEXT')
  const seen = new Set<string>()
  for (const pair of text.split(',').map(part => part.trim())) {
    if (pair === '') continue
    const colon = pair.indexOf(':')
    const name = pair.slice(0, colon).trim().toUpperCase()
    const protocol = pair
      .slice(colon + 1)
      .trim()
      .toUpperCase()
    if (colon <= 0 || !protocols.includes(protocol)) {
      throw new ConfigError(
        'listener.security.protocol.map',
        `listener.security.protocol.map cannot have '${pair}': it takes NAME:PROTOCOL, the protocol one of ${protocols.join(', ')}`,
      )
    }
    if (seen.has(name)) {
      throw new ConfigError('listener.security.protocol.map', `listener.security.protocol.map names ${name} twice`)
    }
    seen.add(name)
    map.set(name, protocol)
  }
  return map
}

function protocolOf(name: string, map: ReadonlyMap<string, string>): SecurityProtocol {
  const protocol = map.get(name)
  if (protocol === undefined) {
    throw new ConfigError(
      'listener.security.protocol.map',
      `listener.security.protocol.map does not say what ${name} speaks: add ${name}:PLAINTEXT`,
    )
  }
  return protocol as SecurityProtocol
}
