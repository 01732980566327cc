import { type EncodableOf, int32, int64, message, string } from '../schema.ts'

/** PURPOSE (record type 3) */
export const ConsumerGroupMetadataKey = message({
  name: 'ConsumerGroupMetadataKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
  },
})

export interface ConsumerGroupMetadataKey extends EncodableOf<typeof ConsumerGroupMetadataKey> {}

/** PURPOSE (record type 3) */
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
