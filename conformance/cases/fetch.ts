/** Fetch: ranges, limits, sessions. */
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import type { ClientRequestOf } from '../../protocol/schema.ts'
import type { Loose, Session } from '../session.ts'
import { batchOf, type Case, unknownTopicId } from './case.ts'

type FetchPartition = Loose<ClientRequestOf<typeof Fetch>['topics'][number]['partitions'][number]>

/** Topics are named up to here, and have ids from the next on. */
const named = 12

async function fill(session: Session, name: string, batches: number, compression: Codec = 'none'): Promise<void> {
  for (let i = 0; i < batches; i++) {
    const records = batchOf([`${i} first`, `${i} second`], { compression, timestamp: 1_600_000_000_000 + 10 * i })
    await session.prepare(Produce, 9, {
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name, partitionData: [{ index: 0, records }] }],
    })
  }
}

async function fetch(
  session: Session,
  name: string,
  label: string,
  partition: FetchPartition = {},
  extra: Loose<ClientRequestOf<typeof Fetch>> = {},
): Promise<number> {
  const topics = [
    { topic: name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20, ...partition }] },
  ]
  const { sessionId } = await session.send(Fetch, named, { maxWaitMs: 0, minBytes: 0, topics, ...extra }, label)
  return sessionId
}

async function atEachVersion(session: Session): Promise<void> {
  const name = session.name('each')
  const topicId = await session.topic(name)
  await fill(session, name, 3)
  for (const version of session.versions(Fetch)) {
    const partitions = [{ partition: 0, fetchOffset: 2, partitionMaxBytes: 1 << 20 }]
    const topic = version > named ? { topicId, partitions } : { topic: name, partitions }
    await session.send(Fetch, version, { maxWaitMs: 0, minBytes: 0, topics: [topic] })
    const unknown =
      version > named ? { topicId: unknownTopicId, partitions } : { topic: session.name('unknown'), partitions }
    await session.send(Fetch, version, { maxWaitMs: 0, minBytes: 0, topics: [unknown] }, 'unknown topic')
  }
}

async function ranges(session: Session): Promise<void> {
  const name = session.name('ranges')
  await session.topic(name)
  await fill(session, name, 5)
  for (const fetchOffset of [0, 1, 2, 9, 10, 11, -1]) await fetch(session, name, `from ${fetchOffset}`, { fetchOffset })
  await fetch(session, name, 'one byte for the partition', { partitionMaxBytes: 1 })
  await fetch(session, name, 'one byte in all', {}, { maxBytes: 1 })
  await fetch(session, name, 'unknown partition', { partition: 7 })
  await fetch(session, name, 'an epoch of the future', { currentLeaderEpoch: 99 })
  await fetch(session, name, 'read committed', {}, { isolationLevel: 1 })
}

/** A broker that is no replica is told who leads (KIP-951). */
async function asReplica(session: Session): Promise<void> {
  const name = session.name('replica')
  const topicId = await session.topic(name)
  await fill(session, name, 1)
  const topics = [{ topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }]
  for (const version of session.versions(Fetch).filter(version => version > named)) {
    for (const replicaId of [1, 5]) {
      const replica = version < 15 ? { replicaId } : { replicaState: { replicaId, replicaEpoch: -1 } }
      await session.send(Fetch, version, { maxWaitMs: 0, minBytes: 0, topics, ...replica }, `node ${replicaId}`)
    }
  }
}

async function codecs(session: Session): Promise<void> {
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const name = session.name(codec)
    await session.topic(name)
    await fill(session, name, 1, codec)
    await fetch(session, name, codec, { fetchOffset: 1 })
  }
}

/** A partition that is named more than once is read once. */
async function twice(session: Session): Promise<void> {
  const name = session.name('twice')
  await session.topic(name, 2)
  await fill(session, name, 2)
  const partition = (index: number, fetchOffset: number) => ({
    partition: index,
    fetchOffset,
    partitionMaxBytes: 1 << 20,
  })
  for (const sessionEpoch of [-1, 0]) {
    for (const last of [0, 2, 99]) {
      const partitions = [partition(0, 0), partition(1, 0), partition(0, last)]
      await fetch(session, name, `again from ${last}`, {}, { sessionEpoch, topics: [{ topic: name, partitions }] })
    }
  }
}

