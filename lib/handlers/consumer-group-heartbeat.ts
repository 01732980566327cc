/**
 * ConsumerGroupHeartbeat: a member joins a consumer group, keeps its place, hears which partitions it has, and leaves (KIP-848).
 * UNSUPPORTED_VERSION where such groups are switched off, by `group.version` or `group.coordinator.rebalance.protocols`.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../protocol/messages/consumer-group-heartbeat.ts'
import { loadPatterns } from '../base/pattern.ts'
import type { Answer } from '../coordination/answer.ts'
import { heartbeatRefused } from '../groups/consumer/consumer-groups.ts'
import { checkHeartbeat } from '../groups/consumer/faults.ts'
import { checkConsumerGroups } from './consumer-groups-served.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

export function consumerGroupHeartbeat(
  request: ConsumerGroupHeartbeatRequest,
  context: Context,
): Answer<ConsumerGroupHeartbeatResponse> {
  const { broker, connection, clientId, apiVersion } = context
  const { groups } = broker
  const { groupId, subscribedTopicNames, subscribedTopicRegex } = request
  checkConsumerGroups(broker)
  if (!broker.authorize(context, 'read', 'group', groupId)) {
    throw new KafkaError(codes.GROUP_AUTHORIZATION_FAILED)
  }
  if (subscribedTopicNames?.some(name => !broker.authorize(context, 'describe', 'topic', name))) {
    throw new KafkaError(codes.TOPIC_AUTHORIZATION_FAILED)
  }
  checkHeartbeat(request, apiVersion, groups.settings.consumerAssignors)
  const mayDescribe = (topic: string) => broker.authorize(context, 'describe', 'topic', topic, false)
  const beat = () =>
    groups.write<ConsumerGroupHeartbeatResponse>(
      groupId,
      errorCode => heartbeatRefused(errorCode, null),
      (shard, now) => {
        const caller = groups.caller(clientId, connection.remoteAddress, apiVersion, mayDescribe)
        return shard.consumerHeartbeat(request, caller, now)
      },
    )
  return subscribedTopicRegex ? loadPatterns().then(beat) : beat()
}

/** The code, and no assignment. */
export function refuseConsumerGroupHeartbeat(
  _request: ConsumerGroupHeartbeatRequest,
  { errorCode, errorMessage }: Refusal,
): ConsumerGroupHeartbeatResponse {
  return heartbeatRefused(errorCode, errorMessage)
}
