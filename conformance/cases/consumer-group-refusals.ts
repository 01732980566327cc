/** What groups of the consumer protocol refuse, at every version of the requests that can be refused it. */
import { ConsumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import { ConsumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { DeleteGroups } from '../../protocol/messages/delete-groups.ts'
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { LeaveGroup } from '../../protocol/messages/leave-group.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'
import { assigned, classicOf, nextAssignment, world } from './consumer-group-world.ts'
import { coordinator, join } from './groups.ts'

/** First version that knows of regular expressions. */
const regexesSince = 1

async function errors(session: Session): Promise<void> {
  for (const version of session.versions(ConsumerGroupHeartbeat)) {
    const { beat, joining, describe, groupId } = await world(session, `errors-${version}`, version)
    await describe('there is no such group')
    await beat('of no group', { memberId: 'one', memberEpoch: 1 })
    await beat('leaves no group', { memberId: 'one', memberEpoch: -1 })
    await beat('joins', { ...joining, memberId: 'one', instanceId: 'first' })
    await beat('an epoch of before', { memberId: 'one', memberEpoch: 1, instanceId: 'first' })
    await beat('an epoch to come', { memberId: 'one', memberEpoch: 3, instanceId: 'first' })
    await beat('nobody', { memberId: 'nobody', memberEpoch: 2 })
    await beat('nobody leaves', { memberId: 'nobody', memberEpoch: -1 })
    await beat('nobody by an instance', { memberId: 'nobody', memberEpoch: 2, instanceId: 'none' })
    await beat('nobody by an instance leaves', { memberId: 'nobody', memberEpoch: -2, instanceId: 'none' })
    await beat('another by an instance', { memberId: 'nobody', memberEpoch: 2, instanceId: 'first' })
    await beat('another by an instance leaves', { memberId: 'nobody', memberEpoch: -1, instanceId: 'first' })
    await beat('an instance that is there', { ...joining, memberId: 'two', instanceId: 'first' })
    await beat('an empty group id', { ...joining, groupId: '', memberId: 'x' })
    await nextAssignment()
    await beat('an empty member id', { ...joining, memberId: '' })
    await beat('an empty member id, later', { memberId: '', memberEpoch: 2 })
    await beat('an empty instance', { ...joining, memberId: 'x', instanceId: '' })
    await beat('an empty rack', { ...joining, memberId: 'x', rackId: '' })
    await beat('no rebalance timeout', { ...joining, memberId: 'x', rebalanceTimeoutMs: -1 })
    await beat('no partitions said', { ...joining, memberId: 'x', topicPartitions: null })
    await beat('nothing subscribed', { ...joining, memberId: 'x', subscribedTopicNames: null })
    await nextAssignment()
    await beat('no names', { ...joining, memberId: 'x', subscribedTopicNames: [] })
    await beat('leaves for a while, without an instance', { memberId: 'one', memberEpoch: -2 })
    await beat('an epoch that there is not', { memberId: 'one', memberEpoch: -3 })
    await beat('an assignor that there is not', { ...joining, memberId: 'x', serverAssignor: 'mine' })
    await beat('an assignor that there is not, later', { memberId: 'one', memberEpoch: 2, serverAssignor: 'mine' })
    if (version >= regexesSince) {
      const byRegex = { subscribedTopicNames: null, subscribedTopicRegex: '(' }
      await beat('a pattern that is none', { ...joining, ...byRegex, memberId: 'y' })
      await beat('a pattern that is none, later', { memberId: 'one', memberEpoch: 2, ...byRegex })
    }
    const classic = session.name(`errors-classic-${version}`)
    await join(session, 3, classic, 'a classic group of another kind', { protocolType: 'connect' })
    await beat('of a classic group', { groupId: classic, memberId: 'one', memberEpoch: 1 })
    await beat('joins a classic group of another kind', { ...joining, groupId: classic, memberId: 'one' })
    const groupIds = ['', classic, groupId]
    await session.sendAtEach(ConsumerGroupDescribe, { groupIds }, `errors of version ${version}`)
  }
}

/** What requests of the classic protocol find in a group of the new one. */
async function classicRequests(session: Session): Promise<void> {
  const { groupId, beat, joining } = await world(session, 'asked-as-classic')
  await beat('joins', { ...joining, memberId: 'one' })
  const member = { groupId, generationId: 2, memberId: 'one' }
  await session.sendAtEach(Heartbeat, member, 'of a new member')
  await session.sendAtEach(Heartbeat, { ...member, memberId: 'nobody' }, 'of nobody')
  await session.sendAtEach(SyncGroup, member, 'of a new member')
  await session.sendAtEach(SyncGroup, { ...member, memberId: 'nobody' }, 'of nobody')
  for (const version of session.versions(LeaveGroup)) {
    const whom = version >= 3 ? { members: [{ memberId: 'nobody' }] } : { memberId: 'nobody' }
    await session.send(LeaveGroup, version, { groupId, ...whom }, 'of nobody')
  }
  for (const version of session.versions(JoinGroup)) {
    await join(session, version, groupId, 'another protocol type', { protocolType: 'connect' })
    await join(session, version, groupId, 'nobody', { memberId: 'nobody' })
  }
  await session.sendAtEach(DescribeGroups, { groups: [groupId] }, 'as a classic one')
  await session.sendAtEach(DeleteGroups, { groupsNames: [groupId] }, 'with members')
}

/** A member of which it is not known what it owns, since somebody has come in its place, or partitions were taken from it. */
async function fenced(session: Session): Promise<void> {
  for (const version of session.versions(ConsumerGroupHeartbeat)) {
    const { topicId, beat, joining } = await world(session, `fenced-${version}`, version)
    await beat('joins', { ...joining, memberId: 'one' })
    await nextAssignment()
    await beat('another joins', { ...joining, memberId: 'two' })
    const owned = (partitions: number[]) => ({ topicPartitions: [{ topicId, partitions }] })
    await beat('hears that it is to give up', { memberId: 'one', memberEpoch: 2, ...owned([0, 1]) })
    await beat('gives up', { memberId: 'one', memberEpoch: 2, ...owned([0]) })
    await beat('the epoch before, with what it had', { memberId: 'one', memberEpoch: 2, ...owned([0, 1]) })
    await beat('the epoch before, without a word of it', { memberId: 'one', memberEpoch: 2 })
    await beat('the epoch before, with less', { memberId: 'one', memberEpoch: 2, ...owned([]) })
  }
}

/** A group of each protocol has one member, and may have no more. */
async function full(session: Session): Promise<void> {
  for (const version of session.versions(ConsumerGroupHeartbeat)) {
    const { groupId, beat, joining } = await world(session, `full-${version}`, version)
    await beat('joins', { ...joining, memberId: 'one', instanceId: 'first' })
    await beat('another joins', { ...joining, memberId: 'two' })
    await beat('another joins, with an instance', { ...joining, memberId: 'two', instanceId: 'second' })
    await beat('another by the instance that is there', { ...joining, memberId: 'two', instanceId: 'first' })
    await beat('joins again', { ...joining, memberId: 'one', instanceId: 'first' })
    await beat('goes on', { memberId: 'one', memberEpoch: 2, instanceId: 'first' })
    await beat('nobody', { memberId: 'nobody', memberEpoch: 2 })
    await beat('leaves for a while', { memberId: 'one', memberEpoch: -2, instanceId: 'first' })
    await beat('another joins a group of one that has left for a while', { ...joining, memberId: 'two' })
    await beat('comes back by another name', { ...joining, memberId: 'three', instanceId: 'first' })
    for (const at of session.versions(JoinGroup)) {
      const label = `a classic member, beside version ${version}`
      await join(session, at, groupId, label, classicOf('full'))
    }
    await beat('leaves', { memberId: 'three', memberEpoch: -1, instanceId: 'first' })
    await beat('another joins in its place', { ...joining, memberId: 'two' })
  }
}

async function fullOfClassic(session: Session): Promise<void> {
  const classic = classicOf('full')
  for (const version of session.versions(JoinGroup)) {
    const groupId = session.name(`full-${version}`)
    await coordinator(session, groupId)
    const first = await join(session, version, groupId, 'first', classic)
    const { memberId } = first
    const isAskedAgain = first.errorCode !== 0
    if (isAskedAgain) await join(session, version, groupId, 'another, while the first has but its id', classic)
    const { generationId } = isAskedAgain
      ? await join(session, version, groupId, 'with the id that it was given', { ...classic, memberId })
      : first
    const assignments = [{ memberId, assignment: assigned('full', []) }]
    await session.prepare(SyncGroup, 2, { groupId, generationId, memberId, assignments })
    await join(session, version, groupId, 'another', classic)
    await join(session, version, groupId, 'another, with an id', { ...classic, memberId: 'nobody' })
    for (const at of session.versions(ConsumerGroupHeartbeat)) {
      const { beat, joining } = await world(session, `full-of-classic-${version}-${at}`, at)
      await beat(`joins a classic group of version ${version}`, { ...joining, groupId, memberId: 'one' })
    }
  }
}

const ofOne = { 'group.max.size': '1', 'group.consumer.max.size': '1' }

export const refusalCases: readonly Case[] = [
  { name: 'consumer groups: errors', run: errors },
  { name: 'consumer groups: requests of the classic protocol', run: classicRequests },
  { name: 'consumer groups: members that are fenced', run: fenced },
  { name: 'consumer groups: full ones', settings: ofOne, run: full },
  { name: 'consumer groups: full classic ones', settings: ofOne, run: fullOfClassic },
]
