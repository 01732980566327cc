/**
 * Settings as they are, and changes asked for → settings as they would be, or the error that Kafka gives. What the
 * changes belong to is a topic, a broker (or all of them), a group, or a client metrics subscription.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { validateClientMetrics } from './client-metrics.ts'
import type { BrokerConfig } from './config.ts'
import { brokerProperty, topicProperty } from './definitions.ts'
import { validateGroupConfigs } from './group-config.ts'
import { members } from './java-text.ts'
import type { Property } from './property.ts'
import { unscopedName } from './scoped.ts'
import { inheritedValue, validateTopicConfigs } from './topic-config.ts'
import { ConfigError, parseValue, refuseRepeats } from './values.ts'

/** What IncrementalAlterConfigs may do to a setting. */
export const configOperations = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const

/** One setting to change. */
export interface ConfigChange {
  readonly name: string
  readonly configOperation: number
  readonly value: string | null
}

/** What settings may belong to. */
export type ConfigOwner = 'topic' | 'broker' | 'group' | 'client-metrics'

type Settings = ReadonlyMap<string, string>

/** What one listener has may be set for all brokers only where it is one of these. */
const ofListenersTogether: ReadonlySet<string> = new Set([
  'max.connections',
  'max.connection.creation.rate',
  'num.network.threads',
])

/** As much as an answer can tell of one value. */
const stringBytesMax = 32_767

/** Keys and certificates: swapping them for all listeners at once could lock everybody out. */
const ofOneListener = /^ssl\.(keystore|truststore|key\.password)/

/** The settings after IncrementalAlterConfigs. Throws KafkaError; what comes out is not checked yet. */
export function incrementallyAltered(
  owner: ConfigOwner,
  current: Settings,
  changes: readonly ConfigChange[],
  broker: BrokerConfig,
): Settings {
  refuseRepeated(changes)
  refuseNulls(changes.filter(({ configOperation }) => configOperation !== configOperations.DELETE))
  const next = new Map(current)
  for (const { name, configOperation, value } of changes) {
    if (configOperation === configOperations.DELETE) {
      next.delete(name)
    } else if (configOperation === configOperations.SET) {
      next.set(name, value!)
    } else if (configOperation === configOperations.APPEND || configOperation === configOperations.SUBTRACT) {
      next.set(
        name,
        withMembers(owner, name, next.get(name), value!, configOperation === configOperations.APPEND, broker),
      )
    } else {
      throw new KafkaError(codes.INVALID_REQUEST, `${configOperation} is not an operation on ${name}`)
    }
  }
  return next
}

/** The settings after AlterConfigs: those of the request and no others. Throws KafkaError. */
export function replaced(configs: readonly { readonly name: string; readonly value: string | null }[]): Settings {
  refuseRepeated(configs)
  refuseNulls(configs)
  return new Map(configs.map(({ name, value }) => [name, value!]))
}

function refuseNulls(configs: readonly { readonly name: string; readonly value: string | null }[]): void {
  const unset = configs.find(({ value }) => value === null)
  if (unset === undefined) return
  throw new KafkaError(codes.INVALID_REQUEST, `${unset.name} has no value: delete it to follow the default`)
}

function refuseRepeated(configs: readonly { readonly name: string }[]): void {
  const names = new Set<string>()
  for (const { name } of configs) {
    if (names.has(name)) throw new KafkaError(codes.INVALID_REQUEST, `${name} is given more than once`)
    names.add(name)
  }
}

/**
 * A list with members added or taken away. The first such change starts from what holds by default. Kafka does not know the
 * types of what groups, client metrics and single listeners have where it looks for lists.
 */
