/** An administrator's operations on the configs of topics, brokers and groups. */
import { codes } from '../../protocol/errors.ts'
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import { ListConfigResources } from '../../protocol/messages/list-config-resources.ts'
import type { ClientResponseOf } from '../../protocol/schema.ts'
import type { Admin, Target } from './admin.ts'
import { AdminError } from './admin-error.ts'

/** What configs may belong to, as the protocol numbers it. */
export const configResourceTypes = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const

/** Whose configs are meant. A broker without a name stands for all of them. */
export interface ConfigResource {
  readonly type: keyof typeof configResourceTypes
  readonly name: string
}

/** One config with its value, and where that and others behind it come from. */
export type DescribedConfig = ClientResponseOf<typeof DescribeConfigs>['results'][number]['configs'][number]

/** What is done to one config: set to a value, or given back to its default by null. */
export interface ConfigChange {
  readonly name: string
  readonly value: string | null
}

const [operationSet, operationDelete] = [0, 1]

/** The configs of one resource, by name. Rejects with AdminError. */
export async function describeConfigs(
  admin: Admin,
  { type, name }: ConfigResource,
  options: { readonly documentation?: boolean } = {},
): Promise<readonly DescribedConfig[]> {
  const resource = { resourceType: configResourceTypes[type], resourceName: name, configurationKeys: null }
  const { results } = await admin.ask(
    targetOf({ type, name }),
    DescribeConfigs,
    version => ({
      ...{ resources: [resource], includeSynonyms: true },
      ...(options.documentation && version >= 3 ? { includeDocumentation: true } : {}),
    }),
    {
      errorOf: ({ results: [r] }) => unlessMissing(r?.errorCode ?? 0),
      messageOf: ({ results: [r] }) => r?.errorMessage ?? null,
      leastVersion: 1,
    },
  )
  refuse(results[0])
  return [...results[0].configs].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Changes some configs of one resource, all or none of them. Rejects with AdminError. */
export async function alterConfigs(
  admin: Admin,
  { type, name }: ConfigResource,
  changes: readonly ConfigChange[],
): Promise<void> {
  const configs = changes.map(({ name: config, value }) => ({
    name: config,
    configOperation: value === null ? operationDelete : operationSet,
    value,
  }))
  const resource = { resourceType: configResourceTypes[type], resourceName: name, configs }
  const { responses } = await admin.ask(
    targetOf({ type, name }),
    IncrementalAlterConfigs,
    { resources: [resource], validateOnly: false },
    {
      errorOf: ({ responses: [r] }) => unlessMissing(r?.errorCode ?? 0),
      messageOf: ({ responses: [r] }) => r?.errorMessage ?? null,
    },
  )
  refuse(responses[0])
}

/** The names of a type that have configs of their own, in alphabetical order. Rejects with AdminError. */
export async function listConfigResources(admin: Admin, type: ConfigResource['type']): Promise<string[]> {
  const { configResources } = await admin.ask(
    { to: 'any' },
    ListConfigResources,
    { resourceTypes: [configResourceTypes[type]] },
    // Before version 1 only those of client metrics are told.
    { leastVersion: type === 'clientMetrics' ? 0 : 1 },
  )
  return configResources.map(({ resourceName }) => resourceName).sort()
}

/** A topic that is not there will not come by waiting, though its code counts as one that passes. */
function unlessMissing(errorCode: number): number {
  return errorCode === codes.UNKNOWN_TOPIC_OR_PARTITION ? 0 : errorCode
}

function refuse({ errorCode, errorMessage }: { errorCode: number; errorMessage: string | null }): void {
  if (errorCode !== 0) throw new AdminError(errorCode, errorMessage)
}

/** A broker tells and takes its own; anything else, any of them does. */
function targetOf({ type, name }: ConfigResource): Target {
  const isOfOneBroker = (type === 'broker' || type === 'brokerLogger') && name !== ''
  return isOfOneBroker ? { to: 'broker', nodeId: Number(name) } : { to: 'any' }
}
