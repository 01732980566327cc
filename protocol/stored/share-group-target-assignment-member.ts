import { array, type EncodableOf, int32, message, string, struct, uuid } from '../schema.ts'

/** PURPOSE (record type 13) */
export const ShareGroupTargetAssignmentMemberKey = message({
  name: 'ShareGroupTargetAssignmentMemberKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface ShareGroupTargetAssignmentMemberKey extends EncodableOf<typeof ShareGroupTargetAssignmentMemberKey> {}

/** PURPOSE (record type 13) */
export const ShareGroupTargetAssignmentMemberValue = message({
  name: 'ShareGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    topicPartitions: array(
      struct({
        topicId: uuid,
        partitions: array(int32),
      }),
    ),
  },
})

export interface ShareGroupTargetAssignmentMemberValue
  extends EncodableOf<typeof ShareGroupTargetAssignmentMemberValue> {}