function withMembers(
  owner: ConfigOwner,
  name: string,
  current: string | undefined,
  value: string,
  added: boolean,
  broker: BrokerConfig,
): string {
  const property = owner === 'topic' ? topicProperty(name) : owner === 'broker' ? brokerProperty(name) : undefined
  if (property?.type !== 'list') {
    throw new KafkaError(
      codes.INVALID_CONFIG,
      `${name} is not a list, so nothing can be ${added ? 'added to' : 'taken from'} it`,
    )
  }
  const inherited = () => (inheritedValue(property, broker) as readonly string[] | null) ?? []
  const had = current === undefined ? [...inherited()] : members(current)
  const mentioned = members(value)
  // Empty members at the end do not count. Nothing at all is one empty member, which most lists may not have.
  while (mentioned.at(-1) === '') mentioned.pop()
  if (value.trim() === '') mentioned.push('')
  if (!added) {
    const gone = new Set(mentioned)
    return had.filter(member => !gone.has(member)).join(',')
  }
  const known = new Set(had)
  const more = owner === 'topic' ? [...new Set(mentioned)] : mentioned
  const grown = [...had, ...more.filter(member => !known.has(member))].join(',')
  if (Buffer.byteLength(grown) > stringBytesMax) {
    throw new KafkaError(
      codes.INVALID_CONFIG,
      `${name} would have ${Buffer.byteLength(grown)} bytes; a value has at most ${stringBytesMax}`,
    )
  }
  return grown
}

/** Throws KafkaError where these settings cannot be the owner's. `before` are those that hold now: only what differs from them is refused as read-only. */
export function checkAltered(
  owner: ConfigOwner,
  name: string,
  before: Settings,
  settings: Settings,
  broker: BrokerConfig,
): void {
  if (owner === 'topic') validateTopicConfigs(settings, broker)
  else if (owner === 'group') validateGroupConfigs(settings, broker)
  else if (owner === 'broker') checkBroker(name, before, settings)
  else validateClientMetrics(settings)
}

/** Kafka 3 let it change while a broker with ZooKeeper ran, and what starts a broker in a container tells it its published port so. */
const changesAnyway: ReadonlySet<string> = new Set(['advertised.listeners'])

function checkBroker(name: string, before: Settings, settings: Settings): void {
  for (const [key, value] of settings) {
    if (before.get(key) === value) continue
    const property = brokerProperty(key)
    const general = unscopedName(key)
    const updateMode = changesAnyway.has(key) ? 'per-broker' : property?.updateMode
    if (updateMode === 'read-only') {
      throw new KafkaError(
        codes.INVALID_REQUEST,
        `${key} cannot change while the broker runs: set it in the properties file and restart`,
      )
    }
    const perBroker = general === null ? updateMode === 'per-broker' : !ofListenersTogether.has(general)
    if (perBroker && name === '') {
      throw new KafkaError(codes.INVALID_REQUEST, `${key} cannot be set for all brokers at once: name the broker`)
    }
    if (ofOneListener.test(key)) {
      throw new KafkaError(
        codes.INVALID_REQUEST,
        `${key} can change for one listener only while the broker runs: set listener.name.<name>.${key}`,
      )
    }
    // A plug-in may know properties that the broker does not, and what cannot change does not come to a listener either.
    const known = property ?? brokerProperty(general ?? '')
    if (known === undefined || (known.updateMode === 'read-only' && !changesAnyway.has(key))) continue
    checkValue(key, known, value)
    const isClass = known.type === 'class' || key === 'metric.reporters'
    if (isClass && !members(value).every(name => name.startsWith(kafkaPackage))) {
      throw new KafkaError(codes.INVALID_REQUEST, `${key} cannot be ${value}: this broker has no Java classes`)
    }
  }
}

/** Kafka's own classes are taken as known. */
const kafkaPackage = 'org.apache.kafka.'

function checkValue(key: string, property: Property, value: string): void {
  try {
    parseValue(key, property, value)
    refuseRepeats(key, property, value)
  } catch (error) {
    if (error instanceof ConfigError) throw new KafkaError(codes.INVALID_REQUEST, error.message)
    throw error
  }
}
