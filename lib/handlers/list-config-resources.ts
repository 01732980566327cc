/** ListConfigResources: whose configs there are (KIP-1142); in version 0 client metrics subscriptions only (KIP-714). */
import { codes } from '../../protocol/errors.ts'
import type {
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
} from '../../protocol/messages/list-config-resources.ts'
import type { ClusterImage } from '../cluster/image.ts'
import { isHiddenTopic } from '../cluster/topic-names.ts'
import { clusterResource } from './authorized-operations.ts'
import { configResourceTypes } from './config-resources.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

const { TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP } = configResourceTypes
const allTypes: readonly number[] = [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP]

/** UNSUPPORTED_VERSION for a type that there is not. An empty list asks for all types. */
export function listConfigResources(
  request: ListConfigResourcesRequest,
  context: Context,
): ListConfigResourcesResponse {
  const { broker, apiVersion } = context
  if (!broker.authorize(context, 'describeConfigs', 'cluster', clusterResource)) {
    return { throttleTimeMs: 0, errorCode: codes.CLUSTER_AUTHORIZATION_FAILED, configResources: [] }
  }
  const asked = apiVersion === 0 ? [CLIENT_METRICS] : request.resourceTypes
  const types = asked.length === 0 ? allTypes : [...new Set(asked)]
  if (types.some(type => !allTypes.includes(type))) {
    return { throttleTimeMs: 0, errorCode: codes.UNSUPPORTED_VERSION, configResources: [] }
  }
  const configResources = types.flatMap(resourceType =>
    namesOf(resourceType, broker.cluster.image).map(resourceName => ({ resourceName, resourceType })),
  )
  return { throttleTimeMs: 0, errorCode: codes.NONE, configResources }
}

function namesOf(type: number, image: ClusterImage): string[] {
  switch (type) {
    case TOPIC:
      return [...image.topics.keys()].filter(name => !isHiddenTopic(name))
    case GROUP:
      return [...image.groupConfigs.keys()]
    case CLIENT_METRICS: {
      const prefix = 'client-metrics/'
      return [...image.otherConfigs.keys()].filter(key => key.startsWith(prefix)).map(key => key.slice(prefix.length))
    }
    default:
      return image.brokers.map(({ id }) => String(id))
  }
}

/** The code, and no resources. */
export function refuseListConfigResources(
  _request: ListConfigResourcesRequest,
  { errorCode }: Refusal,
): ListConfigResourcesResponse {
  return { throttleTimeMs: 0, errorCode, configResources: [] }
}
