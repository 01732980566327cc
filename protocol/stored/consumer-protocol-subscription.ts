import { array, bytes, type EncodableOf, int32, message, string, struct } from '../schema.ts'

/** PURPOSE. v1 ownedPartitions · v2 generationId · v3 rackId */
export const ConsumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: [0, 3],
  flexible: null,
  fields: {
    topics: array(string),
    userData: bytes.nullable().default(null),
    ownedPartitions: array(
      struct({
        topic: string.since(1),
        partitions: array(int32).since(1),
      }),
    ).since(1),
    generationId: int32.default(-1).since(2),
    rackId: string.nullable().default(null).since(3),
  },
})

export interface ConsumerProtocolSubscription extends EncodableOf<typeof ConsumerProtocolSubscription> {}
