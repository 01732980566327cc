import { type EncodableOf, int32, int64, message, string } from '../schema.ts'

/** Key of the epoch of the target assignment of a consumer group (record type 6). */
export const ConsumerGroupTargetAssignmentMetadataKey = message({
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
  },
})

export interface ConsumerGroupTargetAssignmentMetadataKey
  extends EncodableOf<typeof ConsumerGroupTargetAssignmentMetadataKey> {}

/** The epoch of the target assignment of a consumer group (record type 6). */
export const ConsumerGroupTargetAssignmentMetadataValue = message({
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    assignmentEpoch: int32,
    assignmentTimestamp: int64.default(0).tagged(0),
  },
})

export interface ConsumerGroupTargetAssignmentMetadataValue
  extends EncodableOf<typeof ConsumerGroupTargetAssignmentMetadataValue> {}
