import { array, type EncodableOf, int8, int32, message, string, struct, uuid } from '../schema.ts'

/** Key of what a member of a consumer group owns at present (record type 8). */
export const ConsumerGroupCurrentMemberAssignmentKey = message({
  name: 'ConsumerGroupCurrentMemberAssignmentKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface ConsumerGroupCurrentMemberAssignmentKey
  extends EncodableOf<typeof ConsumerGroupCurrentMemberAssignmentKey> {}

const topicPartitions = struct({
  topicId: uuid,
  partitions: array(int32),
  assignmentEpochs: array(int32).nullable().tagged(0),
})

/**
 * What a member of a consumer group owns and still has to give up, at which epoch (record type 8). Without epochs is
 * null; left out they are an empty list.
 */
export const ConsumerGroupCurrentMemberAssignmentValue = message({
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions: array(topicPartitions),
    partitionsPendingRevocation: array(topicPartitions),
  },
})

export interface ConsumerGroupCurrentMemberAssignmentValue
  extends EncodableOf<typeof ConsumerGroupCurrentMemberAssignmentValue> {}
