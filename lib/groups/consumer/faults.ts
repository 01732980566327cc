/** What is wrong with a ConsumerGroupHeartbeat whatever the state of its group. The order is Kafka's. */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import type { ConsumerGroupHeartbeatRequest } from '../../../protocol/messages/consumer-group-heartbeat.ts'
import { joiningEpoch, leavingEpoch, leavingStaticEpoch } from './member.ts'

/** From this version on members choose their own ids (KIP-1082). */
const ownIdsSince = 1

/** Throws INVALID_REQUEST or UNSUPPORTED_ASSIGNOR. `assignors` are the names of those that the broker has. */
export function checkHeartbeat(
  request: ConsumerGroupHeartbeatRequest,
  apiVersion: number,
  assignors: readonly string[],
): void {
  const { groupId, memberId, memberEpoch, instanceId, rackId, serverAssignor } = request
  const isKnown = memberEpoch > joiningEpoch || memberEpoch === leavingEpoch
  if ((apiVersion >= ownIdsSince || isKnown) && isBlank(memberId)) throw invalid('the member id is empty')
  if (isBlank(groupId)) throw invalid('the group id is empty')
  if (instanceId !== null && isBlank(instanceId)) throw invalid('the instance id is empty')
  if (rackId !== null && isBlank(rackId)) throw invalid('the rack id is empty')
  if (memberEpoch === joiningEpoch) checkJoin(request)
  else if (memberEpoch === leavingStaticEpoch) {
    if (instanceId === null) throw invalid('only a member with an instance id may leave for a while')
  } else if (memberEpoch < leavingStaticEpoch) throw invalid(`there is no member epoch ${memberEpoch}`)
  if (serverAssignor !== null && !assignors.includes(serverAssignor)) {
    const names = assignors.join(', ')
    throw new KafkaError(codes.UNSUPPORTED_ASSIGNOR, `there is no assignor ${serverAssignor} here, but ${names}`)
  }
}

function checkJoin(request: ConsumerGroupHeartbeatRequest): void {
  const { rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = request
  if (rebalanceTimeoutMs === -1) throw invalid('who joins must say its rebalance timeout')
  if (topicPartitions === null || topicPartitions.length > 0)
    throw invalid('who joins must own no partitions, and say so')
  if (subscribedTopicNames === null && subscribedTopicRegex === null) {
    throw invalid('who joins must say what it subscribes to, by names or by a regular expression')
  }
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}

function invalid(message: string): KafkaError {
  return new KafkaError(codes.INVALID_REQUEST, message)
}
