/** Key and value of each kind of record that coordinators keep in their topics, by the number that its key begins with. */
import type { Message } from '../schema.ts'
import {
  ConsumerGroupCurrentMemberAssignmentKey,
  ConsumerGroupCurrentMemberAssignmentValue,
} from './consumer-group-current-member-assignment.ts'
import { ConsumerGroupMemberMetadataKey, ConsumerGroupMemberMetadataValue } from './consumer-group-member-metadata.ts'
import { ConsumerGroupMetadataKey, ConsumerGroupMetadataValue } from './consumer-group-metadata.ts'
import {
  ConsumerGroupPartitionMetadataKey,
  ConsumerGroupPartitionMetadataValue,
} from './consumer-group-partition-metadata.ts'
import {
  ConsumerGroupRegularExpressionKey,
  ConsumerGroupRegularExpressionValue,
} from './consumer-group-regular-expression.ts'
import {
  ConsumerGroupTargetAssignmentMemberKey,
  ConsumerGroupTargetAssignmentMemberValue,
} from './consumer-group-target-assignment-member.ts'
import {
  ConsumerGroupTargetAssignmentMetadataKey,
  ConsumerGroupTargetAssignmentMetadataValue,
} from './consumer-group-target-assignment-metadata.ts'
import { GroupMetadataKey, GroupMetadataValue } from './group-metadata.ts'
import { LegacyOffsetCommitKey, LegacyOffsetCommitValue } from './legacy-offset-commit.ts'
import { OffsetCommitKey, OffsetCommitValue } from './offset-commit.ts'
import { groupRecordTypes as groups, transactionRecordTypes as transactions } from './record-types.ts'
import {
  ShareGroupCurrentMemberAssignmentKey,
  ShareGroupCurrentMemberAssignmentValue,
} from './share-group-current-member-assignment.ts'
import { ShareGroupMemberMetadataKey, ShareGroupMemberMetadataValue } from './share-group-member-metadata.ts'
import { ShareGroupMetadataKey, ShareGroupMetadataValue } from './share-group-metadata.ts'
import {
  ShareGroupStatePartitionMetadataKey,
  ShareGroupStatePartitionMetadataValue,
} from './share-group-state-partition-metadata.ts'
import {
  ShareGroupTargetAssignmentMemberKey,
  ShareGroupTargetAssignmentMemberValue,
} from './share-group-target-assignment-member.ts'
import {
  ShareGroupTargetAssignmentMetadataKey,
  ShareGroupTargetAssignmentMetadataValue,
} from './share-group-target-assignment-metadata.ts'
import {
  StreamsGroupCurrentMemberAssignmentKey,
  StreamsGroupCurrentMemberAssignmentValue,
} from './streams-group-current-member-assignment.ts'
import { StreamsGroupMemberMetadataKey, StreamsGroupMemberMetadataValue } from './streams-group-member-metadata.ts'
import { StreamsGroupMetadataKey, StreamsGroupMetadataValue } from './streams-group-metadata.ts'
import {
  StreamsGroupTargetAssignmentMemberKey,
  StreamsGroupTargetAssignmentMemberValue,
} from './streams-group-target-assignment-member.ts'
import {
  StreamsGroupTargetAssignmentMetadataKey,
  StreamsGroupTargetAssignmentMetadataValue,
} from './streams-group-target-assignment-metadata.ts'
import { StreamsGroupTopologyKey, StreamsGroupTopologyValue } from './streams-group-topology.ts'
import { TransactionLogKey, TransactionLogValue } from './transaction-log.ts'

/** A key and a value; the value of each version is of the same message. */
export interface KeyedRecord {
  readonly key: Message
  readonly value: Message
}

export type KeyedRecords = Readonly<Record<number, KeyedRecord>>

