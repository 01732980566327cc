/** A consumer group as ConsumerGroupDescribe and ListGroups show it. */
import type { ConsumerGroupDescribeResponse } from '../../../protocol/messages/consumer-group-describe.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './member.ts'
import { listed, type PartitionEpochs, type PartitionSets } from './partitions.ts'
import type { ClusterTopics } from './topics.ts'

/** All that a member may own, also what it has not given up yet. */
function owned({ assigned, pendingRevocation }: ConsumerMember): PartitionEpochs {
  if (pendingRevocation.size === 0) return assigned
  const all = new Map(assigned)
  for (const [topicId, epochs] of pendingRevocation) all.set(topicId, new Map([...(all.get(topicId) ?? []), ...epochs]))
  return all
}

export type DescribedConsumerGroup = ConsumerGroupDescribeResponse['groups'][number]

/** What members are of, in `memberType`. */
const memberTypes = { classic: 0, consumer: 1 }

/** The group as ConsumerGroupDescribe shows it. */
export function describeConsumerGroup(group: ConsumerGroup, image: ClusterTopics): DescribedConsumerGroup {
  const assignment = (partitions: PartitionSets | PartitionEpochs) => ({
    // Topics that are gone have no name to show.
    topicPartitions: listed(partitions).flatMap(({ topicId, partitions }) => {
      const topic = image.topicsById.get(topicId)
      return topic ? [{ topicId, topicName: topic.name, partitions }] : []
    }),
  })
  return {
    errorCode: 0,
    errorMessage: null,
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.epoch,
    assignmentEpoch: group.targetEpoch,
    assignorName: group.assignors.most() ?? group.scope.settings.consumerAssignors[0]!,
    members: [...group.members.values()].map(member => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      rackId: member.rackId,
      memberEpoch: member.epoch,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopicNames: member.topicNames,
      subscribedTopicRegex: member.topicRegex,
      assignment: assignment(owned(member)),
      targetAssignment: assignment(group.targets.get(member.memberId) ?? new Map()),
      memberType: member.classic === null ? memberTypes.consumer : memberTypes.classic,
    })),
  }
}
