import { array, type EncodableOf, int8, int32, message, string, struct, uuid } from '../schema.ts'

/** Key of what a member of a share group is given at present (record type 14). */
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

/** What a member of a share group is given at present, and at which epoch (record type 14). */
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
