import { api, array, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/**
 * Takes members out of a classic group at once, without waiting for their sessions to end.
 * v1 throttle time · v2 the client waits out its own throttle (KIP-219) ·
 * v3 several members, static ones too (KIP-345) · v4 flexible · v5 reason (KIP-800)
 */
export const LeaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: string,
    memberId: string.until(2),
    members: array(
      struct({
        memberId: string,
        groupInstanceId: string.nullable().default(null),
        reason: string.nullable().default(null).since(5),
      }),
    ).since(3),
  },
  response: {
    throttleTimeMs: int32.since(1),
    errorCode: int16,
    members: array(
      struct({
        memberId: string,
        groupInstanceId: string.nullable(),
        errorCode: int16,
      }),
    ).since(3),
  },
})

export interface LeaveGroupRequest extends RequestOf<typeof LeaveGroup> {}
export interface LeaveGroupResponse extends ResponseOf<typeof LeaveGroup> {}
