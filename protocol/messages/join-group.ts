import { api, array, bool, bytes, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/**
 * Joins a classic group; answered when the rebalance has all members, to the leader with what each of them
 * subscribes to.
 * v1 rebalance timeout (KIP-62) · v2 throttle time · v3 the client waits out its own throttle (KIP-219) ·
 * v4 may answer MEMBER_ID_REQUIRED (KIP-394) · v5 static membership (KIP-345) · v6 flexible ·
 * v7 protocol type and name (KIP-559) · v8 reason (KIP-800) · v9 a static leader may skip the assignment (KIP-814)
 */
export const JoinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexible: 6,
  request: {
    groupId: string,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: int32.default(-1).since(1),
    memberId: string,
    groupInstanceId: string.nullable().default(null).since(5),
    protocolType: string,
    protocols: array(
      struct({
        name: string,
        metadata: bytes,
      }),
    ),
    reason: string.nullable().default(null).since(8),
  },
  response: {
    throttleTimeMs: int32.since(2),
    errorCode: int16,
    generationId: int32.default(-1),
    protocolType: string.nullable().default(null).since(7),
    protocolName: string.nullable(7),
    leader: string,
    skipAssignment: bool.default(false).since(9),
    memberId: string,
    members: array(
      struct({
        memberId: string,
        groupInstanceId: string.nullable().default(null).since(5),
        metadata: bytes,
      }),
    ),
  },
})

export interface JoinGroupRequest extends RequestOf<typeof JoinGroup> {}
export interface JoinGroupResponse extends ResponseOf<typeof JoinGroup> {}
