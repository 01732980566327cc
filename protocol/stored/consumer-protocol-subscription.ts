import { array, bytes, type EncodableOf, int32, message, string, struct } from '../schema.ts'

/**
 * What a member of a classic consumer group subscribes to; the bytes within JoinGroup.
 * v1 partitions that it owns (KIP-429) · v2 generation (KIP-792) · v3 rack (KIP-881)
 */
export const ConsumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: [0, 3],
  flexible: null,
  fields: {
    topics: array(string),
    userData: bytes.nullable().default(null),
    ownedPartitions: array(
      struct({
        topic: string,
        partitions: array(int32),
      }),
    ).since(1),
    generationId: int32.default(-1).since(2),
    rackId: string.nullable().default(null).since(3),
  },
})

export interface ConsumerProtocolSubscription extends EncodableOf<typeof ConsumerProtocolSubscription> {}
