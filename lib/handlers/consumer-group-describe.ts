/** ConsumerGroupDescribe: consumer groups with their members, what these have and what they are to have (KIP-848). */
import { codes } from '../../protocol/errors.ts'
import type {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
} from '../../protocol/messages/consumer-group-describe.ts'
import { type Answer, gather } from '../coordination/answer.ts'
import type { DescribedConsumerGroup } from '../groups/consumer/describe.ts'
import { authorizedOperations } from './authorized-operations.ts'
import { checkConsumerGroups } from './consumer-groups-served.ts'
import type { Context } from './context.ts'
import { refuseGroups } from './refusals.ts'

export const refuseConsumerGroupDescribe = refuseGroups

export function consumerGroupDescribe(
  request: ConsumerGroupDescribeRequest,
  context: Context,
): Answer<ConsumerGroupDescribeResponse> {
  checkConsumerGroups(context.broker)
  // A group that is asked for a million times is described once.
  const described = new Map<string, Answer<DescribedConsumerGroup>>()
  const answers = request.groupIds.map(groupId => {
    const answer = described.get(groupId) ?? describe(groupId, request, context)
    described.set(groupId, answer)
    return answer
  })
  return gather(answers, groups => ({ throttleTimeMs: 0, groups }))
}

function describe(
  groupId: string,
  { includeAuthorizedOperations }: ConsumerGroupDescribeRequest,
  context: Context,
): Answer<DescribedConsumerGroup> {
  const { broker } = context
  const refused = (errorCode: number, errorMessage: string | null = null) =>
    refuseGroups({ groupIds: [groupId] }, { errorCode, errorMessage, apiVersion: context.apiVersion }).groups[0]!
  if (!broker.authorize(context, 'describe', 'group', groupId)) return refused(codes.GROUP_AUTHORIZATION_FAILED)
  if (groupId === '') return refused(codes.INVALID_GROUP_ID)
  return broker.groups.read<DescribedConsumerGroup>(groupId, refused, shard => {
    const group = shard.describeConsumer(groupId)
    if (group.errorCode !== codes.NONE) return group
    const hidden = [...topicsOf(group)].some(topic => !broker.authorize(context, 'describe', 'topic', topic))
    if (hidden) {
      const message = 'the group consumes a topic that the client is not allowed to describe'
      return refused(codes.TOPIC_AUTHORIZATION_FAILED, message)
    }
    if (!includeAuthorizedOperations) return group
    return { ...group, authorizedOperations: authorizedOperations(context, 'group', groupId) }
  })
}

/** All topics that an answer would name. */
function topicsOf({ members }: DescribedConsumerGroup): Set<string> {
  const names = members.flatMap(({ subscribedTopicNames, assignment, targetAssignment }) => [
    ...subscribedTopicNames,
    ...[assignment, targetAssignment].flatMap(({ topicPartitions }) => topicPartitions.map(topic => topic.topicName)),
  ])
  return new Set(names)
}
