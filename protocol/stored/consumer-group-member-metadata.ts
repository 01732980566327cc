import { array, bytes, type EncodableOf, int32, message, string, struct } from '../schema.ts'

/** Key of a member of a consumer group (record type 5). */
export const ConsumerGroupMemberMetadataKey = message({
  name: 'ConsumerGroupMemberMetadataKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface ConsumerGroupMemberMetadataKey extends EncodableOf<typeof ConsumerGroupMemberMetadataKey> {}

/**
 * A member of a consumer group: who it is and what it subscribes to (record type 5). `classicMemberMetadata` is null
 * for a member of the new protocol; left out it is an empty one.
 */
export const ConsumerGroupMemberMetadataValue = message({
  name: 'ConsumerGroupMemberMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    instanceId: string.nullable(),
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
    subscribedTopicRegex: string.nullable(),
    rebalanceTimeoutMs: int32.default(-1),
    serverAssignor: string.nullable(),
    classicMemberMetadata: struct({
      sessionTimeoutMs: int32,
      supportedProtocols: array(
        struct({
          name: string,
          metadata: bytes,
        }),
      ),
    })
      .nullable()
      .tagged(0),
  },
})

export interface ConsumerGroupMemberMetadataValue extends EncodableOf<typeof ConsumerGroupMemberMetadataValue> {}
