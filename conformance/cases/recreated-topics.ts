/** A topic that is deleted and made again: what clients are answered that still go by the id, the sessions, the epochs and the offsets of the former. */
import { ConsumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { OffsetForLeaderEpoch } from '../../protocol/messages/offset-for-leader-epoch.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import type { ClientRequestOf } from '../../protocol/schema.ts'
import { until } from '../scenario.ts'
import type { Loose, Session } from '../session.ts'
import { batchOf, type Case, type Difference } from './case.ts'
import { nextAssignment, seen, world } from './consumer-group-world.ts'
import { coordinator } from './groups.ts'

/** The last version of Fetch that names topics. */
const fetchNamed = 12
/** The first version of OffsetCommit and OffsetFetch that go by ids. */
const offsetsById = 10

async function append(session: Session, name: string, values: readonly string[]): Promise<void> {
  const partitionData = [{ index: 0, records: batchOf(values) }]
  await session.prepare(Produce, 9, { acks: -1, timeoutMs: 10_000, topicData: [{ name, partitionData }] })
}

async function remove(session: Session, name: string): Promise<void> {
  await session.prepare(DeleteTopics, 5, { topicNames: [name], timeoutMs: 10_000 })
  await until(`${name} gone`, async () => {
    const [topic] = (await session.prepare(Metadata, 10, { topics: [{ name }], allowAutoTopicCreation: false })).topics
    return topic!.errorCode === 0 ? undefined : true
  })
  return seen()
}

/** Two topics, of which one is still there and the other is then deleted and made again with fewer records. */
async function twoTopics(session: Session, what: string) {
  const [name, other] = [session.name(what), session.name(`${what}-other`)]
  const ids = { before: await session.topic(name), other: await session.topic(other), after: '' }
  await append(session, name, ['one', 'two', 'three'])
  await append(session, other, ['first', 'second'])
  const again = async () => {
    ids.after = await session.topic(name)
    await append(session, name, ['anew'])
  }
  return { name, other, ids, again }
}

async function fetched(session: Session, version: number): Promise<void> {
  const { name, other, ids, again } = await twoTopics(session, `fetch-v${version}`)
  const entry = (topic: string, topicId: string, fetchOffset: number, more = {}) => {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20, ...more }]
    return version > fetchNamed ? { topicId, partitions } : { topic, partitions }
  }
  const ask = (label: string, request: Loose<ClientRequestOf<typeof Fetch>>) =>
    session.send(Fetch, version, { maxWaitMs: 0, minBytes: 0, ...request }, label)
  const { sessionId } = await ask('a session', {
    sessionEpoch: 0,
    topics: [entry(name, ids.before, 3), entry(other, ids.other, 2)],
  })
  await remove(session, name)
  await ask('the session while the topic is gone', { sessionId, sessionEpoch: 1 })
  await ask('the topic that is gone', { topics: [entry(name, ids.before, 3)] })
  const alone = await ask('a session of the topic that is gone', {
    sessionEpoch: 0,
    topics: [entry(name, ids.before, 0)],
  })
  await again()
  await ask('the session after it was made again', { sessionId, sessionEpoch: 2 })
  await ask('once more', { sessionId, sessionEpoch: 3 })
  await ask('the former, in the session', { sessionId, sessionEpoch: 4, topics: [entry(name, ids.before, 0)] })
  await ask('the new one, in the session', { sessionId, sessionEpoch: 5, topics: [entry(name, ids.after, 0)] })
  await ask('the former, outside', { topics: [entry(name, ids.before, 0)] })
  await ask('the new one, outside', { topics: [entry(name, ids.after, 0)] })
  await ask('beyond the end of the new one', { topics: [entry(name, ids.after, 3)] })
  await ask('by the epoch of the former', { topics: [entry(name, ids.after, 0, { currentLeaderEpoch: 7 })] })
  await ask('from behind its epochs', { topics: [entry(name, ids.after, 1, { lastFetchedEpoch: 0 })] })
  if (alone.sessionId !== 0)
    await ask('the session that began without it', { sessionId: alone.sessionId, sessionEpoch: 1 })
  const forgotten = version > fetchNamed ? { topicId: ids.before } : { topic: name }
  await ask('the former is forgotten', {
    ...{ sessionId, sessionEpoch: 6 },
    forgottenTopicsData: [{ ...forgotten, partitions: [0] }],
  })
  await ask('after that', { sessionId, sessionEpoch: 7 })
}

async function inSessions(session: Session): Promise<void> {
  // The first with sessions, with epochs of what was fetched last, with ids, and the newest.
  for (const version of [7, 12, 13, session.latest(Fetch)]) await fetched(session, version)
}

