/** Members of the classic protocol in a consumer group: they join, sync, beat and leave as in a classic one, and the broker assigns. */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import type { HeartbeatRequest } from '../../../protocol/messages/heartbeat.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../../../protocol/messages/join-group.ts'
import type { LeaveGroupRequest, LeaveGroupResponse } from '../../../protocol/messages/leave-group.ts'
import type { SyncGroupRequest, SyncGroupResponse } from '../../../protocol/messages/sync-group.ts'
import { joinRefused, syncRefused } from '../answers.ts'
import { consumerProtocolType } from '../classic-group.ts'
import type { Caller, Moment, Outcome } from '../outcome.ts'
import type { GroupRecord } from '../records.ts'
import { assignmentFor, readSubscription, type Subscription } from './classic-protocol.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { memberToUpdate, staticMemberOf, unknownMember } from './find-member.ts'
import { applyDetails, checkRoom, reach } from './heartbeat.ts'
import { type ClassicDetails, type ConsumerMember, hasSameDetails } from './member.ts'
import { downgradeRecords, isDowngraded } from './migration.ts'
import { nextTarget } from './target.ts'
import type { ClusterTopics } from './topics.ts'

/** First version in which a member must first fetch its id (KIP-394). */
const memberIdRequiredSince = 4

/** A member that is known to be of the classic protocol. */
type ClassicMember = ConsumerMember & { readonly classic: ClassicDetails }

/** A JoinGroup of a member of the classic protocol. */
export interface Joining {
  readonly request: JoinGroupRequest
  readonly caller: Caller
  readonly image: ClusterTopics
  readonly now: Moment
  /** The group becomes a classic one; whether its members are to join it anew. */
  readonly downgraded: (rebalances: boolean) => void
}

/** JoinGroup: answered at once, as nobody has to be waited for. Throws where the member is refused. */
export function joinAsClassic(group: ConsumerGroup, joining: Joining): Outcome<JoinGroupResponse> {
  const { request, caller, image, now } = joining
  const { groupInstanceId: instanceId, protocols } = request
  const { migration } = group.scope.settings
  if (!migration.upgrade && !migration.downgrade) throw new KafkaError(codes.INCONSISTENT_GROUP_PROTOCOL)
  const isUnknown = request.memberId === ''
  const memberId = isUnknown ? caller.uuid() : request.memberId
  checkRoom(group, memberId, instanceId)
  if (!supports(group, request)) throw new KafkaError(codes.INCONSISTENT_GROUP_PROTOCOL)
  if (isUnknown && instanceId === null && caller.apiVersion >= memberIdRequiredSince) {
    return { records: [], response: joinRefused(memberId, codes.MEMBER_ID_REQUIRED) }
  }
  const holder = instanceId === null ? undefined : group.staticMember(instanceId)
  const records: GroupRecord[] = []
  const who = { memberId, instanceId, isJoining: instanceId === null || isUnknown, usesClassic: true }
  const member = memberToUpdate(group, who, records)
  const subscription = readSubscription(protocols[0]!.metadata, image)
  if (subscription === null) throw new KafkaError(codes.INCONSISTENT_GROUP_PROTOCOL)
  const updated = withJoin(member, joining, subscription)
  const change = applyDetails(group, { member, updated, beat: joining, records })
  if (holder && isDowngraded(group, [holder], 1) && holder.classic === null) {
    joining.downgraded(change.subscriptionChanged || group.targetEpoch < group.epoch)
    const records = downgradeRecords(group, [holder], image, now, { member: updated, target: group.targetOf(updated) })
    return { records, response: accepted(updated, group.epoch) }
  }
  const target = nextTarget(group, { epoch: change.epoch, member, updated, image, now, records })
  const { owned } = subscription
  const reached = reach(
    group,
    updated,
    { ...target, owned, image, subscriptionChanged: change.subscriptionChanged },
    records,
  )
  group.timers.cancel(memberId, 'join')
  group.timers.set(memberId, 'sync', now.monotonicMs + request.rebalanceTimeoutMs)
  group.keepAlive(updated, now)
  return { records, response: accepted(updated, reached.epoch) }
}

/** Whether the member is a consumer that knows an assignor which all others of the classic protocol know. */
function supports(group: ConsumerGroup, { protocolType, protocols }: JoinGroupRequest): boolean {
  if (protocolType !== consumerProtocolType || protocols.length === 0) return false
  return protocols.some(({ name }) => group.classicProtocols.get(name) === group.classicMembers)
}

