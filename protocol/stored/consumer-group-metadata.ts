import { type EncodableOf, int32, int64, message, string } from '../schema.ts'

/** Key of the epoch of a consumer group (record type 3). */
export const ConsumerGroupMetadataKey = message({
  name: 'ConsumerGroupMetadataKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
  },
})

export interface ConsumerGroupMetadataKey extends EncodableOf<typeof ConsumerGroupMetadataKey> {}

/** The epoch of a consumer group, and a hash of the metadata that it was made from (record type 3). */
export const ConsumerGroupMetadataValue = message({
  name: 'ConsumerGroupMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    epoch: int32,
    metadataHash: int64.default(0).tagged(0),
  },
})

export interface ConsumerGroupMetadataValue extends EncodableOf<typeof ConsumerGroupMetadataValue> {}
