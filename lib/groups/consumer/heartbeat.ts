/**
 * ConsumerGroupHeartbeat: a member joins, says that it is alive and what it owns, and hears what it shall own. Errors and their order are
 * Kafka's, and so are the records and theirs.
 */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../../protocol/messages/consumer-group-heartbeat.ts'
import type { Caller, Outcome } from '../outcome.ts'
import type { GroupRecord } from '../records.ts'
import type { Beat, MemberChange } from './beat.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { checkEpoch, memberToUpdate } from './find-member.ts'
import {
  areSameNames,
  type ConsumerMember,
  hasSameAssignment,
  hasSameDetails,
  joiningEpoch,
  leavingEpoch,
  leavingStaticEpoch,
} from './member.ts'
import { areSamePartitions, listed } from './partitions.ts'
import { reconciled } from './reconcile.ts'
import { updateRegexes } from './regexes.ts'
import { subscribedTopicIds } from './subscription.ts'
import { nextTarget } from './target.ts'
import type { ClusterTopics } from './topics.ts'
import { nextEpoch } from './upkeep.ts'

/** What a heartbeat is answered with where all is well. */
type Accepted = ConsumerGroupHeartbeatResponse

/** Whether this is how a member goes. */
export function isLeaving({ memberEpoch }: ConsumerGroupHeartbeatRequest): boolean {
  return memberEpoch === leavingEpoch || memberEpoch === leavingStaticEpoch
}

/** Throws a `KafkaError` where the member is refused. `before` are records that make the group what it is here. */
export function heartbeat(group: ConsumerGroup, beat: Beat, before: readonly GroupRecord[] = []): Outcome<Accepted> {
  const { request, caller, image, now } = beat
  const records: GroupRecord[] = [...before]
  const { memberEpoch, topicPartitions: owned } = request
  const isJoining = memberEpoch === joiningEpoch
  checkRoom(group, request.memberId, request.instanceId)
  const memberId = request.memberId === '' ? caller.uuid() : request.memberId
  const who = { memberId, instanceId: request.instanceId, isJoining, usesClassic: false }
  const member = memberToUpdate(group, who, records)
  if (!isJoining) checkEpoch(member, memberEpoch, owned)
  const updated = withRequest(member, request, caller)
  const change = applyDetails(group, { member, updated, beat, records })
  const target = nextTarget(group, { epoch: change.epoch, member, updated, image, now, records })
  const reached = reach(
    group,
    updated,
    { ...target, owned, image, subscriptionChanged: change.subscriptionChanged },
    records,
  )
  if (group.members.has(memberId)) group.keepAlive(updated, now)
  const isWhole =
    request.rebalanceTimeoutMs !== -1 &&
    (request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null) &&
    owned !== null
  const tells = isJoining || isWhole || !areSamePartitions(member.assigned, reached.assigned)
  const response: Accepted = {
    throttleTimeMs: 0,
    errorCode: codes.NONE,
    errorMessage: null,
    memberId,
    memberEpoch: reached.epoch,
    heartbeatIntervalMs: group.scope.settings.consumerGroup(group.groupId).heartbeatIntervalMs,
    assignment: tells ? { topicPartitions: listed(reached.assigned) } : null,
  }
  return { records, response }
}

/** A member that is there has its place; also one that takes over the place of a static member. */
export function checkRoom(group: ConsumerGroup, memberId: string, instanceId: string | null): void {
  const { consumerMembersMax } = group.scope.settings
  if (instanceId !== null && group.staticMembers.has(instanceId)) return
  if (group.members.size < consumerMembersMax || group.members.has(memberId)) return
  throw new KafkaError(
    codes.GROUP_MAX_SIZE_REACHED,
    `the group has ${consumerMembersMax} members, as many as it may have`,
  )
}

/** The member as it says it is; itself where it says nothing new. */
function withRequest(member: ConsumerMember, request: ConsumerGroupHeartbeatRequest, caller: Caller): ConsumerMember {
  const { rebalanceTimeoutMs, subscribedTopicNames } = request
  const topicNames = subscribedTopicNames === null ? member.topicNames : [...new Set(subscribedTopicNames)].sort()
  const updated: ConsumerMember = {
    ...member,
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? member.serverAssignor,
    topicNames: areSameNames(topicNames, member.topicNames) ? member.topicNames : topicNames,
    topicRegex: request.subscribedTopicRegex ?? member.topicRegex,
    clientId: caller.clientId,
    clientHost: caller.clientHost,
    classic: null,
  }
  return hasSameDetails(member, updated) ? member : updated
}

/** Records what the member says of itself, and gives the epoch that the group comes to by it. */
export function applyDetails(group: ConsumerGroup, change: MemberChange) {
  const { groupId } = group
  const { member, updated, beat, records } = change
  const { memberId } = updated
  if (updated !== member) records.push({ kind: 'consumerMember', groupId, memberId, value: updated })
  const namesChanged = !areSameNames(member.topicNames, updated.topicNames)
  const regex = updateRegexes(group, change)
  const assignorChanged = group.assignors.most() !== group.assignors.most(member.serverAssignor, updated.serverAssignor)
  const grows = namesChanged || regex === 'resolved' || (assignorChanged && preferredChanged(group, member, updated))
  const epoch = grows || group.mustLookAtTopics(beat.now) ? nextEpoch(group, { ...change, grows }) : group.epoch
  return { epoch, subscriptionChanged: namesChanged || regex !== 'unchanged' }
}

/** Whether the assignor that most members want is another one, the default counting where none is asked for. */
function preferredChanged(group: ConsumerGroup, member: ConsumerMember, updated: ConsumerMember): boolean {
  const fallback = group.scope.settings.consumerAssignors[0]!
  const before = group.assignors.most() ?? fallback
  const isNew = !group.members.has(member.memberId)
  return before !== (group.assignors.most(isNew ? null : member.serverAssignor, updated.serverAssignor) ?? fallback)
}

/** Takes the member as far towards the target as it can go now, and records it. */
export function reach(
  group: ConsumerGroup,
  member: ConsumerMember,
  to: Omit<Parameters<typeof reconciled>[2], 'topicIds'> & { readonly image: ClusterTopics },
  records: GroupRecord[],
): ConsumerMember {
  const { groupId } = group
  const topicIds = subscribedTopicIds(group, member, to.image)
  const reached = reconciled(group, member, { ...to, topicIds })
  if (reached === member || hasSameAssignment(reached, member)) return member
  records.push({ kind: 'consumerAssignment', groupId, memberId: reached.memberId, value: reached })
  return reached
}