function withJoin(
  member: ConsumerMember,
  { request, caller }: Joining,
  { topicNames, rackId }: Subscription,
): ClassicMember {
  const updated: ClassicMember = {
    ...member,
    instanceId: request.groupInstanceId ?? member.instanceId,
    rackId: rackId ?? member.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    topicNames,
    topicRegex: '',
    clientId: caller.clientId,
    clientHost: caller.clientHost,
    classic: {
      sessionTimeoutMs: request.sessionTimeoutMs,
      // What is kept must not hold on to the network buffer that it came in.
      protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
    },
  }
  return hasSameDetails(member, updated) ? (member as ClassicMember) : updated
}

/** Nobody leads: the broker assigns. */
function accepted({ memberId, classic }: ClassicMember, generationId: number): JoinGroupResponse {
  return {
    ...joinRefused(memberId, codes.NONE),
    generationId,
    protocolType: consumerProtocolType,
    protocolName: classic.protocols[0]!.name,
  }
}

/** SyncGroup. Throws where the member is refused. */
export function syncAsClassic(
  group: ConsumerGroup,
  request: SyncGroupRequest,
  image: ClusterTopics,
  now: Moment,
): SyncGroupResponse {
  const member = classicMember(group, request)
  const { memberId, classic } = member
  if (request.generationId !== member.epoch) throw new KafkaError(codes.ILLEGAL_GENERATION)
  const { protocolType, protocolName } = request
  const isOther =
    (protocolType !== null && protocolType !== consumerProtocolType) ||
    (protocolName !== null && protocolName !== classic.protocols[0]!.name)
  if (isOther) throw new KafkaError(codes.INCONSISTENT_GROUP_PROTOCOL)
  // A member that has to give up partitions first gets what it keeps.
  if (group.epoch > member.epoch && member.state !== 'unrevoked') {
    awaitJoin(group, member, now)
    throw new KafkaError(codes.REBALANCE_IN_PROGRESS)
  }
  group.timers.cancel(memberId, 'sync')
  group.keepAlive(member, now)
  const assignment = assignmentFor(classic.protocols[0]!.metadata, member.assigned, image)
  return { ...syncRefused(codes.NONE), protocolType, protocolName, assignment }
}

/** Heartbeat: REBALANCE_IN_PROGRESS where the member is to join again. Throws where it is refused. */
export function beatAsClassic(group: ConsumerGroup, request: HeartbeatRequest, now: Moment): number {
  const member = classicMember(group, request)
  if (request.generationId !== member.epoch) throw new KafkaError(codes.ILLEGAL_GENERATION)
  group.keepAlive(member, now)
  const { state, epoch } = member
  const mustJoin =
    epoch < group.epoch || state === 'unrevoked' || (state === 'unreleased' && !waitsForOthers(group, member))
  if (!mustJoin) return codes.NONE
  awaitJoin(group, member, now)
  return codes.REBALANCE_IN_PROGRESS
}

/** Whether another member still owns what this one is to have. */
function waitsForOthers(group: ConsumerGroup, { memberId, assigned }: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.targets.get(memberId) ?? []) {
    for (const partition of partitions) {
      const isOurs = assigned.get(topicId)?.has(partition) ?? false
      if (!isOurs && group.ownerOf(topicId, partition) !== undefined) return true
    }
  }
  return false
}

function awaitJoin(group: ConsumerGroup, { memberId, rebalanceTimeoutMs }: ConsumerMember, now: Moment): void {
  if (!group.timers.has(memberId, 'join')) group.timers.set(memberId, 'join', now.monotonicMs + rebalanceTimeoutMs)
}

function classicMember(
  group: ConsumerGroup,
  { memberId, groupInstanceId }: { readonly memberId: string; readonly groupInstanceId: string | null },
): ClassicMember {
  const member =
    groupInstanceId === null ? group.members.get(memberId) : staticMemberOf(group, memberId, groupInstanceId)
  if (!member || member.classic === null) throw unknownMember(memberId)
  return member as ClassicMember
}

/** LeaveGroup, at the wish of members of any protocol or of an administrator; gives who goes. */
export function leaveAsClassic(group: ConsumerGroup, members: LeaveGroupRequest['members']) {
  const leaving = new Set<ConsumerMember>()
  const results = members.map(({ memberId, groupInstanceId }): NonNullable<LeaveGroupResponse['members']>[number] => {
    try {
      leaving.add(memberToLeave(group, memberId, groupInstanceId))
      return { memberId, groupInstanceId, errorCode: codes.NONE }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return { memberId, groupInstanceId, errorCode: error.code }
    }
  })
  return { leaving: [...leaving], results }
}

function memberToLeave(group: ConsumerGroup, memberId: string, groupInstanceId: string | null): ConsumerMember {
  if (groupInstanceId === null) {
    const member = group.members.get(memberId)
    if (!member) throw unknownMember(memberId)
    return member
  }
  const holder = memberId === '' ? group.staticMembers.get(groupInstanceId) : memberId
  return staticMemberOf(group, holder ?? '', groupInstanceId)
}
