/** Whose settings a command line is about. */
import type { configResourceTypes } from '../../admin/configs.ts'
import { type Given, type ToolOption, ToolUsageError } from './tool.ts'

export type EntityType = keyof typeof configResourceTypes

export interface Entity {
  readonly type: EntityType
  /** '' for the default of all, null where none is named. */
  readonly name: string | null
}

export const entityOptions = {
  'entity-type': {
    value: 'TYPE',
    doc: 'topics, brokers, broker-loggers, groups or client-metrics; users, clients and ips are not served yet',
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
  user: { value: 'NAME', doc: 'is not served yet' },
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
}
const shortcuts: Readonly<Record<string, EntityType>> = {
  topic: 'topic',
  broker: 'broker',
  'broker-logger': 'brokerLogger',
  group: 'group',
  'client-metrics': 'clientMetrics',
}
const later: readonly string[] = ['users', 'clients', 'ips']

/** Reads it. Throws ToolUsageError. */
export function entityOf<Name extends string>(given: Given<Name | EntityOption>): Entity {
  const unserved = (['user', 'client', 'ip'] as const).find(option => given.has(option))
  const named = given.all('entity-type')
  const unservedType = unserved ? `${unserved}s` : named.find(type => later.includes(type))
  if (unservedType !== undefined) {
    throw new ToolUsageError(`settings of ${unservedType} (SCRAM credentials, quotas) are not served yet`, {
      showHelp: false,
    })
  }
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
