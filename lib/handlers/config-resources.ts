/** What configs belong to, as the config requests number it. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { topicNameError } from '../cluster/topic-names.ts'
import type { ConfigOwner } from '../config/alter.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context, Operation } from './context.ts'

export const configResourceTypes = { TOPIC: 2, BROKER: 4, BROKER_LOGGER: 8, CLIENT_METRICS: 16, GROUP: 32 } as const

/** One resource of a request. */
export interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
}

const owners: ReadonlyMap<number, ConfigOwner> = new Map([
  [configResourceTypes.TOPIC, 'topic'],
  [configResourceTypes.BROKER, 'broker'],
  [configResourceTypes.CLIENT_METRICS, 'client-metrics'],
  [configResourceTypes.GROUP, 'group'],
])

/** Throws the authorization error of the resource's type where the client may not do this to its configs. */
export function authorizeConfigs(
  context: Context,
  operation: Operation & ('describeConfigs' | 'alterConfigs'),
  { resourceType, resourceName }: ConfigResource,
): void {
  const { broker } = context
  if (resourceType === configResourceTypes.TOPIC) {
    if (!broker.authorize(context, operation, 'topic', resourceName)) throw notAllowed(codes.TOPIC_AUTHORIZATION_FAILED)
  } else if (resourceType === configResourceTypes.GROUP) {
    if (!broker.authorize(context, operation, 'group', resourceName)) throw notAllowed(codes.GROUP_AUTHORIZATION_FAILED)
  } else if (!broker.authorize(context, operation, 'cluster', clusterResource)) {
    throw notAllowed(codes.CLUSTER_AUTHORIZATION_FAILED)
  }
}

function notAllowed(code: number): KafkaError {
  return new KafkaError(code, 'not allowed to see or change these configs')
}

/** Whose configs are to be altered, and their name. Throws INVALID_REQUEST where this broker cannot alter them. */
export function alteredOwner(
  { resourceType, resourceName }: ConfigResource,
  context: Context,
): { readonly owner: ConfigOwner; readonly name: string } {
  if (resourceType === configResourceTypes.BROKER_LOGGER) {
    throw new KafkaError(codes.INVALID_REQUEST, 'log levels are changed one by one, by IncrementalAlterConfigs')
  }
  const owner = owners.get(resourceType)
  if (owner === undefined) throw new KafkaError(codes.INVALID_REQUEST, `there are no configs of type ${resourceType}`)
  // A broker answers for itself, and under the empty name for all.
  if (owner === 'broker') return { owner, name: resourceName === '' ? '' : ownName(resourceName, context) }
  if (resourceName === '')
    throw new KafkaError(codes.INVALID_REQUEST, `the ${owner} is not named: defaults cannot be set here`)
  if (owner === 'topic') checkTopicName(resourceName)
  return { owner, name: resourceName }
}

/** The name of this broker, in whichever way its number is written. Throws INVALID_REQUEST for another's. */
export function ownName(name: string, { broker }: Context): string {
  if (/^[+-]?\d+$/.test(name) && Number(name) === broker.nodeId) return String(broker.nodeId)
  throw new KafkaError(codes.INVALID_REQUEST, `this is broker ${broker.nodeId}, not '${name}': ask that one`)
}

/** Throws INVALID_TOPIC_EXCEPTION. */
export function checkTopicName(name: string): void {
  const wrong = topicNameError(name)
  if (wrong !== null) throw new KafkaError(codes.INVALID_TOPIC_EXCEPTION, wrong)
}

/** Resources that stand in a request more than once are refused, each time. */
export function repeatedResources(resources: readonly ConfigResource[]): ReadonlySet<string> {
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const resource of resources) {
    const key = resourceKey(resource)
    if (seen.has(key)) repeated.add(key)
    seen.add(key)
  }
  return repeated
}

export function resourceKey({ resourceType, resourceName }: ConfigResource): string {
  return `${resourceType}/${resourceName}`
}
