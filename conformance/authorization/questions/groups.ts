/** What clients ask of groups and of their offsets. */
import { ConsumerGroupDescribe } from '../../../protocol/messages/consumer-group-describe.ts'
import { ConsumerGroupHeartbeat } from '../../../protocol/messages/consumer-group-heartbeat.ts'
import { DeleteGroups } from '../../../protocol/messages/delete-groups.ts'
import { DescribeGroups } from '../../../protocol/messages/describe-groups.ts'
import { FindCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { Heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { JoinGroup } from '../../../protocol/messages/join-group.ts'
import { LeaveGroup } from '../../../protocol/messages/leave-group.ts'
import { ListGroups } from '../../../protocol/messages/list-groups.ts'
import { OffsetCommit } from '../../../protocol/messages/offset-commit.ts'
import { OffsetDelete } from '../../../protocol/messages/offset-delete.ts'
import { OffsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import { SyncGroup } from '../../../protocol/messages/sync-group.ts'
import { protocols } from '../../cases/groups.ts'
import { ask, idOf, names, type Question, type World } from './question.ts'

/** A member that no group has. */
const memberId = 'nobody'
const groups = ['mine', 'mine-none', 'other'] as const

/** The same of each group. */
function ofEach(questions: (groupId: string) => readonly Question[]): Question[] {
  return groups.flatMap(questions)
}

function committed(groupId: string) {
  return (world: World, version: number) => ({
    groupId,
    // Nobody commits to a group that is not there, which would make it.
    ...(groupId === 'mine-none' ? { generationIdOrMemberEpoch: 5, memberId } : {}),
    topics: names.map(name => ({
      ...(version >= 10 ? { topicId: idOf(world, name) } : { name }),
      partitions: [{ partitionIndex: 0, committedOffset: 0, committedMetadata: '' }],
    })),
  })
}

export const listedGroups: readonly Question[] = [
  ...ask(ListGroups, [0, 5], '', {}),
  ...ask(DescribeGroups, [5, 6], '', { groups, includeAuthorizedOperations: true }),
  ...ask(ConsumerGroupDescribe, [0, 1], '', { groupIds: [...groups], includeAuthorizedOperations: true }),
  ...ask(OffsetFetch, [1, 5, 7], 'by name', {
    groupId: 'mine',
    topics: names.map(name => ({ name, partitionIndexes: [0] })),
  }),
  ...ask(OffsetFetch, [2, 7], 'all', { groupId: 'mine', topics: null }),
  ...ask(OffsetFetch, [2, 7], 'all of another group', { groupId: 'other', topics: null }),
  ...ask(OffsetFetch, [8, 10], 'all of several groups', { groups: groups.map(groupId => ({ groupId, topics: null })) }),
  ...ask(OffsetFetch, [8, 9, 10], 'of several groups', (world, version) => ({
    groups: groups.map(groupId => ({
      groupId,
      topics: names.map(name => ({
        ...(version >= 10 ? { topicId: idOf(world, name) } : { name }),
        partitionIndexes: [0],
      })),
    })),
  })),
]

export const groupQuestions: readonly Question[] = [
  ...ask(FindCoordinator, [4, 6], 'of groups', { keyType: 0, coordinatorKeys: groups }),
  ...ask(FindCoordinator, [4, 6], 'of transactions', { keyType: 1, coordinatorKeys: groups }),
  ...ofEach(groupId => [
    ...ask(FindCoordinator, [3], `of the group ${groupId}`, { key: groupId, keyType: 0 }),
    ...ask(FindCoordinator, [3], `of the transactions ${groupId}`, { key: groupId, keyType: 1 }),
    ...ask(JoinGroup, [9], groupId, {
      ...{ groupId, memberId, sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000, protocolType: 'consumer' },
      protocols,
    }),
    ...ask(SyncGroup, [4], groupId, { groupId, generationId: 1, memberId }),
    ...ask(SyncGroup, [5], groupId, {
      ...{ groupId, generationId: 1, memberId, protocolType: 'consumer', protocolName: 'range' },
    }),
    ...ask(Heartbeat, [4], groupId, { groupId, generationId: 1, memberId }),
    ...ask(ConsumerGroupHeartbeat, [0, 1], groupId, {
      ...{ groupId, memberId, memberEpoch: 5, rebalanceTimeoutMs: -1, topicPartitions: null },
      subscribedTopicNames: null,
    }),
    ...ask(ConsumerGroupHeartbeat, [1], `${groupId}, by names of topics`, {
      ...{ groupId, memberId, memberEpoch: 5, rebalanceTimeoutMs: -1, topicPartitions: null },
      subscribedTopicNames: [...names],
    }),
    ...ask(LeaveGroup, [2, 5], groupId, (_, version) => ({
      groupId,
      ...(version >= 3 ? { members: [{ memberId }] } : { memberId }),
    })),
    ...ask(OffsetCommit, [9, 10], groupId, committed(groupId)),
    ...ask(OffsetDelete, [0], groupId, {
      groupId,
      topics: names.map(name => ({ name, partitions: [{ partitionIndex: 1 }] })),
    }),
  ]),
]

export const changingGroups: readonly Question[] = [
  ...ask(
    DeleteGroups,
    [2],
    '',
    { groupsNames: ['mine-doomed', 'mine-none', 'other-doomed', 'other-none'] },
    { changes: 'groups' },
  ),
]
