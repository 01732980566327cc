import { type EncodableOf, int32, int64, message, string } from '../schema.ts'

/** Key of the epoch of the target assignment of a streams group (record type 20). */
export const StreamsGroupTargetAssignmentMetadataKey = message({
  name: 'StreamsGroupTargetAssignmentMetadataKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
  },
})

export interface StreamsGroupTargetAssignmentMetadataKey
  extends EncodableOf<typeof StreamsGroupTargetAssignmentMetadataKey> {}

/** The epoch of the target assignment of a streams group (record type 20). */
export const StreamsGroupTargetAssignmentMetadataValue = message({
  name: 'StreamsGroupTargetAssignmentMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    assignmentEpoch: int32,
    assignmentTimestamp: int64.default(0).tagged(0),
  },
})

export interface StreamsGroupTargetAssignmentMetadataValue
  extends EncodableOf<typeof StreamsGroupTargetAssignmentMetadataValue> {}
