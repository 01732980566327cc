import { array, type EncodableOf, int32, message, string, struct, uint16 } from '../schema.ts'

/** Key of a member of a streams group (record type 19). */
export const StreamsGroupMemberMetadataKey = message({
  name: 'StreamsGroupMemberMetadataKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface StreamsGroupMemberMetadataKey extends EncodableOf<typeof StreamsGroupMemberMetadataKey> {}

const endpoint = struct({
  host: string,
  port: uint16,
})

const keyValue = struct({
  key: string,
  value: string,
})

/** A member of a streams group: its process, endpoint and tags (record type 19). */
export const StreamsGroupMemberMetadataValue = message({
  name: 'StreamsGroupMemberMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    instanceId: string.nullable(),
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    rebalanceTimeoutMs: int32.default(-1),
    topologyEpoch: int32,
    processId: string,
    userEndpoint: endpoint.nullable().default(null),
    clientTags: array(keyValue),
  },
})

export interface StreamsGroupMemberMetadataValue extends EncodableOf<typeof StreamsGroupMemberMetadataValue> {}
