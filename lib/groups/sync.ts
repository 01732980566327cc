/** SyncGroup: the leader brings the assignments, and every member gets its own. */
import { codes } from '../../protocol/errors.ts'
import type { SyncGroupRequest, SyncGroupResponse } from '../../protocol/messages/sync-group.ts'
import { assert } from '../base/assert.ts'
import { syncAccepted, syncRefused } from './answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import { noBytes } from './member.ts'
import { memberError } from './membership.ts'
import { type Moment, noRecords, type Reply } from './outcome.ts'
import { prepareRebalance } from './rebalance.ts'
import type { GroupRecord } from './records.ts'

/** Gives a member its assignment, at once or when the leader has brought it. */
export function syncGroup(
  group: ClassicGroup,
  request: SyncGroupRequest,
  now: Moment,
  reply: Reply<SyncGroupResponse>,
): readonly GroupRecord[] {
  const error = syncError(group, request)
  if (error !== 0) {
    reply(syncRefused(error))
    return noRecords
  }
  const member = group.members.get(request.memberId)!
  group.receivedSync(member.memberId)
  if (group.state === 'Stable') {
    group.keepAlive(member, now)
    reply(syncAccepted(group, member.assignment))
    return noRecords
  }
  group.awaitSync(member, reply)
  return group.leader === member.memberId ? assign(group, request, now) : noRecords
}

function syncError(group: ClassicGroup, request: SyncGroupRequest): number {
  const { protocolType, protocolName } = request
  const error = memberError(group, request.memberId, request.groupInstanceId)
  if (error !== 0) return error
  if (request.generationId !== group.generation) return codes.ILLEGAL_GENERATION
  if (protocolType !== null && protocolType !== group.protocolType) return codes.INCONSISTENT_GROUP_PROTOCOL
  if (protocolName !== null && protocolName !== group.protocolName) return codes.INCONSISTENT_GROUP_PROTOCOL
  return group.state === 'PreparingRebalance' ? codes.REBALANCE_IN_PROGRESS : 0
}

/** The assignments could not be recorded: whoever waits for one is told, and all join again. */
export function assignmentsNotRecorded(group: ClassicGroup, errorCode: number, now: Moment): void {
  for (const member of group.members.values()) {
    if (group.answerSync(member, syncRefused(errorCode))) group.keepAlive(member, now)
  }
  const records = prepareRebalance(
    group,
    { cause: 'assignment_not_recorded', reason: 'the assignments could not be recorded' },
    now,
  )
  assert(records.length === 0, 'nobody has joined again yet')
}

/** The assignments are recorded, which makes the group stable; who waits for one gets it once that is committed. */
function assign(group: ClassicGroup, request: SyncGroupRequest, now: Moment): readonly GroupRecord[] {
  const assignments = new Map<string, Buffer>()
  // What is kept must not hold on to the network buffer that it came in.
  for (const { memberId, assignment } of request.assignments) assignments.set(memberId, Buffer.from(assignment))
  for (const member of group.members.values()) {
    const answered = group.answerSync(member, syncAccepted(group, assignments.get(member.memberId) ?? noBytes))
    if (answered) group.keepAlive(member, now)
  }
  return [{ kind: 'group', groupId: group.groupId, value: group.toRecord(assignments) }]
}
