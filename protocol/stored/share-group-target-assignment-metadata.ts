import { type EncodableOf, int32, int64, message, string } from '../schema.ts'

/** Key of the epoch of the target assignment of a share group (record type 12). */
export const ShareGroupTargetAssignmentMetadataKey = message({
  name: 'ShareGroupTargetAssignmentMetadataKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
  },
})

export interface ShareGroupTargetAssignmentMetadataKey
  extends EncodableOf<typeof ShareGroupTargetAssignmentMetadataKey> {}

/** The epoch of the target assignment of a share group (record type 12). */
export const ShareGroupTargetAssignmentMetadataValue = message({
  name: 'ShareGroupTargetAssignmentMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    assignmentEpoch: int32,
    assignmentTimestamp: int64.default(0).tagged(0),
  },
})

export interface ShareGroupTargetAssignmentMetadataValue
  extends EncodableOf<typeof ShareGroupTargetAssignmentMetadataValue> {}