/** Fetch sessions (KIP-227): full, incremental, forgotten, and wrong epochs. */
async function sessions(session: Session): Promise<void> {
  const name = session.name('sessions')
  await session.topic(name, 2)
  await fill(session, name, 2)
  const partition = (index: number, fetchOffset: number) => ({
    partition: index,
    fetchOffset,
    partitionMaxBytes: 1 << 20,
  })
  const ask = (label: string, request: Loose<ClientRequestOf<typeof Fetch>>) =>
    session.send(Fetch, named, { maxWaitMs: 0, minBytes: 0, ...request }, label)
  const { sessionId } = await ask('a new session', {
    sessionEpoch: 0,
    topics: [{ topic: name, partitions: [partition(0, 0), partition(1, 0)] }],
  })
  await ask('nothing new', { sessionId, sessionEpoch: 1, topics: [{ topic: name, partitions: [partition(0, 4)] }] })
  await fill(session, name, 1)
  await ask('what came since', { sessionId, sessionEpoch: 2 })
  await ask('a partition forgotten', {
    sessionId,
    sessionEpoch: 3,
    forgottenTopicsData: [{ topic: name, partitions: [0] }],
  })
  await ask('an epoch skipped', { sessionId, sessionEpoch: 9 })
  await ask('an unknown session', { sessionId: sessionId ^ 0x1234567, sessionEpoch: 4 })
  await ask('the session closed', { sessionId, sessionEpoch: -1 })
  await ask('after its end', { sessionId, sessionEpoch: 5 })
}

/** A fetch that waits is answered when there is enough, or its time is over. */
async function waiting(session: Session): Promise<void> {
  const name = session.name('waiting')
  await session.topic(name)
  const begin = performance.now()
  await fetch(session, name, 'until the time is over', {}, { maxWaitMs: 300, minBytes: 1 })
  session.note('Fetch', named, 'waited', { longEnough: performance.now() - begin >= 290 })
  const reader = await session.connect()
  const topics = [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }]
  const answer = session.send(
    Fetch,
    named,
    { maxWaitMs: 20_000, minBytes: 1, topics },
    'until there is something',
    reader,
  )
  await fill(session, name, 1)
  await answer
  await reader.close()
}

/** The last two batches of `atEachVersion`, converted to message formats 0 and 1. */
const formats = [
  'AAAAAAAAAAIAAAAVtu22JgAA/////wAAAAcxIGZpcnN0AAAAAAAAAAMAAAAWToADSgAA/////wAAAAgxIHNlY29uZAAAAAAAAAAEAAAAFYcFrLsAAP////8AAAAHMiBmaXJzdAAAAAAAAAAFAAAAFsAPBKkAAP////8AAAAIMiBzZWNvbmQ=',
  'AAAAAAAAAAIAAAAdTUUS4wEAAAABdIdugAr/////AAAABzEgZmlyc3QAAAAAAAAAAwAAAB4i01aSAQAAAAF0h26AC/////8AAAAIMSBzZWNvbmQAAAAAAAAABAAAAB26CMBLAQAAAAF0h26AFP////8AAAAHMiBmaXJzdAAAAAAAAAAFAAAAHvopMJoBAAAAAXSHboAV/////wAAAAgyIHNlY29uZA==',
] as const

export const fetchCases: readonly Case[] = [
  {
    name: 'Fetch at every version',
    run: atEachVersion,
    differs: [0, 1, 2, 3].map(version => ({
      answer: `Fetch v${version}`,
      path: 'responses[0].partitions.0.records',
      ours: formats[version < 2 ? 0 : 1],
      reason:
        '**Fetch** below version 4: converted records end where they end; Kafka fills up to the size of the batches with one that is cut short',
    })),
  },
  { name: 'Fetch: ranges and limits', run: ranges },
  { name: 'Fetch: by a broker that is no replica', run: asReplica },
  { name: 'Fetch: compressed batches', run: codecs },
  { name: 'Fetch: a partition named twice', run: twice },
  { name: 'Fetch sessions', run: sessions },
  { name: 'Fetch waits', run: waiting },
]
