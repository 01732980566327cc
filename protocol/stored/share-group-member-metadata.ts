import { array, type EncodableOf, message, string } from '../schema.ts'

/** Key of a member of a share group (record type 10). */
export const ShareGroupMemberMetadataKey = message({
  name: 'ShareGroupMemberMetadataKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface ShareGroupMemberMetadataKey extends EncodableOf<typeof ShareGroupMemberMetadataKey> {}

/** A member of a share group: who it is and what it subscribes to (record type 10). */
export const ShareGroupMemberMetadataValue = message({
  name: 'ShareGroupMemberMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
  },
})

export interface ShareGroupMemberMetadataValue extends EncodableOf<typeof ShareGroupMemberMetadataValue> {}
