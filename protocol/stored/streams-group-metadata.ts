import { array, type EncodableOf, int32, int64, message, string, struct } from '../schema.ts'

/** PURPOSE (record type 17) */
export const StreamsGroupMetadataKey = message({
  name: 'StreamsGroupMetadataKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
  },
})

export interface StreamsGroupMetadataKey extends EncodableOf<typeof StreamsGroupMetadataKey> {}

const lastAssignmentConfig = struct({
  key: string,
  value: string,
})

/** PURPOSE (record type 17) */
export const StreamsGroupMetadataValue = message({
  name: 'StreamsGroupMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    epoch: int32,
    metadataHash: int64,
    validatedTopologyEpoch: int32.default(-1).tagged(0),
    lastAssignmentConfigs: array(lastAssignmentConfig).nullable().tagged(1),
    storedDescriptionTopologyEpoch: int32.default(-1).tagged(2),
    failedDescriptionTopologyEpoch: int32.default(-1).tagged(3),
  },
})

export interface StreamsGroupMetadataValue extends EncodableOf<typeof StreamsGroupMetadataValue> {}
