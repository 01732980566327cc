/** Heartbeat and LeaveGroup, and the question that every request of a member begins with: is it one? */
import { codes } from '../../protocol/errors.ts'
import type { HeartbeatRequest } from '../../protocol/messages/heartbeat.ts'
import type { LeaveGroupRequest, LeaveGroupResponse } from '../../protocol/messages/leave-group.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type Moment, noRecords, type Outcome } from './outcome.ts'
import { dropMember, rebalanceOrComplete } from './rebalance.ts'

type LeaveResults = NonNullable<LeaveGroupResponse['members']>[number][]

/** Why this is not a member, or 0. A static member whose place another has taken is fenced (KIP-345). */
export function memberError(group: ClassicGroup, memberId: string, groupInstanceId: string | null): number {
  if (groupInstanceId !== null) {
    const current = group.staticMemberId(groupInstanceId)
    if (current === undefined) return codes.UNKNOWN_MEMBER_ID
    if (current !== memberId) return codes.FENCED_INSTANCE_ID
  }
  return group.members.has(memberId) ? 0 : codes.UNKNOWN_MEMBER_ID
}

/** Keeps a member in its group; the error code says whether it may go on or has to join again. */
export function heartbeat(group: ClassicGroup, request: HeartbeatRequest, now: Moment): number {
  const error = memberError(group, request.memberId, request.groupInstanceId)
  if (error !== 0) return error
  if (request.generationId !== group.generation) return codes.ILLEGAL_GENERATION
  group.keepAlive(group.members.get(request.memberId)!, now)
  return group.state === 'PreparingRebalance' ? codes.REBALANCE_IN_PROGRESS : 0
}

/** Takes members out at their own wish, or static ones by their instance id at an administrator's; then the others join again. */
export function leaveGroup(
  group: ClassicGroup,
  members: LeaveGroupRequest['members'],
  now: Moment,
): Outcome<LeaveResults> {
  const left: string[] = []
  const response = members.map(({ memberId, groupInstanceId, reason }) => {
    const errorCode = leave(group, memberId, groupInstanceId)
    if (errorCode === 0) left.push(`${memberId || groupInstanceId}${reason ? ` (${reason})` : ''}`)
    return { memberId, groupInstanceId, errorCode }
  })
  const rebalances = left.length > 0 && group.state !== 'Empty'
  return {
    records: rebalances
      ? rebalanceOrComplete(group, { cause: 'leave', reason: `members left: ${left.join(', ')}` }, now)
      : noRecords,
    response,
  }
}

function leave(group: ClassicGroup, memberId: string, groupInstanceId: string | null): number {
  if (memberId !== '' && group.pendingJoins.has(memberId)) {
    group.forgetPending(memberId)
    return 0
  }
  const staticMemberId = groupInstanceId === null ? undefined : group.staticMemberId(groupInstanceId)
  const leavingId = memberId === '' ? (staticMemberId ?? '') : memberId
  const error = memberError(group, leavingId, groupInstanceId)
  if (error === 0) dropMember(group, group.members.get(leavingId)!)
  return error
}
