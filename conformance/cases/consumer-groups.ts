/** Groups of the consumer protocol (KIP-848), heartbeat by heartbeat, and the offsets that they commit. */
import { ConsumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import { ConsumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { DeleteGroups } from '../../protocol/messages/delete-groups.ts'
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { LeaveGroup } from '../../protocol/messages/leave-group.ts'
import { ListGroups } from '../../protocol/messages/list-groups.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { OffsetDelete } from '../../protocol/messages/offset-delete.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'
import { migrationCases } from './consumer-group-migration.ts'
import { patternCases } from './consumer-group-patterns.ts'
import { nextAssignment, seen, world } from './consumer-group-world.ts'
import { join } from './groups.ts'

async function atEveryVersion(session: Session): Promise<void> {
  for (const version of session.versions(ConsumerGroupHeartbeat)) {
    const { beat, joining, describe } = await world(session, `every-${version}`)
    await beat('joins', { ...joining, memberId: 'one' }, version)
    for (const at of session.versions(ConsumerGroupDescribe)) await describe(`joined by version ${version}`, at)
    await beat('is idle', { memberId: 'one', memberEpoch: 2 }, version)
    await beat('leaves', { memberId: 'one', memberEpoch: -1 }, version)
    for (const at of session.versions(ConsumerGroupDescribe)) await describe(`left by version ${version}`, at)
  }
}

async function twoMembers(session: Session): Promise<void> {
  const { topicId, beat, joining, describe } = await world(session, 'two')
  await beat('the first joins', { ...joining, memberId: 'one' })
  await nextAssignment()
  await beat('the second joins', { ...joining, memberId: 'two' })
  await describe('the first has not heard')
  await beat('the first hears', { memberId: 'one', memberEpoch: 2, topicPartitions: [{ topicId, partitions: [0, 1] }] })
  await beat('the second waits', { memberId: 'two', memberEpoch: 3, topicPartitions: [] })
  await describe('the first has not given up')
  await beat('the first gives up', { memberId: 'one', memberEpoch: 2, topicPartitions: [{ topicId, partitions: [0] }] })
  await describe('the first has given up')
  await beat('the second gets it', { memberId: 'two', memberEpoch: 3, topicPartitions: [] })
  await describe('both have theirs')
  await beat('the epoch before, again', {
    memberId: 'one',
    memberEpoch: 2,
    topicPartitions: [{ topicId, partitions: [0] }],
  })
  await beat('the epoch before, with more', {
    memberId: 'one',
    memberEpoch: 2,
    topicPartitions: [{ topicId, partitions: [0, 1] }],
  })
  await beat('an epoch to come', { memberId: 'one', memberEpoch: 9 })
  await beat('an epoch of long ago', { memberId: 'one', memberEpoch: 1, topicPartitions: [] })
  await beat('joins again', { ...joining, memberId: 'one' })
  await beat('all fields again', {
    ...joining,
    memberId: 'one',
    memberEpoch: 3,
    topicPartitions: [{ topicId, partitions: [0] }],
  })
  await beat('the second leaves', { memberId: 'two', memberEpoch: -1 })
  await describe('one is left')
}

async function errors(session: Session): Promise<void> {
  const { beat, joining, describe, groupId } = await world(session, 'errors')
  await describe('there is no such group')
  await beat('of no group', { memberId: 'one', memberEpoch: 1 })
  await beat('leaves no group', { memberId: 'one', memberEpoch: -1 })
  await beat('joins', { ...joining, memberId: 'one', instanceId: 'first' })
  await beat('nobody', { memberId: 'nobody', memberEpoch: 2 })
  await beat('nobody leaves', { memberId: 'nobody', memberEpoch: -1 })
  await beat('nobody by an instance', { memberId: 'nobody', memberEpoch: 2, instanceId: 'none' })
  await beat('another by an instance', { memberId: 'nobody', memberEpoch: 2, instanceId: 'first' })
  await beat('an instance that is there', { ...joining, memberId: 'two', instanceId: 'first' })
  await beat('an empty member id', { ...joining, memberId: '' })
  await beat('an empty instance', { ...joining, memberId: 'x', instanceId: '' })
  await beat('an empty rack', { ...joining, memberId: 'x', rackId: '' })
  await beat('no rebalance timeout', { ...joining, memberId: 'x', rebalanceTimeoutMs: -1 })
  await beat('no partitions said', { ...joining, memberId: 'x', topicPartitions: null })
  await beat('nothing subscribed', { ...joining, memberId: 'x', subscribedTopicNames: null })
  await beat('no names', { ...joining, memberId: 'x', subscribedTopicNames: [] })
  await beat('leaves for a while, without an instance', { memberId: 'one', memberEpoch: -2 })
  await beat('an epoch that there is not', { memberId: 'one', memberEpoch: -3 })
  await beat('an assignor that there is not', { ...joining, memberId: 'x', serverAssignor: 'mine' })
  await beat('a pattern that is none', {
    ...joining,
    memberId: 'y',
    subscribedTopicNames: null,
    subscribedTopicRegex: '(',
  })
  await session.send(ConsumerGroupDescribe, 1, { groupIds: ['', groupId] }, 'an empty group')
  await session.send(Heartbeat, 4, { groupId, generationId: 2, memberId: 'one' }, 'of a new member')
  await session.send(LeaveGroup, 5, { groupId, members: [{ memberId: 'nobody' }] }, 'of nobody')
  await session.send(SyncGroup, 5, { groupId, generationId: 2, memberId: 'one' }, 'of a new member')
  await session.send(DescribeGroups, 6, { groups: [groupId] }, 'as a classic one')
  await session.send(DescribeGroups, 5, { groups: [groupId] }, 'as a classic one')
  await session.send(DeleteGroups, 2, { groupsNames: [groupId] }, 'with members')
}

async function staticMembers(session: Session): Promise<void> {
  const { topicId, beat, joining, describe } = await world(session, 'static')
  await beat('joins', { ...joining, memberId: 'one', instanceId: 'first' })
  await beat('leaves for a while', { memberId: 'one', memberEpoch: -2, instanceId: 'first' })
  await describe('gone for a while')
  await beat('comes back', { ...joining, memberId: 'two', instanceId: 'first' })
  await describe('back')
  await beat('is fenced', { memberId: 'one', memberEpoch: 2, instanceId: 'first' })
  await beat('goes on', {
    memberId: 'two',
    memberEpoch: 2,
    instanceId: 'first',
    topicPartitions: [{ topicId, partitions: [0, 1] }],
  })
  await beat('leaves for good', { memberId: 'two', memberEpoch: -1, instanceId: 'first' })
  await describe('gone')
}

async function subscriptionChanges(session: Session): Promise<void> {
  const { topicId, topic, beat, joining, describe } = await world(session, 'changes')
  const other = session.name('changes-other')
  const otherId = await session.topic(other)
  await seen()
  // Whatever the order of ids, they are told apart by that of these.
  for (const name of [topic, other]) await session.send(Metadata, 12, { topics: [{ name }] }, 'the topics')
  await beat('joins', { ...joining, memberId: 'one', subscribedTopicNames: [topic, other] })
  const owned = [{ topicId, partitions: [0, 1] }]
  await beat('wants one topic alone', {
    memberId: 'one',
    memberEpoch: 2,
    subscribedTopicNames: [topic],
    topicPartitions: [...owned, { topicId: otherId, partitions: [0] }],
  })
  await describe('must give up')
  await beat('has given up', { memberId: 'one', memberEpoch: 2, topicPartitions: owned })
  await nextAssignment()
  await beat('goes on', { memberId: 'one', memberEpoch: 2, topicPartitions: owned })
  await describe('has what it wants')
  await nextAssignment()
  await beat('wants another assignor', { memberId: 'one', memberEpoch: 3, serverAssignor: 'range' })
  await describe('another assignor')
}

async function assignors(session: Session): Promise<void> {
  for (const serverAssignor of ['uniform', 'range']) {
    const { beat, joining, describe } = await world(session, `by-${serverAssignor}`)
    for (const memberId of ['one', 'three', 'two']) {
      await beat(`${serverAssignor}: ${memberId} joins`, { ...joining, memberId, serverAssignor })
      await nextAssignment()
    }
    await beat(`${serverAssignor}: one beats`, { memberId: 'one', memberEpoch: 2, topicPartitions: [] })
    const { groups } = await session.prepare(ConsumerGroupDescribe, 1, {
      groupIds: [session.name(`by-${serverAssignor}`)],
    })
    const sizes = groups[0]!.members.map(({ targetAssignment }) =>
      targetAssignment.topicPartitions.reduce((sum, { partitions }) => sum + partitions.length, 0),
    )
    session.note('ConsumerGroupDescribe', 1, `${serverAssignor}: sizes`, sizes.sort())
    if (serverAssignor === 'range') await describe('range')
  }
}

async function offsets(session: Session): Promise<void> {
  const { groupId, topic, topicId, beat, joining } = await world(session, 'commits')
  const partitions = [{ partitionIndex: 0, committedOffset: 7 }]
  const commit = (version: number, label: string, memberId: string, generationIdOrMemberEpoch: number) =>
    session.send(
      OffsetCommit,
      version,
      { groupId, memberId, generationIdOrMemberEpoch, topics: [{ name: topic, topicId, partitions }] },
      label,
    )
  await beat('joins', { ...joining, memberId: 'one' })
  for (const version of session.versions(OffsetCommit)) {
    // Kafka 4 has no earlier ones, and 3.9 has such groups only where it is told to.
    if (version < 2) continue
    await commit(version, 'in its epoch', 'one', 2)
    await commit(version, 'in an epoch before it had it', 'one', 1)
    await commit(version, 'in an epoch to come', 'one', 3)
    await commit(version, 'nobody', 'nobody', 2)
    await commit(version, 'from outside', '', -1)
  }
  for (const version of session.versions(OffsetFetch)) {
    if (version < 9) continue
    const fetch = (label: string, memberId: string | null, memberEpoch: number) =>
      session.send(
        OffsetFetch,
        version,
        { groups: [{ groupId, memberId, memberEpoch, topics: [{ name: topic, topicId, partitionIndexes: [0, 1] }] }] },
        label,
      )
    await fetch('in its epoch', 'one', 2)
    await fetch('in another epoch', 'one', 1)
    await fetch('in an epoch to come', 'one', 3)
    await fetch('nobody', 'nobody', 2)
    await fetch('from outside', null, -1)
    await fetch('without a name', null, 2)
  }
  const named = [{ name: topic, partitions: [{ partitionIndex: 0 }] }]
  await session.send(OffsetDelete, 0, { groupId, topics: named }, 'of a topic that is consumed')
  await beat('leaves', { memberId: 'one', memberEpoch: -1 })
  await commit(9, 'from outside, once it is empty', '', -1)
  await commit(9, 'of a member, once it is empty', 'one', 2)
  await session.send(OffsetDelete, 0, { groupId, topics: named }, 'once it is empty')
  await session.send(DeleteGroups, 2, { groupsNames: [groupId] }, 'once it is empty')
  await session.send(ConsumerGroupDescribe, 1, { groupIds: [groupId] }, 'deleted')
}

async function behindItsEpoch(session: Session): Promise<void> {
  const { groupId, topic, topicId, beat, joining } = await world(session, 'behind')
  const commit = (label: string, partitionIndexes: number[], epoch: number) =>
    session.send(
      OffsetCommit,
      10,
      {
        ...{ groupId, memberId: 'one', generationIdOrMemberEpoch: epoch },
        topics: [
          {
            name: topic,
            topicId,
            partitions: partitionIndexes.map(partitionIndex => ({ partitionIndex, committedOffset: 3 })),
          },
        ],
      },
      label,
    )
  await beat('joins', { ...joining, memberId: 'one' })
  await nextAssignment()
  await beat('another joins', { ...joining, memberId: 'two' })
  await beat('hears', { memberId: 'one', memberEpoch: 2, topicPartitions: [{ topicId, partitions: [0, 1] }] })
  await commit('what it has and what it must give up', [0, 1], 2)
  await beat('gives up', { memberId: 'one', memberEpoch: 2, topicPartitions: [{ topicId, partitions: [0] }] })
  await commit('what it has had since', [0], 2)
  await commit('what it has given up', [1], 2)
  await commit('both', [0, 1], 2)
  await commit('an epoch of before', [0], 1)
}

async function kinds(session: Session): Promise<void> {
  const { groupId, topic, beat, joining, describe } = await world(session, 'kinds')
  const listed = async (label: string) => {
    const { groups } = await session.prepare(ListGroups, 5, { statesFilter: [], typesFilter: [] })
    session.note(
      'ListGroups',
      5,
      label,
      groups.filter(group => group.groupId === groupId),
    )
    for (const type of ['consumer', 'CLASSIC', 'share']) {
      const { groups } = await session.prepare(ListGroups, 5, { statesFilter: [], typesFilter: [type] })
      session.note(
        'ListGroups',
        5,
        `${label}, of type ${type}`,
        groups.filter(group => group.groupId === groupId).length,
      )
    }
  }
  const partitions = [{ partitionIndex: 0, committedOffset: 7 }]
  await session.send(OffsetCommit, 9, { groupId, topics: [{ name: topic, partitions }] }, 'a simple group')
  await listed('a simple group')
  await beat('joins the simple group', { ...joining, memberId: 'one' })
  await listed('a consumer group')
  await beat('leaves', { memberId: 'one', memberEpoch: -1 })
  await listed('an empty consumer group')
  await join(session, 3, groupId, 'a classic member joins the empty group')
  await describe('a classic group')
  await listed('a classic group')
}

export const consumerGroupCases: readonly Case[] = [
  { name: 'consumer groups: a member at every version', run: atEveryVersion },
  { name: 'consumer groups: two members', run: twoMembers },
  { name: 'consumer groups: errors', run: errors },
  { name: 'consumer groups: static members', run: staticMembers },
  { name: 'consumer groups: other subscriptions', run: subscriptionChanges },
  { name: 'consumer groups: assignors', run: assignors },
  {
    name: 'consumer groups: offsets',
    run: offsets,
    differs: ['9', '10'].map(version => ({
      answer: `OffsetFetch v${version} without a name`,
      path: '*errorCode',
      ours: 25,
      reason:
        '**OffsetFetch** of a consumer group with an epoch and no member is refused with UNKNOWN_MEMBER_ID; Kafka fails of it',
    })),
  },
  { name: 'consumer groups: commits behind the epoch', run: behindItsEpoch },
  { name: 'consumer groups: kinds of groups', run: kinds },
  ...patternCases,
  ...migrationCases,
]
