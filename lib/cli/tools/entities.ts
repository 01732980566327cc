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
    doc: 'topics, brokers, broker-loggers, groups, client-metrics or users; clients and ips are not served yet',
    multiple: true,
  },
  'entity-name': { value: 'NAME', doc: 'the name of the topic or group, the id of the broker' },
  'entity-default': { doc: 'what holds for all brokers' },
  topic: { value: 'NAME', doc: 'short for --entity-type topics --entity-name NAME' },
  broker: { value: 'ID', doc: 'the same for a broker' },
  'broker-defaults': { doc: 'the same for all brokers' },
  'broker-logger': { value: 'ID', doc: 'the same for the log levels of a broker' },
  group: { value: 'NAME', doc: 'the same for a group' },
  'client-metrics': { value: 'NAME', doc: 'the same for metrics of clients' },
  user: { value: 'NAME', doc: 'the same for a user: SCRAM credentials; quotas are not served yet' },
  'user-defaults': { doc: 'the same for all users: takes quotas alone, which are not served yet' },
  client: { value: 'NAME', doc: 'is not served yet' },
  ip: { value: 'ADDRESS', doc: 'is not served yet' },
} as const satisfies Record<string, ToolOption>

type EntityOption = keyof typeof entityOptions

const types: Readonly<Record<string, EntityType>> = {
  topics: 'topic',
  brokers: 'broker',
  'broker-loggers': 'brokerLogger',
  'client-metrics': 'clientMetrics',
  groups: 'group',
  users: 'user',
}
const shortcuts: Readonly<Record<string, EntityType>> = {
  topic: 'topic',
  broker: 'broker',
  'broker-logger': 'brokerLogger',
  group: 'group',
  'client-metrics': 'clientMetrics',
  user: 'user',
}
const later: readonly string[] = ['clients', 'ips']

/** Reads it. Throws ToolUsageError. */
export function entityOf<Name extends string>(given: Given<Name | EntityOption>): Entity {
  const unserved = (['client', 'ip'] as const).find(option => given.has(option))
  const named = given.all('entity-type')
  const unservedType = unserved ? `${unserved}s` : named.find(type => later.includes(type))
  if (unservedType !== undefined) {
    throw new ToolUsageError(`settings of ${unservedType} (quotas) are not served yet`, {
      showHelp: false,
    })
  }
  if (given.has('user-defaults')) return { type: 'user', name: '' }
  if (given.has('broker-defaults')) return { type: 'broker', name: '' }
  for (const [option, type] of Object.entries(shortcuts)) {
    if (given.has(option as EntityOption)) return { type, name: given.one(option as EntityOption)! }
  }
  const [type] = named
  if (type === undefined) throw new ToolUsageError('At least one entity type must be specified', { showHelp: false })
  if (!Object.hasOwn(types, type)) {
    throw new ToolUsageError(
      `Invalid entity type ${type}, the entity type must be one of ${[...Object.keys(types), ...later].join(', ')} with a --bootstrap-server or --bootstrap-controller argument`,
      { showHelp: false },
    )
  }
  return { type: types[type], name: given.has('entity-default') ? '' : (given.one('entity-name') ?? null) }
}
