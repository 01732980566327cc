/** Records of consumer groups as Kafka keeps them in `__consumer_offsets`: types 3 to 8, and 16. */
import { decode, decodeExact, EncodeError, encode, encodeExact } from '../../../protocol/codec.ts'
import type { EncodableOf, Message } from '../../../protocol/schema.ts'
import {
  ConsumerGroupCurrentMemberAssignmentKey,
  ConsumerGroupCurrentMemberAssignmentValue,
} from '../../../protocol/stored/consumer-group-current-member-assignment.ts'
import {
  ConsumerGroupMemberMetadataKey,
  ConsumerGroupMemberMetadataValue,
} from '../../../protocol/stored/consumer-group-member-metadata.ts'
import {
  ConsumerGroupMetadataKey,
  ConsumerGroupMetadataValue,
} from '../../../protocol/stored/consumer-group-metadata.ts'
import { ConsumerGroupPartitionMetadataKey } from '../../../protocol/stored/consumer-group-partition-metadata.ts'
import {
  ConsumerGroupRegularExpressionKey,
  ConsumerGroupRegularExpressionValue,
} from '../../../protocol/stored/consumer-group-regular-expression.ts'
import {
  ConsumerGroupTargetAssignmentMemberKey,
  ConsumerGroupTargetAssignmentMemberValue,
} from '../../../protocol/stored/consumer-group-target-assignment-member.ts'
import {
  ConsumerGroupTargetAssignmentMetadataKey,
  ConsumerGroupTargetAssignmentMetadataValue,
} from '../../../protocol/stored/consumer-group-target-assignment-metadata.ts'
import { groupRecordTypes } from '../../../protocol/stored/record-types.ts'
import type { MemberAssignment, MemberDetails, MemberState } from './member.ts'
import { listed, type PartitionEpochs, type PartitionSets } from './partitions.ts'
import type { ConsumerRecord } from './records.ts'

/** Type of a record's key, by kind. */
const types = {
  consumerEpoch: groupRecordTypes.ConsumerGroupMetadata,
  consumerSeenTopics: groupRecordTypes.ConsumerGroupPartitionMetadata,
  consumerMember: groupRecordTypes.ConsumerGroupMemberMetadata,
  consumerTarget: groupRecordTypes.ConsumerGroupTargetAssignmentMetadata,
  consumerTargetMember: groupRecordTypes.ConsumerGroupTargetAssignmentMember,
  consumerAssignment: groupRecordTypes.ConsumerGroupCurrentMemberAssignment,
  consumerRegex: groupRecordTypes.ConsumerGroupRegularExpression,
} as const

const stateCodes: Readonly<Record<MemberState, number>> = { stable: 0, unrevoked: 1, unreleased: 2, unknown: 127 }

function prefixed(prefix: number, body: Buffer): Buffer {
  const whole = Buffer.allocUnsafe(2 + body.length)
  whole.writeInt16BE(prefix, 0)
  body.copy(whole, 2)
  return whole
}

/** All keys and values have version 0 alone. */
function keyed<M extends Message>(type: number, message: M, key: EncodableOf<M>): Buffer {
  return prefixed(type, encode(message, 0, key))
}

function valued<M extends Message>(message: M, value: EncodableOf<M>): Buffer {
  return prefixed(0, encode(message, 0, value))
}

interface Encoded {
  readonly key: Buffer
  readonly value: Buffer | null
}

/** Records that are encoded before they are written, as many are to be written at once. */
const prepared = new WeakMap<ConsumerRecord, Encoded>()

/** Encodes a record that is to be written soon. Where it cannot be encoded, that is told when it is written. */
export function prepareConsumerRecord(record: ConsumerRecord): void {
  try {
    prepared.set(record, encoded(record))
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error
  }
}

export function encodeConsumerRecord(record: ConsumerRecord): Encoded {
  return prepared.get(record) ?? encoded(record)
}

