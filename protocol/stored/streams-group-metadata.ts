import { array, type EncodableOf, int32, int64, message, string, struct } from '../schema.ts'

/** Key of the epoch of a streams group (record type 17). */
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

/**
 * The epoch of a streams group, and what its assignment was made from (record type 17). Without configs is null;
 * left out they are an empty list.
 */
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