/** Those of `__consumer_offsets`. */
export const groupRecords: KeyedRecords = {
  [groups.LegacyOffsetCommit]: { key: LegacyOffsetCommitKey, value: LegacyOffsetCommitValue },
  [groups.OffsetCommit]: { key: OffsetCommitKey, value: OffsetCommitValue },
  [groups.GroupMetadata]: { key: GroupMetadataKey, value: GroupMetadataValue },
  [groups.ConsumerGroupMetadata]: { key: ConsumerGroupMetadataKey, value: ConsumerGroupMetadataValue },
  [groups.ConsumerGroupPartitionMetadata]: {
    key: ConsumerGroupPartitionMetadataKey,
    value: ConsumerGroupPartitionMetadataValue,
  },
  [groups.ConsumerGroupMemberMetadata]: {
    key: ConsumerGroupMemberMetadataKey,
    value: ConsumerGroupMemberMetadataValue,
  },
  [groups.ConsumerGroupTargetAssignmentMetadata]: {
    key: ConsumerGroupTargetAssignmentMetadataKey,
    value: ConsumerGroupTargetAssignmentMetadataValue,
  },
  [groups.ConsumerGroupTargetAssignmentMember]: {
    key: ConsumerGroupTargetAssignmentMemberKey,
    value: ConsumerGroupTargetAssignmentMemberValue,
  },
  [groups.ConsumerGroupCurrentMemberAssignment]: {
    key: ConsumerGroupCurrentMemberAssignmentKey,
    value: ConsumerGroupCurrentMemberAssignmentValue,
  },
  [groups.ShareGroupMemberMetadata]: { key: ShareGroupMemberMetadataKey, value: ShareGroupMemberMetadataValue },
  [groups.ShareGroupMetadata]: { key: ShareGroupMetadataKey, value: ShareGroupMetadataValue },
  [groups.ShareGroupTargetAssignmentMetadata]: {
    key: ShareGroupTargetAssignmentMetadataKey,
    value: ShareGroupTargetAssignmentMetadataValue,
  },
  [groups.ShareGroupTargetAssignmentMember]: {
    key: ShareGroupTargetAssignmentMemberKey,
    value: ShareGroupTargetAssignmentMemberValue,
  },
  [groups.ShareGroupCurrentMemberAssignment]: {
    key: ShareGroupCurrentMemberAssignmentKey,
    value: ShareGroupCurrentMemberAssignmentValue,
  },
  [groups.ShareGroupStatePartitionMetadata]: {
    key: ShareGroupStatePartitionMetadataKey,
    value: ShareGroupStatePartitionMetadataValue,
  },
  [groups.ConsumerGroupRegularExpression]: {
    key: ConsumerGroupRegularExpressionKey,
    value: ConsumerGroupRegularExpressionValue,
  },
  [groups.StreamsGroupMetadata]: { key: StreamsGroupMetadataKey, value: StreamsGroupMetadataValue },
  [groups.StreamsGroupMemberMetadata]: { key: StreamsGroupMemberMetadataKey, value: StreamsGroupMemberMetadataValue },
  [groups.StreamsGroupTargetAssignmentMetadata]: {
    key: StreamsGroupTargetAssignmentMetadataKey,
    value: StreamsGroupTargetAssignmentMetadataValue,
  },
  [groups.StreamsGroupTargetAssignmentMember]: {
    key: StreamsGroupTargetAssignmentMemberKey,
    value: StreamsGroupTargetAssignmentMemberValue,
  },
  [groups.StreamsGroupCurrentMemberAssignment]: {
    key: StreamsGroupCurrentMemberAssignmentKey,
    value: StreamsGroupCurrentMemberAssignmentValue,
  },
  [groups.StreamsGroupTopology]: { key: StreamsGroupTopologyKey, value: StreamsGroupTopologyValue },
}

/** Those of `__transaction_state`. */
export const transactionRecords: KeyedRecords = {
  [transactions.TransactionLog]: { key: TransactionLogKey, value: TransactionLogValue },
}
