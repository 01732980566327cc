/** Groups of the consumer protocol (KIP-848), heartbeat by heartbeat. */
import { ConsumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import { ConsumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { ListGroups } from '../../protocol/messages/list-groups.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'
import { migrationCases } from './consumer-group-migration.ts'
import { offsetCases } from './consumer-group-offsets.ts'
import { patternCases } from './consumer-group-patterns.ts'
import { refusalCases } from './consumer-group-refusals.ts'
import { settingCases } from './consumer-group-settings.ts'
import { nextAssignment, seen, world } from './consumer-group-world.ts'
import { join } from './groups.ts'

async function atEveryVersion(session: Session): Promise<void> {
  for (const version of session.versions(ConsumerGroupHeartbeat)) {
    const { beat, joining, describe } = await world(session, `every-${version}`, version)
    await beat('joins', { ...joining, memberId: 'one' })
    await describe(`joined by version ${version}`)
    await beat('is idle', { memberId: 'one', memberEpoch: 2 })
    await beat('leaves', { memberId: 'one', memberEpoch: -1 })
    await describe(`left by version ${version}`)
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
  { name: 'consumer groups: static members', run: staticMembers },
  { name: 'consumer groups: other subscriptions', run: subscriptionChanges },
  { name: 'consumer groups: assignors', run: assignors },
  { name: 'consumer groups: kinds of groups', run: kinds },
  ...refusalCases,
  ...offsetCases,
  ...settingCases,
  ...patternCases,
  ...migrationCases,
]
