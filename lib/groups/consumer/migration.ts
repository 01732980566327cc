/**
 * How a group that has members comes from the classic protocol to the new one, with the first member of the new one, and back, with the
 * last. Members keep what they have; nobody waits for it (`group.consumer.migration.policy`).
 */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import { Deadlines } from '../../base/deadlines.ts'
import { joinRefused, syncRefused } from '../answers.ts'
import { ClassicGroup, consumerProtocolType } from '../classic-group.ts'
import type { Moment } from '../outcome.ts'
import type { GroupRecord } from '../records.ts'
import type { Scope } from '../scope.ts'
import { assignmentFor, readAssignment, readSubscription } from './classic-protocol.ts'
import { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './member.ts'
import { atEpoch, noPartitions, type PartitionSets } from './partitions.ts'
import type { ConsumerRecord } from './records.ts'
import { type ClusterTopics, metadataHash } from './topics.ts'
import { groupTombstones } from './upkeep.ts'

/** A group that is not among those of the shard, and whose timers nobody waits for. */
function apart(scope: Scope): Scope {
  return { ...scope, timers: new Deadlines(), log: () => {} }
}

/**
 * A classic group as a consumer group, with the records that make it one.
 * Throws GROUP_ID_NOT_FOUND where that cannot be.
 */
export function upgraded(classic: ClassicGroup, scope: Scope, image: ClusterTopics, now: Moment) {
  const { settings } = scope
  if (!settings.migration.upgrade) throw cannot('upgrades are switched off')
  if (classic.protocolType !== consumerProtocolType) throw cannot('its members are no consumers')
  if (classic.members.size > settings.consumerMembersMax)
    throw cannot('it has more members than a consumer group may have')
  const { groupId, generation: epoch } = classic
  const members = [...classic.members.values()].map(member => {
    const metadata =
      classic.protocolName === null ? member.protocols[0]!.metadata : member.metadataFor(classic.protocolName)
    const subscription = readSubscription(metadata, image)
    const target = readAssignment(member.assignment, image)
    if (subscription === null || target === null) {
      throw cannot('what its members told each other is not what the consumers of Apache Kafka tell, or says more')
    }
    return { member, subscription, target }
  })
  const names = new Set(members.flatMap(({ subscription }) => subscription.topicNames))
  const made: ConsumerRecord[] = [
    ...members.map(({ member, subscription }): ConsumerRecord => {
      const { memberId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs, protocols } = member
      const { topicNames, rackId } = subscription
      const value = {
        ...{ instanceId: member.groupInstanceId, rackId, clientId, clientHost, rebalanceTimeoutMs },
        ...{ topicNames, topicRegex: '', serverAssignor: null, classic: { sessionTimeoutMs, protocols } },
      }
      return { kind: 'consumerMember', groupId, memberId, value }
    }),
    { kind: 'consumerEpoch', groupId, value: { epoch, metadataHash: metadataHash(names, image) } },
    ...members.map(
      ({ member: { memberId }, target }): ConsumerRecord => ({
        kind: 'consumerTargetMember',
        groupId,
        memberId,
        value: target,
      }),
    ),
    { kind: 'consumerTarget', groupId, value: { epoch, timestampMs: 0 } },
    ...members.map(({ member: { memberId }, target }): ConsumerRecord => {
      const assigned = atEpoch(target, epoch)
      const value = { epoch, previousEpoch: epoch, state: 'stable', assigned, pendingRevocation: noPartitions } as const
      return { kind: 'consumerAssignment', groupId, memberId, value }
    }),
  ]
  const group = new ConsumerGroup(groupId, apart(scope))
  for (const record of made) group.replay(record, now)
  const records: GroupRecord[] = [{ kind: 'group', groupId, value: null }, ...made]
  return { group, records }
}

/** Whoever waits in a classic group that becomes a consumer group is told to join again. */
export function tellUpgraded(classic: ClassicGroup): void {
  for (const member of classic.members.values()) {
    classic.answerJoin(member, joinRefused(member.memberId, codes.REBALANCE_IN_PROGRESS))
    classic.answerSync(member, syncRefused(codes.REBALANCE_IN_PROGRESS))
  }
}

function cannot(reason: string): KafkaError {
  return new KafkaError(codes.GROUP_ID_NOT_FOUND, `the classic group cannot become a consumer group: ${reason}`)
}

/** Whether the group would be a classic one without these members: all others are of the classic protocol, and there are some. */
export function isDowngraded(group: ConsumerGroup, without: readonly ConsumerMember[], added = 0): boolean {
  const { settings } = group.scope
  const left = group.members.size - without.length
  const goneClassic = without.filter(({ classic }) => classic !== null).length
  if (group.classicMembers - goneClassic !== left || left + added === 0) return false
  return settings.migration.downgrade && left + added <= settings.membersMax
}

/** The records by which it becomes one; `joining` takes the place of a member that is left out. */
export function downgradeRecords(
  group: ConsumerGroup,
  without: readonly ConsumerMember[],
  image: ClusterTopics,
  now: Moment,
  joining: { readonly member: ConsumerMember; readonly target: PartitionSets } | null = null,
): GroupRecord[] {
  const { groupId } = group
  const gone = new Set(without)
  const classic = new ClassicGroup(groupId, apart(group.scope))
  const targets = new Map<string, PartitionSets>()
  const add = (member: ConsumerMember, target: PartitionSets) => {
    const { memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs } = member
    const details = { memberId, groupInstanceId: instanceId, clientId, clientHost, rebalanceTimeoutMs }
    classic.add({ ...details, ...member.classic! })
    targets.set(memberId, target)
  }
  for (const member of group.members.values())
    if (!gone.has(member)) add(member, group.targets.get(member.memberId) ?? noPartitions)
  if (joining !== null) add(joining.member, joining.target)
  classic.protocolType = consumerProtocolType
  classic.generation = group.epoch
  classic.stateTimestampMs = now.ms
  classic.protocolName = classic.voteForProtocol()
  const assignments = new Map(
    [...classic.members.values()].map(member => [
      member.memberId,
      assignmentFor(member.metadataFor(classic.protocolName), targets.get(member.memberId)!, image),
    ]),
  )
  return [...groupTombstones(group), { kind: 'group', groupId, value: classic.toRecord(assignments) }]
}
