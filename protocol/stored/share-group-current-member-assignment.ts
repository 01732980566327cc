import { array, type EncodableOf, int8, int32, message, string, struct, uuid } from '../schema.ts'

/** PURPOSE (record type 14) */
export const ShareGroupCurrentMemberAssignmentKey = message({
  name: 'ShareGroupCurrentMemberAssignmentKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface ShareGroupCurrentMemberAssignmentKey
  extends EncodableOf<typeof ShareGroupCurrentMemberAssignmentKey> {}

const topicPartitions = struct({
  topicId: uuid,
  partitions: array(int32),
})

/** PURPOSE (record type 14) */
export const ShareGroupCurrentMemberAssignmentValue = message({
  name: 'ShareGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions: array(topicPartitions),
  },
})

export interface ShareGroupCurrentMemberAssignmentValue
  extends EncodableOf<typeof ShareGroupCurrentMemberAssignmentValue> {}
