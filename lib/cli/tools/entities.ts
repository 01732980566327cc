/** Whose settings a command line is about. */
import type { configResourceTypes } from '../../admin/configs.ts'
import { type Given, type ToolOption, ToolUsageError } from './tool.ts'

export type EntityType = keyof typeof configResourceTypes | 'user'

export interface Entity {
  readonly type: EntityType
  /** '' for the default of all, null where none is named. */
  readonly name: string | null
}

export const entityOptions = {
  'entity-type': {
    value: 'TYPE',
    doc: 'topics, brokers, broker-loggers, groups, client-metrics, users, clients or ips; users and clients together, too',
    multiple: true,
  },
  'entity-name': { value: 'NAME', doc: 'the name of the topic or group, the id of the broker' },
  'entity-default': { doc: 'what holds for all who have nothing of their own' },
  topic: { value: 'NAME', doc: 'short for --entity-type topics --entity-name NAME' },
  broker: { value: 'ID', doc: 'the same for a broker' },
  'broker-defaults': { doc: 'the same for all brokers' },
  'broker-logger': { value: 'ID', doc: 'the same for the log levels of a broker' },
  group: { value: 'NAME', doc: 'the same for a group' },
  'client-metrics': { value: 'NAME', doc: 'the same for metrics of clients' },
  user: { value: 'NAME', doc: 'the same for a user: SCRAM credentials and quotas' },
  'user-defaults': { doc: 'the same for all users: quotas' },
  client: { value: 'NAME', doc: 'the same for a client id: quotas' },
  'client-defaults': { doc: 'the same for all client ids' },
  ip: { value: 'ADDRESS', doc: 'the same for an address: quotas' },
  'ip-defaults': { doc: 'the same for all addresses' },
} as const satisfies Record<string, ToolOption>

type EntityOption = keyof typeof entityOptions

/** By the names that Kafka's tool has for them, in its order. */
const types: Readonly<Record<string, EntityType | null>> = {
  'broker-loggers': 'brokerLogger',
  topics: 'topic',
  clients: null,
  users: 'user',
  brokers: 'broker',
  ips: null,
  'client-metrics': 'clientMetrics',
  groups: 'group',
}
/** Short options: the type, and whether all of it are meant. */
const shortcuts = {
  topic: ['topics', false],
  client: ['clients', false],
  'client-defaults': ['clients', true],
  user: ['users', false],
  'user-defaults': ['users', true],
  broker: ['brokers', false],
  'broker-defaults': ['brokers', true],
  'broker-logger': ['broker-loggers', false],
  ip: ['ips', false],
  'ip-defaults': ['ips', true],
  'client-metrics': ['client-metrics', false],
  group: ['groups', false],
} as const satisfies Partial<Record<EntityOption, readonly [string, boolean]>>

function unusable(sentence: string): ToolUsageError {
  return new ToolUsageError(sentence, { showHelp: false })
}

/** Which types of entities are meant, by option or short. Throws ToolUsageError where there are none, or one twice. */
export function entityTypesOf<Name extends string>(given: Given<Name | EntityOption>): readonly string[] {
  const short = (Object.keys(shortcuts) as (keyof typeof shortcuts)[]).filter(option => given.has(option))
  const all = [...given.all('entity-type'), ...short.map(option => shortcuts[option][0])]
  if (all.length === 0) throw unusable('At least one entity type must be specified')
  const twice = all.filter((type, at) => all.indexOf(type) < at)
  if (twice.length > 0) throw unusable(`Duplicate entity type(s) specified: ${[...new Set(twice)].join(',')}`)
  return all
}

/** Reads whose settings are meant. Throws ToolUsageError. */
export function entityOf<Name extends string>(given: Given<Name | EntityOption>): Entity {
  const named = entityTypesOf(given)
  const unknown = named.find(type => !Object.hasOwn(types, type))
  if (unknown !== undefined) {
    throw unusable(
      `Invalid entity type ${unknown}, the entity type must be one of ${Object.keys(types).join(', ')} with a --bootstrap-server or --bootstrap-controller argument`,
    )
  }
  if (named.length > 1 && !named.every(type => type === 'users' || type === 'clients'))
    throw unusable("Only 'users' and 'clients' entity types may be specified together")
  const unserved = named.find(type => types[type] === null)
  if (unserved !== undefined)
    throw unusable(`settings of ${unserved} are quotas; name only users, clients or ips with them`)
  const type = types[named[0]]!
  const name = nameOf(given)
  const isOfBroker = type === 'broker' || type === 'brokerLogger'
  if (isOfBroker && name && !/^[+-]?\d{1,10}$/.test(name))
    throw unusable(`The entity name for ${named[0]} must be a valid integer broker id, but it is: ${name}`)
  if (type === 'topic' && name) checkTopicName(name)
  return { type, name }
}

const topicNameLengthMax = 249

/** Throws ToolUsageError where no topic could have this name. */
function checkTopicName(name: string): void {
  const fault = /[^a-zA-Z0-9._-]/.test(name)
    ? `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
    : name === '.' || name === '..'
      ? `'${name}' is not allowed`
      : name.length > topicNameLengthMax
        ? `the length of '${name}' is longer than the max allowed length ${topicNameLengthMax}`
        : null
  if (fault !== null) throw unusable(`Topic name is invalid: ${fault}`)
}

function nameOf<Name extends string>(given: Given<Name | EntityOption>): string | null {
  for (const [option, [, isDefault]] of Object.entries(shortcuts)) {
    if (given.has(option as EntityOption)) return isDefault ? '' : given.one(option as EntityOption)!
  }
  return given.has('entity-default') ? '' : (given.one('entity-name') ?? null)
}
