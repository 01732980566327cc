/** FindCoordinator: which broker keeps a group or a transactional id. The topic that keeps them is made when it is first asked for. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { FindCoordinatorRequest, FindCoordinatorResponse } from '../../protocol/messages/find-coordinator.ts'
import { isFenced, type TopicImage } from '../cluster/image.ts'
import { healthGroupsTopic, isHealthGroup } from '../cluster/topic-names.ts'
import { type Answer, andThen } from '../coordination/answer.ts'
import { offsetsTopic } from '../coordination/groups.ts'
import { partitionOfKey } from '../coordination/key-partition.ts'
import type { Context, ResourceType } from './context.ts'
import { endpointOf } from './endpoints.ts'
import type { Refusal } from './refusals.ts'

/** Who coordinates one kind of key. */
interface Kind {
  readonly topic: string
  readonly resource: ResourceType
  readonly unauthorized: number
}

/** By the number of the key's type. */
const kinds: readonly Kind[] = [
  { topic: offsetsTopic, resource: 'group', unauthorized: codes.GROUP_AUTHORIZATION_FAILED },
  {
    topic: '__transaction_state',
    resource: 'transactionalId',
    unauthorized: codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  },
]

/** Groups of checks of the broker's health are kept apart, so that they make no topic that is listed. */
const healthKind: Kind = { ...kinds[0]!, topic: healthGroupsTopic }

type Coordinator = Required<Omit<NonNullable<FindCoordinatorResponse['coordinators']>[number], 'unknownTaggedFields'>>

/** First version that asks for several keys. */
const severalKeysSince = 4

export function findCoordinator(request: FindCoordinatorRequest, context: Context): Answer<FindCoordinatorResponse> {
  const several = context.apiVersion >= severalKeysSince
  const keys = several ? request.coordinatorKeys : [request.key]
  return andThen(coordinatorsOf(keys, request.keyType, context), coordinators => {
    const [one] = coordinators
    // Versions before 4 answer the only key beside the list; they say NONE where there is no error.
    const single = several || !one ? noCoordinator('', 0, '') : { ...one, errorMessage: one.errorMessage || 'NONE' }
    const { errorCode, errorMessage, nodeId, host, port } = single
    return { throttleTimeMs: 0, errorCode, errorMessage, nodeId, host, port, coordinators }
  })
}

function coordinatorsOf(keys: readonly string[], keyType: number, context: Context): Answer<Coordinator[]> {
  const { broker } = context
  const isHealth = keyType === 0 && keys.length > 0 && keys.every(isHealthGroup)
  const kind = isHealth ? healthKind : kinds[keyType]
  if (!kind) {
    const reason = `there is no coordinator for keys of type ${keyType}; types 0 (group) and 1 (transaction) are known`
    return keys.map(key => noCoordinator(key, codes.INVALID_REQUEST, reason))
  }
  const locate = (topic: TopicImage) => keys.map(key => coordinatorOf(key, kind, topic, context))
  const topic = broker.cluster.image.topics.get(kind.topic)
  if (topic) return locate(topic)
  return broker.cluster.autoCreateTopic(kind.topic).then(locate, error => {
    if (!(error instanceof KafkaError)) throw error
    return keys.map(key => noCoordinator(key, codes.COORDINATOR_NOT_AVAILABLE, error.message))
  })
}

function coordinatorOf(key: string, kind: Kind, topic: TopicImage, context: Context): Coordinator {
  const { broker } = context
  if (!broker.authorize(context, 'describe', kind.resource, key)) return noCoordinator(key, kind.unauthorized, '')
  const { leader, index } = topic.partitions[partitionOfKey(key, topic.partitions.length)]!
  const isHere = leader === broker.nodeId
  const isOffline = isHere && broker.partitions.get(topic.name, index)?.standing === 'offline'
  const node = isOffline || isFenced(broker.cluster.image, leader) ? null : endpointOf(leader, context)
  if (node === null) {
    return noCoordinator(key, codes.COORDINATOR_NOT_AVAILABLE, `the coordinator's partition has no leader; try again`)
  }
  return { key, nodeId: leader, host: node.host, port: node.port, errorCode: codes.NONE, errorMessage: '' }
}

function noCoordinator(key: string, errorCode: number, errorMessage: string): Coordinator {
  return { key, nodeId: -1, host: '', port: -1, errorCode, errorMessage }
}

/** The code beside the only key, or at each of several. */
export function refuseFindCoordinator(
  { coordinatorKeys }: FindCoordinatorRequest,
  { errorCode, errorMessage }: Refusal,
): FindCoordinatorResponse {
  const reason = errorMessage ?? ''
  const { key: _, ...none } = noCoordinator('', errorCode, reason)
  return {
    throttleTimeMs: 0,
    ...none,
    coordinators: coordinatorKeys.map(key => noCoordinator(key, errorCode, reason)),
  }
}
