import { type EncodableOf, int32, int64, message, string } from '../schema.ts'

/** PURPOSE (record type 11) */
export const ShareGroupMetadataKey = message({
  name: 'ShareGroupMetadataKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
  },
})

export interface ShareGroupMetadataKey extends EncodableOf<typeof ShareGroupMetadataKey> {}

/** PURPOSE (record type 11) */
export const ShareGroupMetadataValue = message({
  name: 'ShareGroupMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    epoch: int32,
    metadataHash: int64,
  },
})

export interface ShareGroupMetadataValue extends EncodableOf<typeof ShareGroupMetadataValue> {}
