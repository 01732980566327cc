/** A consumer group as an administrator sees it, whichever of the two protocols it speaks. */
import { decode } from '../../protocol/codec.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { ConsumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts'
import type { ClientResponseOf } from '../../protocol/schema.ts'
import { ConsumerProtocolAssignment } from '../../protocol/stored/consumer-protocol-assignment.ts'
import type { Admin } from './admin.ts'
import type { TopicPartition } from './by-leader.ts'

/** Types of members in ConsumerGroupDescribe from version 1 on; -1 where the broker does not tell. */
const memberTypes = { classic: 0, consumer: 1 } as const

/** A member, and the partitions that it has. */
export interface ConsumerGroupMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly host: string
  readonly partitions: readonly TopicPartition[]
  /** Null in groups of the classic protocol. */
  readonly epoch: number | null
  /** What the target assignment gives it; null as above. */
  readonly target: readonly TopicPartition[] | null
  /** Whether it speaks the consumer protocol (KIP-848), as some may in a group that is being upgraded; null where the broker does not tell, and in groups of the classic one. */
  readonly isUpgraded: boolean | null
}

/** A group of either protocol. */
export interface ConsumerGroup {
  readonly groupId: string
  readonly state: string
  /** '' where none was chosen. */
  readonly assignor: string
  /** Null in groups of the classic protocol. */
  readonly epoch: number | null
  /** The epoch that the target assignment was computed for; null as above. */
  readonly assignmentEpoch: number | null
  readonly members: readonly ConsumerGroupMember[]
}

/** Rejects with KafkaError: GROUP_ID_NOT_FOUND where there is none, though brokers before 4.0 call it dead. */
export async function describeConsumerGroup(admin: Admin, groupId: string): Promise<ConsumerGroup> {
  try {
    return await describeNew(admin, groupId)
  } catch (error) {
    const isElsewhere =
      error instanceof KafkaError &&
      (error.code === codes.UNSUPPORTED_VERSION || error.code === codes.GROUP_ID_NOT_FOUND)
    if (!isElsewhere) throw error
    return describeClassic(admin, groupId)
  }
}

async function describeNew(admin: Admin, groupId: string): Promise<ConsumerGroup> {
  const { groups } = await admin.ask(
    { to: 'coordinator', of: 'group', key: groupId },
    ConsumerGroupDescribe,
    { groupIds: [groupId] },
    {
      errorOf: response => response.groups[0]?.errorCode ?? 0,
      messageOf: response => response.groups[0]?.errorMessage ?? null,
    },
  )
  const { groupState, assignorName, groupEpoch, assignmentEpoch, members } = groups[0]!
  return {
    ...{ groupId, state: groupState, assignor: assignorName, epoch: groupEpoch, assignmentEpoch },
    members: members.map(member => ({
      ...{ memberId: member.memberId, instanceId: member.instanceId, clientId: member.clientId },
      ...{ host: member.clientHost, epoch: member.memberEpoch },
      partitions: partitionsOf(member.assignment),
      target: partitionsOf(member.targetAssignment),
      isUpgraded: member.memberType < 0 ? null : member.memberType === memberTypes.consumer,
    })),
  }
}

type Assignment = ClientResponseOf<typeof ConsumerGroupDescribe>['groups'][number]['members'][number]['assignment']

function partitionsOf({ topicPartitions }: Assignment): TopicPartition[] {
  return topicPartitions.flatMap(({ topicName, partitions }) =>
    partitions.map(partition => ({ topic: topicName, partition })),
  )
}

async function describeClassic(admin: Admin, groupId: string): Promise<ConsumerGroup> {
  const { groups } = await admin.ask(
    { to: 'coordinator', of: 'group', key: groupId },
    DescribeGroups,
    { groups: [groupId] },
    {
      errorOf: response => response.groups[0]?.errorCode ?? 0,
      messageOf: response => response.groups[0]?.errorMessage ?? null,
    },
  )
  const { groupState, protocolData, members } = groups[0]!
  return {
    ...{ groupId, state: groupState, assignor: protocolData, epoch: null, assignmentEpoch: null },
    members: members.map(member => ({
      ...{ memberId: member.memberId, instanceId: member.groupInstanceId, clientId: member.clientId },
      ...{ host: member.clientHost, epoch: null, target: null, isUpgraded: null },
      partitions: assignedIn(member.memberAssignment),
    })),
  }
}

/** What the bytes say that the group's leader wrote; nothing where they are none of Kafka's consumers. */
function assignedIn(bytes: Uint8Array): TopicPartition[] {
  if (bytes.length < 2) return []
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const version = Math.min(buffer.readInt16BE(0), ConsumerProtocolAssignment.versions[1])
    const { assignedPartitions } = decode(ConsumerProtocolAssignment, version, buffer.subarray(2))
    return assignedPartitions.flatMap(({ topic, partitions }) => partitions.map(partition => ({ topic, partition })))
  } catch {
    return []
  }
}
