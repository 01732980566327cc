/** JoinGroup: how members come into a group, and come again. Errors and their order are Kafka's. */
import { codes } from '../../protocol/errors.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import { joinAccepted, joinRefused, membersForLeader } from './answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { Member, MemberDetails } from './member.ts'
import { memberError } from './membership.ts'
import {
  type Caller,
  type GroupSettings,
  type Moment,
  newMemberJoinTimeoutMs,
  noRecords,
  type Reply,
} from './outcome.ts'
import { completeIfGathered, rebalanceOrComplete } from './rebalance.ts'
import type { GroupRecord } from './records.ts'

type Records = readonly GroupRecord[]

/** Everything about one JoinGroup. */
interface Joining {
  readonly request: JoinGroupRequest
  readonly caller: Caller
  readonly now: Moment
  readonly reply: Reply<JoinGroupResponse>
}

/** First version in which a member must first fetch its id (KIP-394). */
const memberIdRequiredSince = 4
/** First version in which a static leader can be told to take the assignment there is (KIP-814). */
const skipAssignmentSince = 9

/** Longest member id, in bytes: as much as a string of the protocol holds. */
const memberIdBytesMax = 32_767

/** What is wrong with a JoinGroup whatever the state of its group, or 0. */
export function joinFault(request: JoinGroupRequest, settings: GroupSettings): number {
  if (request.groupId === '') return codes.INVALID_GROUP_ID
  const { sessionTimeoutMs } = request
  const { sessionTimeoutMsMin, sessionTimeoutMsMax } = settings
  if (sessionTimeoutMs < sessionTimeoutMsMin || sessionTimeoutMs > sessionTimeoutMsMax) {
    return codes.INVALID_SESSION_TIMEOUT
  }
  return 0
}

/** Lets a member into the group, at once or when the others are there. */
export function joinGroup(group: ClassicGroup, joining: Joining): Records {
  const { request, caller, reply } = joining
  const { memberId, groupInstanceId } = request
  if (!hasRoomFor(group, memberId)) {
    const member = group.members.get(memberId)
    if (member) group.remove(member, joinRefused('', codes.GROUP_MAX_SIZE_REACHED), codes.GROUP_MAX_SIZE_REACHED)
    group.forgetPending(memberId)
    reply(joinRefused('', codes.GROUP_MAX_SIZE_REACHED))
    return completeIfGathered(group, joining.now)
  }
  if (!group.supports(request.protocolType, request.protocols)) {
    reply(joinRefused(memberId, codes.INCONSISTENT_GROUP_PROTOCOL))
    return noRecords
  }
  if (memberId !== '') return joinKnown(group, joining)
  const newMemberId = `${groupInstanceId ?? caller.clientId}-${caller.uuid()}`
  if (Buffer.byteLength(newMemberId) > memberIdBytesMax) {
    // Nobody could be told of such a member, nor could it be recorded.
    reply(joinRefused('', codes.UNKNOWN_SERVER_ERROR))
    return noRecords
  }
  if (groupInstanceId !== null) {
    const oldMemberId = group.staticMemberId(groupInstanceId)
    return oldMemberId === undefined
      ? addMember(group, newMemberId, joining)
      : replaceStaticMember(group, group.members.get(oldMemberId)!, newMemberId, joining)
  }
  if (caller.apiVersion >= memberIdRequiredSince) {
    group.expectPending(newMemberId, request.sessionTimeoutMs, joining.now)
    reply(joinRefused(newMemberId, codes.MEMBER_ID_REQUIRED))
    return noRecords
  }
  return addMember(group, newMemberId, joining)
}

/** The size counts members that are here: those who have not rejoined yet lose their place to those who have. */
function hasRoomFor(group: ClassicGroup, memberId: string): boolean {
  const { membersMax } = group.scope.settings
  const member = group.members.get(memberId)
  switch (group.state) {
    case 'PreparingRebalance':
      return (member !== undefined && member.joinReply !== null) || group.joinsWaiting < membersMax
    case 'CompletingRebalance':
    case 'Stable':
      return member !== undefined || group.members.size < membersMax
    default:
      return true
  }
}

