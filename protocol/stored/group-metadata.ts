import { array, bytes, type EncodableOf, int32, int64, message, string, struct } from '../schema.ts'

/** Key of a classic group (record type 2). */
export const GroupMetadataKey = message({
  name: 'GroupMetadataKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    group: string,
  },
})

export interface GroupMetadataKey extends EncodableOf<typeof GroupMetadataKey> {}

const memberMetadata = struct({
  memberId: string,
  groupInstanceId: string.nullable().default(null).since(3),
  clientId: string,
  clientHost: string,
  rebalanceTimeout: int32.default(-1).since(1),
  sessionTimeout: int32,
  subscription: bytes,
  assignment: bytes,
})

/**
 * A classic group with its members and their assignment (record type 2).
 * v1 rebalance timeout · v2 time of the current state · v3 static members (KIP-345) · v4 flexible
 */
export const GroupMetadataValue = message({
  name: 'GroupMetadataValue',
  versions: [0, 4],
  flexible: 4,
  fields: {
    protocolType: string,
    generation: int32,
    protocol: string.nullable(),
    leader: string.nullable(),
    currentStateTimestamp: int64.default(-1).since(2),
    members: array(memberMetadata),
  },
})

export interface GroupMetadataValue extends EncodableOf<typeof GroupMetadataValue> {}