async function looked(session: Session): Promise<void> {
  const { name, ids, again } = await twoTopics(session, 'looked')
  await remove(session, name)
  await again()
  for (const version of session.versions(Metadata).filter(version => version >= 12)) {
    const topics = [{ topicId: ids.before, name: null }]
    await session.send(Metadata, version, { topics, allowAutoTopicCreation: false }, 'the former, by its id')
  }
  for (const [currentLeaderEpoch, leaderEpoch] of [
    [-1, 0],
    [0, 0],
    [0, 5],
    [5, 0],
  ] as const) {
    const partitions = [{ partition: 0, currentLeaderEpoch, leaderEpoch }]
    const label = `epoch ${leaderEpoch} by who knows ${currentLeaderEpoch}`
    await session.send(OffsetForLeaderEpoch, 4, { topics: [{ topic: name, partitions }] }, label)
    const listed = [{ partitionIndex: 0, currentLeaderEpoch, timestamp: -1 }]
    await session.send(ListOffsets, 7, { replicaId: -1, topics: [{ name, partitions: listed }] }, label)
  }
  await session.send(
    DeleteTopics,
    6,
    { topics: [{ topicId: ids.before, name: null }], timeoutMs: 10_000 },
    'the former',
  )
}

async function committed(session: Session): Promise<void> {
  const { name, ids, again } = await twoTopics(session, 'committed')
  const groupId = session.name('group')
  await coordinator(session, groupId)
  const commit = async (version: number, topicId: string, committedOffset: number, label: string) => {
    const topics = [{ name, topicId, partitions: [{ partitionIndex: 0, committedOffset }] }]
    await session.send(OffsetCommit, version, { groupId, memberId: '', topics }, label)
  }
  const look = async (label: string) => {
    for (const version of [offsetsById - 1, offsetsById]) {
      for (const topicId of version === offsetsById ? [ids.before, ids.after] : [ids.after]) {
        const topics = [{ name, topicId, partitionIndexes: [0] }]
        const which = topicId === ids.before ? 'the former' : 'the new one'
        await session.send(OffsetFetch, version, { groups: [{ groupId, topics }] }, `${label}, of ${which}`)
      }
      await session.send(OffsetFetch, version, { groups: [{ groupId, topics: null }] }, `${label}, of all`)
    }
  }
  await commit(offsetsById, ids.before, 3, 'of the former')
  await remove(session, name)
  await again()
  await look('after it was made again')
  await commit(offsetsById, ids.before, 2, 'of the former, too late')
  await look('after that')
  await commit(offsetsById - 1, ids.after, 1, 'by its name')
  await look('after the name')
  await commit(offsetsById, ids.after, 1, 'of the new one')
  await look('in the end')
}

async function assigned(session: Session): Promise<void> {
  const { topic, topicId, beat, joining, describe } = await world(session, 'assigned')
  await beat('joins', { ...joining, memberId: 'one' })
  await beat('has them', { memberId: 'one', memberEpoch: 2, topicPartitions: [{ topicId, partitions: [0, 1] }] })
  await remove(session, topic)
  await nextAssignment()
  const gone = await beat('the topic is gone', {
    ...{ memberId: 'one', memberEpoch: 2, topicPartitions: [{ topicId, partitions: [0, 1] }] },
  })
  await describe('the topic is gone')
  const given = await beat('gave them up', { memberId: 'one', memberEpoch: gone.memberEpoch, topicPartitions: [] })
  const anew = await session.topic(topic, 2)
  await nextAssignment()
  await seen()
  const again = await beat('the topic is there again', {
    ...{ memberId: 'one', memberEpoch: given.memberEpoch, topicPartitions: [] },
  })
  session.note(ConsumerGroupHeartbeat.name, 1, 'by the new id', again.assignment?.topicPartitions[0]?.topicId === anew)
  await describe('the topic is there again')
}

/** In a session by ids, a topic that is gone stays so, also when another one has its name. */
const goneInSessions: readonly Difference[] = [13, 18].flatMap(version => {
  const reason =
    '**Fetch** in a session tells UNKNOWN_TOPIC_ID of a topic that is gone, as outside of one; Kafka UNKNOWN_TOPIC_OR_PARTITION, and from when another has its name INCONSISTENT_TOPIC_ID, which some clients pass over'
  const later = [
    'the session after it was made again',
    'once more',
    'the former, in the session',
    'the new one, in the session',
  ]
  const at = (label: string, path: string, ours: unknown) => ({
    ...{ answer: `Fetch v${version} ${label}`, path: `responses[0].partitions.0.${path}`, ours, reason },
  })
  return [
    at('the session while the topic is gone', 'errorCode', 100),
    ...later.flatMap(label => [at(label, 'errorCode', 100), at(label, 'abortedTransactions', [])]),
  ]
})

export const recreatedTopicCases: readonly Case[] = [
  { name: 'topics made again: fetched', run: inSessions, differs: goneInSessions },
  { name: 'topics made again: looked for', run: looked },
  { name: 'topics made again: offsets', run: committed },
  { name: 'topics made again: assigned', run: assigned },
]