function joinKnown(group: ClassicGroup, joining: Joining): Records {
  const { request, now, reply } = joining
  const { memberId, groupInstanceId, protocols } = request
  if (group.pendingJoins.has(memberId)) return addMember(group, memberId, joining)
  const error = memberError(group, memberId, groupInstanceId)
  if (error !== 0) {
    reply(joinRefused(memberId, error))
    return noRecords
  }
  const member = group.members.get(memberId)!
  // A leader that joins a stable group wants a new assignment; a member that lost its answer wants it again.
  const wantsRebalance = group.state === 'Stable' && group.leader === memberId
  if (group.state !== 'PreparingRebalance' && !wantsRebalance && member.hasProtocols(protocols)) {
    reply(joinAccepted(group, member))
    return noRecords
  }
  group.update(member, detailsOf(memberId, joining))
  group.awaitJoin(member, reply)
  return rebalanceOrComplete(
    group,
    { cause: 'rejoin', reason: reasonOf(request, `member ${memberId} joins again`) },
    now,
  )
}

function addMember(group: ClassicGroup, memberId: string, joining: Joining): Records {
  const { request, now, reply } = joining
  if (group.members.size === 0) group.protocolType = request.protocolType
  const member = group.add(detailsOf(memberId, joining))
  member.isNew = true
  if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') group.newMemberAdded = true
  group.awaitJoin(member, reply)
  group.keepAlive(member, now, newMemberJoinTimeoutMs)
  return rebalanceOrComplete(group, { cause: 'join', reason: reasonOf(request, `member ${memberId} joins`) }, now)
}

/**
 * A static member has restarted: it takes over its place under a new member id, and the one before is fenced. A stable
 * group whose protocol stays the same is not disturbed.
 */
function replaceStaticMember(group: ClassicGroup, old: Member, newMemberId: string, joining: Joining): Records {
  const { request, caller, now, reply } = joining
  const oldLeader = group.leader
  const wasLeader = oldLeader === old.memberId
  const member = group.add(detailsOf(newMemberId, joining))
  member.assignment = old.assignment
  group.remove(old, joinRefused(old.memberId, codes.FENCED_INSTANCE_ID), codes.FENCED_INSTANCE_ID)
  if (wasLeader) group.leader = newMemberId
  group.keepAlive(member, now)
  if (group.state === 'Stable' && group.voteForProtocol() === group.protocolName) {
    const canSkip = caller.apiVersion >= skipAssignmentSince
    const accepted = {
      ...joinAccepted(group, member),
      // An old client that hears that it leads would compute an assignment that a stable group does not spread:
      // it is told of the leader that was.
      leader: (canSkip ? group.leader : oldLeader) ?? '',
      members: canSkip && wasLeader ? membersForLeader(group) : [],
      skipAssignment: canSkip && wasLeader,
    }
    const { generationId, protocolType, protocolName } = accepted
    reply(accepted, errorCode => ({
      ...joinRefused('', errorCode),
      generationId,
      protocolType,
      protocolName,
      leader: oldLeader ?? '',
    }))
    return [{ kind: 'group', groupId: group.groupId, value: group.toRecord(null) }]
  }
  group.awaitJoin(member, reply)
  if (group.state === 'PreparingRebalance') return completeIfGathered(group, now)
  return rebalanceOrComplete(
    group,
    { cause: 'static_rejoin', reason: reasonOf(request, `static member ${request.groupInstanceId} joins again`) },
    now,
  )
}

function detailsOf(memberId: string, { request, caller }: Joining): MemberDetails {
  const { rebalanceTimeoutMs, sessionTimeoutMs, groupInstanceId, protocols } = request
  return {
    memberId,
    groupInstanceId,
    clientId: caller.clientId,
    clientHost: caller.clientHost,
    // Version 0 has one timeout for both.
    rebalanceTimeoutMs: caller.apiVersion === 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
    sessionTimeoutMs,
    // What is kept must not hold on to the network buffer that it came in.
    protocols: protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
  }
}

function reasonOf(request: JoinGroupRequest, event: string): string {
  return request.reason ? `${event}: ${request.reason}` : event
}
