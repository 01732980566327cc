import { array, type EncodableOf, int32, message, string, struct, uuid } from '../schema.ts'

/** Key of what a member of a consumer group shall own (record type 7). */
export const ConsumerGroupTargetAssignmentMemberKey = message({
  name: 'ConsumerGroupTargetAssignmentMemberKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface ConsumerGroupTargetAssignmentMemberKey
  extends EncodableOf<typeof ConsumerGroupTargetAssignmentMemberKey> {}

/** What a member of a consumer group shall own (record type 7). */
export const ConsumerGroupTargetAssignmentMemberValue = message({
  name: 'ConsumerGroupTargetAssignmentMemberValue',
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

export interface ConsumerGroupTargetAssignmentMemberValue
  extends EncodableOf<typeof ConsumerGroupTargetAssignmentMemberValue> {}
