/** Offsets that members of the consumer protocol commit and ask for, by their epochs, at every version that takes one. */
import { ConsumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import { DeleteGroups } from '../../protocol/messages/delete-groups.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { OffsetDelete } from '../../protocol/messages/offset-delete.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { TxnOffsetCommit } from '../../protocol/messages/txn-offset-commit.ts'
import type { Api } from '../../protocol/schema.ts'
import type { Session } from '../session.ts'
import { type Case, unknownTopicId } from './case.ts'
import { classicOf, nextAssignment, world } from './consumer-group-world.ts'
import { join } from './groups.ts'
import { Producer } from './transactions/producer.ts'

/**
 * First versions that Kafka 4 has of OffsetCommit, and that members of the new protocol may commit by; of OffsetFetch and TxnOffsetCommit
 * that say who asks, and of the latter that add the group by themselves. Kafka 3.9 has such groups only where it is told to.
 */
const [commitsSince, epochsSince, fetchersSince, txnMembersSince, txnAddsSince] = [2, 9, 9, 3, 5]

function since(session: Session, api: Api, first: number): number[] {
  const [min, max] = session.spokenVersions(api)
  return Array.from({ length: max - min + 1 }, (_, i) => min + i).filter(version => version >= first)
}

/** Who commits or asks, as all these requests say it. */
interface Who {
  readonly memberId?: string
  readonly epoch?: number
  readonly instanceId?: string
  readonly groupId?: string
}

/** A group with a topic, whose offsets are committed and asked for. */
async function offsetsOf(session: Session, what: string) {
  const made = await world(session, what)
  const { groupId, topic, topicId } = made
  const commit = (version: number, label: string, who: Who = {}, partitionIndexes = [0], id = topicId) => {
    const partitions = partitionIndexes.map(partitionIndex => ({ partitionIndex, committedOffset: 7 }))
    const { memberId = '', epoch = -1, instanceId } = who
    const member = { groupId: who.groupId ?? groupId, memberId, generationIdOrMemberEpoch: epoch }
    const instance = instanceId === undefined ? {} : { groupInstanceId: instanceId }
    const topics = [{ name: topic, topicId: id, partitions }]
    return session.send(OffsetCommit, version, { ...member, ...instance, topics }, label)
  }
  const fetch = (version: number, label: string, who: Who = {}, id = topicId) => {
    const { memberId = null, epoch: memberEpoch = -1 } = who
    const topics = [{ name: topic, topicId: id, partitionIndexes: [0, 1] }]
    const groups = [{ groupId: who.groupId ?? groupId, memberId, memberEpoch, topics }]
    return session.send(OffsetFetch, version, { groups }, label)
  }
  return { ...made, commit, fetch }
}

async function offsets(session: Session): Promise<void> {
  const { groupId, topic, beat, joining, commit, fetch } = await offsetsOf(session, 'commits')
  const none = session.name('commits-none')
  await beat('joins', { ...joining, memberId: 'one' })
  for (const version of since(session, OffsetCommit, commitsSince)) {
    await commit(version, 'in its epoch', { memberId: 'one', epoch: 2 })
    await commit(version, 'in an epoch before it had it', { memberId: 'one', epoch: 1 })
    await commit(version, 'in an epoch to come', { memberId: 'one', epoch: 3 })
    await commit(version, 'without an epoch', { memberId: 'one' })
    await commit(version, 'nobody', { memberId: 'nobody', epoch: 2 })
    await commit(version, 'an epoch without a member', { epoch: 2 })
    await commit(version, 'from outside', {})
    await commit(version, 'of no group, in an epoch', { groupId: none, memberId: 'one', epoch: 2 })
    await commit(version, 'of a partition that there is not', { memberId: 'one', epoch: 2 }, [9])
    if (version >= 10)
      await commit(version, 'of a topic that there is not', { memberId: 'one', epoch: 2 }, [0], unknownTopicId)
  }
  for (const version of since(session, OffsetFetch, fetchersSince)) {
    await fetch(version, 'in its epoch', { memberId: 'one', epoch: 2 })
    await fetch(version, 'in another epoch', { memberId: 'one', epoch: 1 })
    await fetch(version, 'in an epoch to come', { memberId: 'one', epoch: 3 })
    await fetch(version, 'without an epoch', { memberId: 'one' })
    await fetch(version, 'nobody', { memberId: 'nobody', epoch: 2 })
    await fetch(version, 'an empty name', { memberId: '', epoch: 2 })
    await fetch(version, 'from outside', {})
    await fetch(version, 'without a name', { epoch: 2 })
    await fetch(version, 'of no group', { groupId: none, memberId: 'one', epoch: 2 })
    await fetch(version, 'of no group, from outside', { groupId: none })
    if (version >= 10)
      await fetch(version, 'of a topic that there is not', { memberId: 'one', epoch: 2 }, unknownTopicId)
  }
  const named = [{ name: topic, partitions: [{ partitionIndex: 0 }] }]
  await session.send(OffsetDelete, 0, { groupId, topics: named }, 'of a topic that is consumed')
  await beat('leaves', { memberId: 'one', memberEpoch: -1 })
  for (const version of since(session, OffsetCommit, epochsSince)) {
    await commit(version, 'from outside, once it is empty', {})
    await commit(version, 'of a member, once it is empty', { memberId: 'one', epoch: 2 })
  }
  await session.send(OffsetDelete, 0, { groupId, topics: named }, 'once it is empty')
  await session.send(DeleteGroups, 2, { groupsNames: [groupId] }, 'once it is empty')
  for (const version of session.versions(ConsumerGroupDescribe))
    await session.send(ConsumerGroupDescribe, version, { groupIds: [groupId] }, 'deleted')
}

async function ofInstances(session: Session): Promise<void> {
  const { beat, joining, commit, fetch } = await offsetsOf(session, 'commits-static')
  await beat('joins', { ...joining, memberId: 'one', instanceId: 'first' })
  const all = (label: string, who: Who) =>
    since(session, OffsetCommit, epochsSince).map(version => () => commit(version, label, who))
  const asked = (label: string, who: Who) =>
    since(session, OffsetFetch, fetchersSince).map(version => () => fetch(version, label, who))
  const inTurn = async (requests: (() => Promise<unknown>)[]) => {
    for (const request of requests) await request()
  }
  await inTurn(all('by its instance', { memberId: 'one', epoch: 2, instanceId: 'first' }))
  await inTurn(all('by another instance', { memberId: 'one', epoch: 2, instanceId: 'second' }))
  await inTurn(all('another by its instance', { memberId: 'two', epoch: 2, instanceId: 'first' }))
  await beat('leaves for a while', { memberId: 'one', memberEpoch: -2, instanceId: 'first' })
  const before = { memberId: 'one', epoch: 2 }
  await inTurn(all('who has left for a while', before))
  await inTurn(asked('who has left for a while', before))
  await inTurn(all('who has left for a while, by the epoch of that', { memberId: 'one', epoch: -2 }))
  await beat('comes back by another name', { ...joining, memberId: 'two', instanceId: 'first' })
  await inTurn(all('whose place another has', before))
  await inTurn(asked('whose place another has', before))
  await inTurn(all('who has the place', { memberId: 'two', epoch: 2 }))
  await inTurn(asked('who has the place', { memberId: 'two', epoch: 2 }))
}

async function behindItsEpoch(session: Session): Promise<void> {
  for (const version of since(session, OffsetCommit, epochsSince)) {
    const { topicId, beat, joining, commit } = await offsetsOf(session, `behind-${version}`)
    const at = (label: string, partitions: number[], epoch: number) =>
      commit(version, label, { memberId: 'one', epoch }, partitions)
    const owned = (...partitions: number[]) => ({ topicPartitions: [{ topicId, partitions }] })
    await beat('joins', { ...joining, memberId: 'one' })
    await nextAssignment()
    await beat('another joins', { ...joining, memberId: 'two' })
    await beat('hears', { memberId: 'one', memberEpoch: 2, ...owned(0, 1) })
    await at('what it has and what it must give up', [0, 1], 2)
    await beat('gives up', { memberId: 'one', memberEpoch: 2, ...owned(0) })
    await at('what it has had since', [0], 2)
    await at('what it has given up', [1], 2)
    await at('both', [0, 1], 2)
    await at('an epoch of before', [0], 1)
  }
}

/** A member of the classic protocol in a consumer group has a generation for its epoch. */
async function ofClassicMember(session: Session): Promise<void> {
  const { groupId, topic, beat, joining, commit, fetch } = await offsetsOf(session, 'commits-classic')
  await beat('joins', { ...joining, memberId: 'one' })
  await nextAssignment()
  const { memberId, generationId } = await join(session, 3, groupId, 'a classic member', classicOf(topic))
  const epoch = generationId
  for (const version of since(session, OffsetCommit, commitsSince)) {
    await commit(version, 'of its generation', { memberId, epoch })
    await commit(version, 'of a generation to come', { memberId, epoch: epoch + 1 })
    await commit(version, 'of a generation before it had it', { memberId, epoch: epoch - 1 })
  }
  for (const version of since(session, OffsetFetch, fetchersSince)) {
    await fetch(version, 'of its generation', { memberId, epoch })
    await fetch(version, 'of a generation to come', { memberId, epoch: epoch + 1 })
    await fetch(version, 'of a generation before', { memberId, epoch: epoch - 1 })
  }
}

async function transactional(session: Session): Promise<void> {
  for (const version of since(session, TxnOffsetCommit, txnMembersSince)) {
    const { groupId, topic, topicId, beat, joining } = await world(session, `in-transactions-${version}`)
    await beat('joins', { ...joining, memberId: 'one', instanceId: 'first' })
    const producer = await Producer.begin(session, `in-transactions-${version}`)
    if (version < txnAddsSince) await producer.addOffsets(3, groupId, `of version ${version}`)
    const commit = (label: string, who: Who) => {
      const { memberId = '', epoch: generationIdOrMemberEpoch = -1, instanceId: groupInstanceId = null } = who
      const member = { memberId, generationIdOrMemberEpoch, groupInstanceId }
      return producer.commitOffset(version, who.groupId ?? groupId, { name: topic, topicId }, label, member)
    }
    await commit('in its epoch', { memberId: 'one', epoch: 2 })
    await commit('in an epoch before it had it', { memberId: 'one', epoch: 1 })
    await commit('in an epoch to come', { memberId: 'one', epoch: 3 })
    await commit('without an epoch', { memberId: 'one' })
    await commit('nobody', { memberId: 'nobody', epoch: 2 })
    await commit('an epoch without a member', { epoch: 2 })
    await commit('by another instance', { memberId: 'one', epoch: 2, instanceId: 'second' })
    await commit('another by its instance', { memberId: 'two', epoch: 2, instanceId: 'first' })
    await commit('from outside', {})
    await producer.end(version < txnAddsSince ? 4 : 5, false, `of version ${version}`)
    await producer.completed()
  }
}

export const offsetCases: readonly Case[] = [
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
  { name: 'consumer groups: offsets of static members', run: ofInstances },
  { name: 'consumer groups: commits behind the epoch', run: behindItsEpoch },
  { name: 'consumer groups: offsets of a classic member', run: ofClassicMember },
  { name: 'consumer groups: offsets in transactions', run: transactional },
]
