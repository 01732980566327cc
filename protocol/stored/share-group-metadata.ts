import { type EncodableOf, int32, int64, message, string } from '../schema.ts'

/** Key of the epoch of a share group (record type 11). */
export const ShareGroupMetadataKey = message({
  name: 'ShareGroupMetadataKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
  },
})

export interface ShareGroupMetadataKey extends EncodableOf<typeof ShareGroupMetadataKey> {}

/** The epoch of a share group, and a hash of the metadata that it was made from (record type 11). */
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
