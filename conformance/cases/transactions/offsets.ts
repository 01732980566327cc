/** TxnOffsetCommit at every version, by members and others, and what OffsetFetch tells of it. */
import { OffsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import { TxnOffsetCommit } from '../../../protocol/messages/txn-offset-commit.ts'
import type { Session } from '../../session.ts'
import { type Case, unknownTopicId } from '../case.ts'
import { coordinator, join } from '../groups.ts'
import { coordinators, Producer, type Topic, topicOf } from './producer.ts'

/** First versions that know of members, add the group by themselves, and name topics by their ids. */
const [membersSince, addsSince, idsSince] = [3, 5, 6]

async function look(session: Session, groupId: string, { name, topicId }: Topic, label: string): Promise<void> {
  const partitionIndexes = [0, 1]
  for (const requireStable of [false, true]) {
    const stable = requireStable ? `${label}, stable` : label
    await session.send(OffsetFetch, 7, { groupId, requireStable, topics: [{ name, partitionIndexes }] }, stable)
    await session.send(OffsetFetch, 7, { groupId, requireStable, topics: null }, `${stable}, all`)
    const groups = [{ groupId, topics: [{ topicId, partitionIndexes }] }]
    await session.send(OffsetFetch, 10, { requireStable, groups }, stable)
  }
}

async function everyVersion(session: Session): Promise<void> {
  const topic = await topicOf(session, 'topic')
  await coordinators(session, [session.name('unknown')])
  for (const version of session.versions(TxnOffsetCommit)) {
    const endVersion = version >= addsSince ? 5 : 4
    const groupId = session.name(`group-v${version}`)
    await coordinator(session, groupId)
    const producer = await Producer.begin(session, `v${version}`)
    const commit = (label: string, by: Producer = producer, more = {}) =>
      by.commitOffset(version, groupId, topic, label, more)
    if (version < addsSince) await commit('not added')
    await commit('by a greater epoch, not open', producer.as({ producerEpoch: producer.producerEpoch + 1 }))
    await commit('by another producer, not open', producer.as({ producerId: producer.producerId + 1_000_000 }))
    await commit('by an unknown id, not open', producer.as({ transactionalId: session.name('unknown') }))
    await commit('by an empty id, not open', producer.as({ transactionalId: '' }))
    if (version < addsSince) await producer.addOffsets(3, groupId, `v${version}`)
    await commit('the first')
    await commit('again')
    await look(session, groupId, topic, `open, v${version}`)
    await commit('by a greater epoch', producer.as({ producerEpoch: producer.producerEpoch + 1 }))
    await commit('by another producer', producer.as({ producerId: producer.producerId + 1_000_000 }))
    const missing = version >= idsSince ? { topicId: unknownTopicId } : { name: session.name('missing') }
    const known = version >= idsSince ? { topicId: topic.topicId } : { name: topic.name }
    const offset = (partitionIndex: number, more = {}) => ({
      partitionIndex,
      committedOffset: 5,
      committedMetadata: '',
      ...more,
    })
    await commit('what is not there', producer, {
      topics: [
        { ...missing, partitions: [offset(0)] },
        { ...known, partitions: [offset(1), offset(2), offset(-1)] },
      ],
    })
    await commit('odd values', producer, {
      topics: [
        {
          ...known,
          partitions: [
            offset(0, { committedMetadata: 'x'.repeat(4097) }),
            offset(1, { committedOffset: -7, committedMetadata: null, committedLeaderEpoch: 9 }),
          ],
        },
      ],
    })
    await commit('no topics', producer, { topics: [] })
    await commit('no partitions', producer, { topics: [{ ...known, partitions: [] }] })
    await commit('an empty group id', producer, { groupId: '' })
    if (version >= membersSince) {
      await commit('a member that there is not', producer, { memberId: 'nobody', generationIdOrMemberEpoch: 1 })
      await commit('a generation without a member', producer, { generationIdOrMemberEpoch: 1 })
      await commit('an instance that there is not', producer, { groupInstanceId: 'nobody', memberId: 'nobody' })
    }
    await producer.end(endVersion, true, `commit, v${version}`)
    await producer.completed()
    await look(session, groupId, topic, `committed, v${version}`)
    if (version < addsSince) await commit('after the commit, not added')
    else {
      await commit('the next')
      await look(session, groupId, topic, `the next, open, v${version}`)
    }
    if (version < addsSince) await producer.addOffsets(3, groupId, `the next, v${version}`)
    await producer.end(endVersion, false, `abort, v${version}`)
    await producer.completed()
    await look(session, groupId, topic, `aborted, v${version}`)
  }
}

async function members(session: Session): Promise<void> {
  const topic = await topicOf(session, 'topic')
  for (const version of session.versions(TxnOffsetCommit).filter(each => each >= membersSince)) {
    const groupId = session.name(`group-v${version}`)
    await coordinator(session, groupId)
    const { memberId, generationId } = await join(session, 5, groupId, 'alone')
    const producer = await Producer.begin(session, `v${version}`)
    await producer.addOffsets(3, groupId, `v${version}`)
    const commit = (label: string, more: object) => producer.commitOffset(version, groupId, topic, label, more)
    await commit('nobody', {})
    await commit('a member before it is synchronised', { memberId, generationIdOrMemberEpoch: generationId })
    await commit('an old generation', { memberId, generationIdOrMemberEpoch: generationId - 1 })
    await commit('a coming generation', { memberId, generationIdOrMemberEpoch: generationId + 1 })
    await commit('a member without a generation', { memberId })
    await commit('another member', { memberId: 'nobody', generationIdOrMemberEpoch: generationId })
    await commit('an instance that there is not', {
      memberId,
      generationIdOrMemberEpoch: generationId,
      groupInstanceId: 'i',
    })
    await producer.end(4, false, `v${version}`)
    await producer.completed()
  }
}

export const offsetCases: readonly Case[] = [
  { name: 'transactions: offsets at every version', run: everyVersion },
  { name: 'transactions: offsets of members', run: members },
]
