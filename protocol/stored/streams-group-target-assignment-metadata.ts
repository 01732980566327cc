import { type EncodableOf, int32, int64, message, string } from '../schema.ts'

/** PURPOSE (record type 20) */
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

/** PURPOSE (record type 20) */
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