function encoded(record: ConsumerRecord): Encoded {
  const { groupId } = record
  switch (record.kind) {
    case 'consumerEpoch':
      return {
        key: keyed(types.consumerEpoch, ConsumerGroupMetadataKey, { groupId }),
        value: record.value && prefixed(0, encodeExact(ConsumerGroupMetadataValue, 0, record.value)),
      }
    case 'consumerSeenTopics':
      return { key: keyed(types.consumerSeenTopics, ConsumerGroupPartitionMetadataKey, { groupId }), value: null }
    case 'consumerMember':
      return {
        key: keyed(types.consumerMember, ConsumerGroupMemberMetadataKey, { groupId, memberId: record.memberId }),
        value: record.value && valued(ConsumerGroupMemberMetadataValue, storedMember(record.value)),
      }
    case 'consumerTarget':
      return {
        key: keyed(types.consumerTarget, ConsumerGroupTargetAssignmentMetadataKey, { groupId }),
        value:
          record.value &&
          valued(ConsumerGroupTargetAssignmentMetadataValue, {
            assignmentEpoch: record.value.epoch,
            assignmentTimestamp: record.value.timestampMs,
          }),
      }
    case 'consumerTargetMember':
      return {
        key: keyed(types.consumerTargetMember, ConsumerGroupTargetAssignmentMemberKey, {
          groupId,
          memberId: record.memberId,
        }),
        value:
          record.value && valued(ConsumerGroupTargetAssignmentMemberValue, { topicPartitions: listed(record.value) }),
      }
    case 'consumerAssignment':
      return {
        key: keyed(types.consumerAssignment, ConsumerGroupCurrentMemberAssignmentKey, {
          groupId,
          memberId: record.memberId,
        }),
        value: record.value && valued(ConsumerGroupCurrentMemberAssignmentValue, storedAssignment(record.value)),
      }
    case 'consumerRegex':
      return {
        key: keyed(types.consumerRegex, ConsumerGroupRegularExpressionKey, {
          groupId,
          regularExpression: record.regex,
        }),
        value:
          record.value &&
          valued(ConsumerGroupRegularExpressionValue, {
            topics: [...record.value.topics].sort(),
            version: record.value.version,
            timestamp: record.value.timestampMs,
          }),
      }
  }
}

/** A record read back, or null where its key is of another type. Throws where it cannot be read. */
export function decodeConsumerRecord(type: number, key: Buffer, value: Buffer | null): ConsumerRecord | null {
  switch (type) {
    case types.consumerEpoch: {
      const { groupId } = decode(ConsumerGroupMetadataKey, 0, key, 2)
      return { kind: 'consumerEpoch', groupId, value: value && recordedEpoch(value) }
    }
    case types.consumerSeenTopics: {
      const { groupId } = decode(ConsumerGroupPartitionMetadataKey, 0, key, 2)
      return { kind: 'consumerSeenTopics', groupId, value: value && {} }
    }
    case types.consumerMember: {
      const { groupId, memberId } = decode(ConsumerGroupMemberMetadataKey, 0, key, 2)
      return { kind: 'consumerMember', groupId, memberId, value: value && recordedMember(value) }
    }
    case types.consumerTarget: {
      const { groupId } = decode(ConsumerGroupTargetAssignmentMetadataKey, 0, key, 2)
      return { kind: 'consumerTarget', groupId, value: value && recordedTarget(value) }
    }
    case types.consumerTargetMember: {
      const { groupId, memberId } = decode(ConsumerGroupTargetAssignmentMemberKey, 0, key, 2)
      return { kind: 'consumerTargetMember', groupId, memberId, value: value && recordedSets(value) }
    }
    case types.consumerAssignment: {
      const { groupId, memberId } = decode(ConsumerGroupCurrentMemberAssignmentKey, 0, key, 2)
      return { kind: 'consumerAssignment', groupId, memberId, value: value && recordedAssignment(value) }
    }
    case types.consumerRegex: {
      const { groupId, regularExpression } = decode(ConsumerGroupRegularExpressionKey, 0, key, 2)
      return { kind: 'consumerRegex', groupId, regex: regularExpression, value: value && recordedRegex(value) }
    }
    default:
      return null
  }
}

