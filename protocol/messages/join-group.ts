import { api, array, bool, bytes, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/** PURPOSE. v1 rebalanceTimeoutMs · v2 throttleTimeMs · v5 groupInstanceId · v6 flexible · v7 protocolType · v8 reason · v9 skipAssignment */
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
