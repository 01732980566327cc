/** What makes a group's epoch grow, and what is written when members go. */
import type { Moment } from '../outcome.ts'
import type { GroupRecord } from '../records.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './member.ts'
import { memberTombstones } from './records.ts'
import { type ClusterTopics, metadataHash } from './topics.ts'

/** What a heartbeat changes of a member, and whether the group is in another epoch by it. */
export interface EpochChange {
  readonly member: ConsumerMember
  readonly updated: ConsumerMember
  readonly beat: { readonly image: ClusterTopics; readonly now: Moment }
  readonly records: GroupRecord[]
  /** Whether the epoch grows whatever has become of the topics. */
  readonly grows: boolean
}

/** Looks at the topics that the group consumes; the epoch grows where they have changed. */
export function nextEpoch(group: ConsumerGroup, { member, updated, beat, records, grows }: EpochChange): number {
  const { groupId, hasSeenTopics } = group
  const topics = subscribedTopicsWith(group, member, updated)
  const hash = metadataHash(topics, beat.image)
  const epoch = grows || hash !== group.metadataHash ? group.epoch + 1 : group.epoch
  if (epoch !== group.epoch) {
    records.push({ kind: 'consumerEpoch', groupId, value: { epoch, metadataHash: hash } })
    const cause = grows ? 'subscription' : 'topics'
    group.scope.log('consumer group has a new epoch', { group: groupId, epoch, members: group.members.size, cause })
  }
  group.lookedAtTopics(epoch, beat.now)
  // What Apache Kafka 4.0 kept of topics is in the hash.
  if (hasSeenTopics) records.push({ kind: 'consumerSeenTopics', groupId, value: null })
  return epoch
}

/** The topics that are consumed once a member has changed. */
function subscribedTopicsWith(group: ConsumerGroup, member: ConsumerMember, updated: ConsumerMember): Set<string> {
  const isMember = group.members.has(member.memberId) || holdsPlace(group, updated)
  const before = isMember ? member : null
  if (before?.topicNames === updated.topicNames && before.topicRegex === updated.topicRegex)
    return group.subscribedTopics()
  return subscribedTopicsWithout(group, before === null ? [] : [before], updated)
}

function holdsPlace(group: ConsumerGroup, { instanceId }: ConsumerMember): boolean {
  return instanceId !== null && group.staticMembers.has(instanceId)
}

/** The same without some members, and with another. */
export function subscribedTopicsWithout(
  group: ConsumerGroup,
  members: readonly ConsumerMember[],
  added?: ConsumerMember,
): Set<string> {
  const topics = new Set<string>(added?.topicNames)
  for (const name of group.topicNames.keys()) {
    const gone = members.reduce((sum, { topicNames }) => sum + (topicNames.includes(name) ? 1 : 0), 0)
    if (group.topicNames.get(name) > gone) topics.add(name)
  }
  for (const [regex, { topics: matched }] of group.resolved) {
    const gone = members.reduce((sum, { topicRegex }) => sum + (topicRegex === regex ? 1 : 0), 0)
    const stays = group.regexes.get(regex) > gone || added?.topicRegex === regex
    if (stays) for (const topic of matched) topics.add(topic)
  }
  return topics
}

/** Removes members: tombstones for each, tombstones for regular expressions that no other member has, and the next group epoch. */
export function fenceRecords(
  group: ConsumerGroup,
  members: readonly ConsumerMember[],
  image: ClusterTopics,
): GroupRecord[] {
  const { groupId } = group
  const records: GroupRecord[] = members.flatMap(({ memberId }) => memberTombstones(groupId, memberId))
  for (const regex of group.regexes.keys()) {
    const gone = members.reduce((sum, { topicRegex }) => sum + (topicRegex === regex ? 1 : 0), 0)
    if (gone === group.regexes.get(regex)) records.push({ kind: 'consumerRegex', groupId, regex, value: null })
  }
  const hash = metadataHash(subscribedTopicsWithout(group, members), image)
  const epoch = group.epoch + 1
  records.push({ kind: 'consumerEpoch', groupId, value: { epoch, metadataHash: hash } })
  // Nobody is left to assign anything to: who comes next need not wait.
  if (members.length === group.members.size) {
    records.push({ kind: 'consumerTarget', groupId, value: { epoch, timestampMs: 0 } })
  }
  return records
}

/** All that is on record of a group, taken away in the order in which Apache Kafka can replay it. */
export function groupTombstones(group: ConsumerGroup): GroupRecord[] {
  const { groupId } = group
  const memberIds = [...group.members.keys()]
  const targetIds = new Set([...memberIds, ...group.targets.keys()])
  const of = (kind: 'consumerAssignment' | 'consumerTargetMember' | 'consumerMember', ids: Iterable<string>) =>
    [...ids].map((memberId): GroupRecord => ({ kind, groupId, memberId, value: null }))
  return [
    ...of('consumerAssignment', memberIds),
    ...of('consumerTargetMember', targetIds),
    { kind: 'consumerTarget', groupId, value: null },
    ...of('consumerMember', memberIds),
    ...[...group.resolved.keys()].map((regex): GroupRecord => ({ kind: 'consumerRegex', groupId, regex, value: null })),
    { kind: 'consumerSeenTopics', groupId, value: null },
    { kind: 'consumerEpoch', groupId, value: null },
  ]
}