function storedMember(member: MemberDetails): EncodableOf<typeof ConsumerGroupMemberMetadataValue> {
  const { classic } = member
  return {
    instanceId: member.instanceId,
    rackId: member.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: member.topicNames,
    subscribedTopicRegex: member.topicRegex,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    serverAssignor: member.serverAssignor,
    classicMemberMetadata: classic && {
      sessionTimeoutMs: classic.sessionTimeoutMs,
      supportedProtocols: classic.protocols,
    },
  }
}

/** The hash has all of its 64 bits. */
function recordedEpoch(bytes: Buffer): { readonly epoch: number; readonly metadataHash: bigint } {
  return decodeExact(ConsumerGroupMetadataValue, 0, bytes.subarray(2)) as ReturnType<typeof recordedEpoch>
}

function recordedMember(bytes: Buffer): MemberDetails {
  const value = decode(ConsumerGroupMemberMetadataValue, 0, bytes, 2)
  const { classicMemberMetadata: classic } = value
  return {
    instanceId: value.instanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    clientHost: value.clientHost,
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    topicNames: [...new Set(value.subscribedTopicNames)].sort(),
    topicRegex: value.subscribedTopicRegex ?? '',
    serverAssignor: value.serverAssignor,
    classic: classic && {
      sessionTimeoutMs: classic.sessionTimeoutMs,
      // What is kept must not hold on to the buffer that the log was read into.
      protocols: classic.supportedProtocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
    },
  }
}

function recordedTarget(bytes: Buffer) {
  const value = decode(ConsumerGroupTargetAssignmentMetadataValue, 0, bytes, 2)
  return { epoch: value.assignmentEpoch, timestampMs: value.assignmentTimestamp }
}

function recordedSets(bytes: Buffer): PartitionSets {
  const { topicPartitions } = decode(ConsumerGroupTargetAssignmentMemberValue, 0, bytes, 2)
  return new Map(topicPartitions.map(({ topicId, partitions }) => [topicId, new Set(partitions)]))
}

function storedAssignment(value: MemberAssignment): EncodableOf<typeof ConsumerGroupCurrentMemberAssignmentValue> {
  return {
    memberEpoch: value.epoch,
    previousMemberEpoch: value.previousEpoch,
    state: stateCodes[value.state],
    assignedPartitions: withEpochs(value.assigned),
    partitionsPendingRevocation: withEpochs(value.pendingRevocation),
  }
}

function withEpochs(assignment: PartitionEpochs) {
  return listed(assignment).map(({ topicId, partitions }) => {
    const epochs = assignment.get(topicId)!
    return { topicId, partitions, assignmentEpochs: partitions.map(partition => epochs.get(partition)!) }
  })
}

function recordedAssignment(bytes: Buffer): MemberAssignment {
  const value = decode(ConsumerGroupCurrentMemberAssignmentValue, 0, bytes, 2)
  const { memberEpoch, previousMemberEpoch, state, assignedPartitions, partitionsPendingRevocation } = value
  const states = Object.entries(stateCodes) as [MemberState, number][]
  return {
    epoch: memberEpoch,
    previousEpoch: previousMemberEpoch,
    state: states.find(([, code]) => code === state)?.[0] ?? 'unknown',
    assigned: recordedEpochs(assignedPartitions, memberEpoch),
    pendingRevocation: recordedEpochs(partitionsPendingRevocation, memberEpoch),
  }
}

interface RecordedPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
  readonly assignmentEpochs: readonly number[] | null
}

/** Brokers before Apache Kafka 4.3 tell no epochs: then commits count from the member's own. */
function recordedEpochs(topics: readonly RecordedPartitions[], memberEpoch: number): PartitionEpochs {
  return new Map(
    topics.map(({ topicId, partitions, assignmentEpochs }) => [
      topicId,
      new Map(partitions.map((partition, i) => [partition, assignmentEpochs?.[i] ?? memberEpoch])),
    ]),
  )
}

function recordedRegex(bytes: Buffer) {
  const { topics, version, timestamp } = decode(ConsumerGroupRegularExpressionValue, 0, bytes, 2)
  return { topics: new Set(topics), version, timestampMs: timestamp }
}
