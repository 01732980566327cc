/** LeaveGroup: members go at their own wish, or static members at an administrator's. */
import { codes } from '../../protocol/errors.ts'
import type { LeaveGroupRequest, LeaveGroupResponse } from '../../protocol/messages/leave-group.ts'
import { type Answer, andThen } from '../coordination/answer.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** First version that names several members. */
const severalMembersSince = 3

type Leaving = { readonly errorCode: number; readonly members: NonNullable<LeaveGroupResponse['members']> }

export function leaveGroup(request: LeaveGroupRequest, context: Context): Answer<LeaveGroupResponse> {
  const several = context.apiVersion >= severalMembersSince
  const members = several ? request.members : [{ memberId: request.memberId, groupInstanceId: null, reason: null }]
  return andThen(leave(request.groupId, members, context), ({ errorCode, members }) => {
    if (several) return { throttleTimeMs: 0, errorCode, members }
    return { throttleTimeMs: 0, errorCode: errorCode || (members[0]?.errorCode ?? 0), members: [] }
  })
}

function leave(groupId: string, members: LeaveGroupRequest['members'], context: Context): Answer<Leaving> {
  const { broker } = context
  if (!broker.authorize(context, 'read', 'group', groupId)) return refused(codes.GROUP_AUTHORIZATION_FAILED)
  if (groupId === '') return refused(codes.INVALID_GROUP_ID)
  return broker.groups.write(groupId, refused, (shard, now) => {
    const { records, response } = shard.leave(groupId, members, now)
    return { records, response: { errorCode: 0, members: response } }
  })
}

function refused(errorCode: number): Leaving {
  return { errorCode, members: [] }
}

/** The code for all members. */
export function refuseLeaveGroup(_request: LeaveGroupRequest, { errorCode }: Refusal): LeaveGroupResponse {
  return { throttleTimeMs: 0, errorCode, members: [] }
}
