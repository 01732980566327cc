/** How a group gathers its members and begins a new generation, and what happens to those who do not come in time. */
import { codes } from '../../protocol/errors.ts'
import { joinAccepted, joinRefused, syncRefused } from './answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type Member, noBytes } from './member.ts'
import { type Moment, noRecords } from './outcome.ts'
import type { GroupRecord } from './records.ts'

type Records = readonly GroupRecord[]

/** Why a group gathers its members: one of few words, for counting, and a sentence for people, which may be the client's. */
export interface RebalanceCause {
  readonly cause:
    | 'join'
    | 'rejoin'
    | 'static_rejoin'
    | 'leave'
    | 'session_timeout'
    | 'sync_timeout'
    | 'assignment_not_recorded'
    | 'too_many_members'
    | 'downgrade'
  readonly reason: string
}

/** Somebody came, went or changed: gather all members again, or see whether the gathering is complete. */
export function rebalanceOrComplete(group: ClassicGroup, why: RebalanceCause, now: Moment): Records {
  return group.state === 'PreparingRebalance' ? completeIfGathered(group, now) : prepareRebalance(group, why, now)
}

/** Asks all members to join again. A group that was empty first waits a while for more of them. */
export function prepareRebalance(group: ClassicGroup, { cause, reason }: RebalanceCause, now: Moment): Records {
  const { settings, timers, log } = group.scope
  if (group.state === 'CompletingRebalance') refuseSyncs(group, codes.REBALANCE_IN_PROGRESS, now)
  timers.cancel(group.syncTimer)
  const initial = group.state === 'Empty'
  log('group rebalances', { group: group.groupId, state: group.state, generation: group.generation, cause, reason })
  group.transition('PreparingRebalance', now)
  if (initial) {
    group.newMemberAdded = false
    group.initialDelayMs = settings.initialRebalanceDelayMs
    group.initialRemainingMs = Math.max(group.rebalanceTimeoutMs - group.initialDelayMs, 0)
    timers.set(group.joinTimer, now.monotonicMs + group.initialDelayMs)
    return noRecords
  }
  if (group.hasAllMembersJoined) return completeJoin(group, now)
  timers.set(group.joinTimer, now.monotonicMs + group.rebalanceTimeoutMs)
  return noRecords
}

/** Begins the generation when everybody is there; the initial rebalance waits for its delay to pass. */
export function completeIfGathered(group: ClassicGroup, now: Moment): Records {
  const gathered = group.state === 'PreparingRebalance' && group.previousState !== 'Empty' && group.hasAllMembersJoined
  return gathered ? completeJoin(group, now) : noRecords
}

/** The time for joining is over. New members put an initial rebalance off again, up to the rebalance timeout. */
export function joinTimedOut(group: ClassicGroup, now: Moment): Records {
  if (group.state !== 'PreparingRebalance') return noRecords
  if (group.previousState === 'Empty' && group.newMemberAdded && group.initialRemainingMs > 0) {
    const delayMs = Math.min(group.scope.settings.initialRebalanceDelayMs, group.initialRemainingMs)
    group.newMemberAdded = false
    group.initialRemainingMs = Math.max(group.initialRemainingMs - group.initialDelayMs, 0)
    group.initialDelayMs = delayMs
    group.scope.timers.set(group.joinTimer, now.monotonicMs + delayMs)
    return noRecords
  }
  return completeJoin(group, now)
}

function completeJoin(group: ClassicGroup, now: Moment): Records {
  const { timers, log } = group.scope
  timers.cancel(group.joinTimer)
  for (const member of [...group.members.values()]) {
    // A static member may be restarting: it keeps its place until its session ends.
    if (member.joinReply || member.groupInstanceId !== null) continue
    log('member did not rejoin in time', { group: group.groupId, member: member.memberId })
    dropMember(group, member)
  }
  if (group.members.size > 0 && !leaderIsHere(group)) {
    timers.set(group.joinTimer, now.monotonicMs + group.rebalanceTimeoutMs)
    return noRecords
  }
  group.beginGeneration(now)
  log('group has a new generation', {
    group: group.groupId,
    generation: group.generation,
    members: group.members.size,
    protocol: group.protocolName,
  })
  if (group.state === 'Empty') return [{ kind: 'group', groupId: group.groupId, value: group.toRecord(null) }]
  for (const member of group.members.values()) {
    group.answerJoin(member, joinAccepted(group, member))
    member.isNew = false
    group.keepAlive(member, now)
    group.pendingSyncs.add(member.memberId)
  }
  timers.set(group.syncTimer, now.monotonicMs + group.rebalanceTimeoutMs)
  return noRecords
}

/** Makes sure that the leader is one who has joined, as a static member that is away keeps its place but cannot lead. */
function leaderIsHere(group: ClassicGroup): boolean {
  if (group.leader !== null && group.members.get(group.leader)?.joinReply) return true
  for (const member of group.members.values()) {
    if (!member.joinReply) continue
    group.leader = member.memberId
    return true
  }
  return false
}

/** The time to ask for assignments is over: who has not asked is out, and the others join again. */
export function syncTimedOut(group: ClassicGroup, now: Moment): Records {
  if ((group.state !== 'CompletingRebalance' && group.state !== 'Stable') || group.pendingSyncs.size === 0) {
    return noRecords
  }
  for (const memberId of [...group.pendingSyncs]) {
    const member = group.members.get(memberId)
    if (member) dropMember(group, member)
  }
  group.pendingSyncs.clear()
  return prepareRebalance(
    group,
    { cause: 'sync_timeout', reason: 'members did not ask for their assignments in time' },
    now,
  )
}

/** A member was not heard of for its session timeout, or never joined with the id that it was given. */
export function sessionTimedOut(group: ClassicGroup, memberId: string, now: Moment): Records {
  if (group.pendingJoins.has(memberId)) {
    group.forgetPending(memberId)
    return completeIfGathered(group, now)
  }
  const member = group.members.get(memberId)
  if (!member || member.keptByWaiting) return noRecords
  return removeAndRebalance(
    group,
    member,
    { cause: 'session_timeout', reason: `member ${memberId} was not heard of in time` },
    now,
  )
}

/** Takes a member out without more ado; JoinGroup and SyncGroup that it waits for end with UNKNOWN_MEMBER_ID. */
export function dropMember(group: ClassicGroup, member: Member): void {
  group.remove(member, joinRefused('', codes.UNKNOWN_MEMBER_ID), codes.UNKNOWN_MEMBER_ID)
}

function removeAndRebalance(group: ClassicGroup, member: Member, why: RebalanceCause, now: Moment): Records {
  dropMember(group, member)
  return group.state === 'Empty' ? noRecords : rebalanceOrComplete(group, why, now)
}

/** Ends every SyncGroup that waits; its member has to join again, and its session begins anew. */
function refuseSyncs(group: ClassicGroup, errorCode: number, now: Moment): void {
  for (const member of group.members.values()) {
    member.assignment = noBytes
    if (group.answerSync(member, syncRefused(errorCode))) group.keepAlive(member, now)
  }
}
