import { array, type EncodableOf, int32, message, string, struct, uuid } from '../schema.ts'

/** Key of what a member of a share group shall be given (record type 13). */
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

/** What a member of a share group shall be given (record type 13). */
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
