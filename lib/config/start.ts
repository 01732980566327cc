/** The properties that a broker starts with: a preset, over it those that were given, over these the command line's options. */
import { devProperties } from './dev.ts'
import { ConfigError } from './values.ts'

/** What the command line and the library offer beside properties; see BrokerOptions. */
export interface StartOptions {
  readonly port?: number
  readonly host?: string
  readonly data?: string
  readonly dev?: boolean
  readonly devTls?: boolean
  readonly properties?: Readonly<Record<string, string>>
}

/** Kafka's defaults ask for three brokers; one broker keeps its own topics once. */
const singleNodeProperties = {
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
} as const

/** Properties that Kafka refuses to start without. */
const nodeProperties = {
  'node.id': '1',
  'process.roles': 'broker,controller',
  'controller.listener.names': 'CONTROLLER',
} as const

/** Where topics are kept unless a place is named: beside whatever started the broker. */
const dataDefault = './ottla-data'

/** Gives the properties of one broker, by Kafka's names. */
export function startProperties({
  port,
  host,
  data,
  dev,
  devTls,
  properties = {},
}: StartOptions): Record<string, string> {
  const given: Record<string, string> = { ...properties }
  for (const [name, value] of Object.entries<unknown>(given)) {
    if (typeof value === 'string') continue
    throw new ConfigError(name, `${name} is ${value}, which is no text; properties are text, as in '${value ?? 1}'`)
  }
  if (port !== undefined || host !== undefined || given.listeners === undefined) {
    given.listeners = `${devTls ? 'SSL' : 'PLAINTEXT'}://${bracketed(host ?? '127.0.0.1')}:${port ?? 9092}`
  }
  if (data !== undefined) given['log.dirs'] = data
  else if (given['log.dirs'] === undefined && given['log.dir'] === undefined) given['log.dirs'] = dataDefault
  const isAlone = (given['metadata.store'] ?? 'embedded') === 'embedded'
  const preset: Record<string, string> = {
    ...nodeProperties,
    ...(isAlone ? singleNodeProperties : {}),
    ...(dev ? devProperties : {}),
  }
  // The two names of the node's number stand for each other; a preset must not contradict the one that was given.
  if (given['broker.id'] !== undefined) delete preset['node.id']
  return { ...preset, ...given }
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
