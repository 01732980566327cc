import { api, array, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/** PURPOSE. v1 throttleTimeMs · v3 without memberId, members · v4 flexible · v5 reason */
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
        memberId: string.since(3),
        groupInstanceId: string.nullable().default(null).since(3),
        reason: string.nullable().default(null).since(5),
      }),
    ).since(3),
  },
  response: {
    throttleTimeMs: int32.since(1),
    errorCode: int16,
    members: array(
      struct({
        memberId: string.since(3),
        groupInstanceId: string.nullable().since(3),
        errorCode: int16.since(3),
      }),
    ).since(3),
  },
})

export interface LeaveGroupRequest extends RequestOf<typeof LeaveGroup> {}
export interface LeaveGroupResponse extends ResponseOf<typeof LeaveGroup> {}
