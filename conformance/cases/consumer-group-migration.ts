/** Groups that come from the classic protocol to the new one and back while they have members. */
import { ConsumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { LeaveGroup } from '../../protocol/messages/leave-group.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'
import { assigned, classicOf, nextAssignment, world } from './consumer-group-world.ts'
import { join } from './groups.ts'

async function classicMember(session: Session): Promise<void> {
  const { groupId, topic, topicId, beat, joining, describe } = await world(session, 'joined-by-classic')
  await beat('a member of the new protocol joins', { ...joining, memberId: 'one' })
  await nextAssignment()
  const classic = classicOf(topic)
  const asked = await join(session, 9, groupId, 'a classic member asks for its id', classic)
  const { memberId } = asked
  const joined = await join(session, 9, groupId, 'it joins', { ...classic, memberId })
  const member = { groupId, memberId, generationId: joined.generationId ?? -1 }
  await describe('it has joined')
  await session.send(SyncGroup, 5, { ...member, generationId: 77 }, 'of another generation')
  await session.send(SyncGroup, 5, { ...member, protocolType: 'connect' }, 'of another protocol type')
  await session.send(SyncGroup, 5, { ...member, protocolName: 'sticky' }, 'of another protocol')
  await session.send(SyncGroup, 5, { ...member, protocolType: 'consumer', protocolName: 'range' }, 'gets nothing yet')
  await session.send(Heartbeat, 4, member, 'waits')
  await session.send(Heartbeat, 4, { ...member, generationId: 77 }, 'of another generation')
  const all = [{ topicId, partitions: [0, 1] }]
  await beat('the first hears', { memberId: 'one', memberEpoch: 2, topicPartitions: all })
  await beat('and gives up', { memberId: 'one', memberEpoch: 2, topicPartitions: [{ topicId, partitions: [0] }] })
  await session.send(Heartbeat, 4, member, 'is to join again')
  await join(session, 9, groupId, 'it joins again', { ...classic, memberId })
  await session.send(SyncGroup, 5, { ...member, protocolType: 'consumer', protocolName: 'range' }, 'gets its share')
  await session.send(Heartbeat, 4, member, 'beats')
  await describe('both have theirs')
  await join(session, 9, groupId, 'another protocol type', { ...classic, protocolType: 'connect' })
  await join(session, 9, groupId, 'other protocols', {
    ...classic,
    protocols: [{ name: 'other', metadata: Buffer.alloc(2) }],
  })
  await beat('the new protocol by the name of the classic member', { ...joining, memberId })
  await describe('it has changed its protocol')
  await session.send(LeaveGroup, 5, { groupId, members: [{ memberId }, { memberId: 'nobody' }] }, 'leaves')
  await describe('it has left')
}

/** None of them changes anything. */
async function refusedClassic(session: Session): Promise<void> {
  const { groupId, topic, beat, joining, describe } = await world(session, 'refuses-classic')
  await beat('an instance of the new protocol joins', { ...joining, memberId: 'one', instanceId: 'here' })
  const classic = { ...classicOf(topic), memberId: 'other' }
  for (const version of [5, 9]) {
    const by = (label: string, more: object) => join(session, version, groupId, label, { ...classic, ...more })
    await by('of an instance that there is not', { groupInstanceId: 'away' })
    await by('another id of an instance', { groupInstanceId: 'here' })
    await by('another protocol type', { protocolType: 'connect' })
    await by('what it says cannot be read', { protocols: [{ name: 'range', metadata: Buffer.alloc(1) }] })
  }
  await describe('nobody has come')
}

async function upgrade(session: Session): Promise<void> {
  const { groupId, topic, topicId, beat, joining, describe } = await world(session, 'upgraded')
  const classic = classicOf(topic)
  const joined = await join(session, 3, groupId, 'a classic group', classic)
  const member = { groupId, memberId: joined.memberId, generationId: joined.generationId ?? -1 }
  const assignments = [{ memberId: member.memberId, assignment: assigned(topic, [0, 1]) }]
  await session.send(SyncGroup, 3, { ...member, assignments }, 'of one')
  await beat('a heartbeat to it', { memberId: 'one', memberEpoch: 1 })
  await beat('leaves it', { memberId: 'one', memberEpoch: -1 })
  await beat('joins it', { ...joining, memberId: 'one' })
  await describe('it is a consumer group')
  await session.send(DescribeGroups, 6, { groups: [groupId] }, 'and no classic one')
  await session.send(Heartbeat, 3, member, 'is to join again')
  await join(session, 3, groupId, 'joins again, and owns nothing', { ...classic, memberId: member.memberId })
  await beat('gets its share', { memberId: 'one', memberEpoch: 2, topicPartitions: [] })
  await describe('both have theirs')
  await beat('leaves', { memberId: 'one', memberEpoch: -1, topicPartitions: [{ topicId, partitions: [1] }] })
  await describe('it is no consumer group any more')
  await session.send(DescribeGroups, 6, { groups: [groupId] }, 'but a classic one')
}

async function unknownUserData(session: Session): Promise<void> {
  const { groupId, topic, beat, joining } = await world(session, 'not-upgraded')
  const joined = await join(session, 3, groupId, 'a classic group', classicOf(topic))
  const member = { groupId, memberId: joined.memberId, generationId: joined.generationId ?? -1 }
  const whole = Buffer.concat([assigned(topic, [0, 1]).subarray(0, -4), Buffer.from([0, 0, 0, 1, 9])])
  await session.send(
    SyncGroup,
    3,
    { ...member, assignments: [{ memberId: member.memberId, assignment: whole }] },
    'with user data',
  )
  await beat('joins it', { ...joining, memberId: 'one' })
  await session.send(DescribeGroups, 6, { groups: [groupId] }, 'is still a classic one')
  const other = await world(session, 'of-connect')
  const protocols = [{ name: 'x', metadata: Buffer.alloc(4) }]
  const connect = { ...classicOf(topic), protocolType: 'connect', protocols }
  await join(session, 3, other.groupId, 'a group of another kind', connect)
  await other.beat('joins it', { ...other.joining, memberId: 'one' })
}

/** Where groups keep the protocol that they have while they have members. */
async function disabled(session: Session): Promise<void> {
  for (const version of session.versions(ConsumerGroupHeartbeat)) {
    const { groupId, topic, beat, joining } = await world(session, `kept-${version}`, version)
    await beat('joins', { ...joining, memberId: 'one' })
    for (const at of session.versions(JoinGroup))
      await join(session, at, groupId, `a classic member, beside version ${version}`, classicOf(topic))
    const classic = session.name(`kept-classic-${version}`)
    const { memberId } = await join(session, 3, classic, `beside version ${version}`, classicOf(topic))
    const assignments = [{ memberId, assignment: assigned(topic, [0, 1]) }]
    await session.prepare(SyncGroup, 3, { groupId: classic, generationId: 1, memberId, assignments })
    await beat('joins a classic group', { ...joining, groupId: classic, memberId: 'one' })
  }
}

const keepsProtocols = { 'group.consumer.migration.policy': 'disabled' }

export const migrationCases: readonly Case[] = [
  { name: 'consumer groups: where they may not change their protocol', settings: keepsProtocols, run: disabled },
  { name: 'consumer groups: a classic member', run: classicMember },
  { name: 'consumer groups: refused classic members', run: refusedClassic },
  { name: 'consumer groups: a classic group becomes one, and goes back', run: upgrade },
  { name: 'consumer groups: classic groups that cannot become one', run: unknownUserData },
]
