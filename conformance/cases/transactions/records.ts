/** Transactional batches in every state, markers by hand, and what readers of either isolation level see. */
import { DeleteRecords } from '../../../protocol/messages/delete-records.ts'
import { DescribeProducers } from '../../../protocol/messages/describe-producers.ts'
import { Fetch } from '../../../protocol/messages/fetch.ts'
import { ListOffsets } from '../../../protocol/messages/list-offsets.ts'
import { Produce } from '../../../protocol/messages/produce.ts'
import { WriteTxnMarkers } from '../../../protocol/messages/write-txn-markers.ts'
import { readRecords } from '../../../protocol/records/batch.ts'
import { readControlType } from '../../../protocol/records/control.ts'
import * as header from '../../../protocol/records/header.ts'
import type { Session } from '../../session.ts'
import type { Case } from '../case.ts'
import { coordinators, Producer, producing, type Topic, topicOf } from './producer.ts'

/** Since this version a batch adds its partition to the transaction. */
const addsSince = 12

/** What readers see of a partition. */
async function look(session: Session, { name }: Topic, label: string, index = 0, fetchOffset = 0): Promise<void> {
  for (const isolationLevel of [0, 1]) {
    const { responses } = await session.prepare(Fetch, 12, {
      ...{ maxWaitMs: 0, minBytes: 0, isolationLevel },
      topics: [{ topic: name, partitions: [{ partition: index, fetchOffset, partitionMaxBytes: 1_000_000 }] }],
    })
    const { records, ...partition } = responses[0]!.partitions[0]!
    session.note('Fetch', 12, `${label}, isolation ${isolationLevel}`, { ...partition, batches: batchesOf(records) })
    const partitions = [{ partitionIndex: index, timestamp: -1 }]
    const request = { replicaId: -1, isolationLevel, topics: [{ name, partitions }] }
    await session.send(ListOffsets, 6, request, `${label}, isolation ${isolationLevel}`)
  }
  await session.send(DescribeProducers, 0, { topics: [{ name, partitionIndexes: [index] }] }, label)
}

function batchesOf(records: Buffer | null): object[] {
  const found: object[] = []
  for (let at = 0; records && at < records.length; at += header.sizeInBytes(records, at)) {
    found.push({
      producerId: header.producerId(records, at),
      producerEpoch: header.producerEpoch(records, at),
      baseOffset: header.baseOffset(records, at),
      baseSequence: header.baseSequence(records, at),
      isTransactional: header.isTransactional(records, at),
      holds: header.isControl(records, at)
        ? readControlType(records, at)
        : readRecords(records, at).map(({ value }) => String(value)),
    })
  }
  return found
}

async function everyVersion(session: Session): Promise<void> {
  await coordinators(session, [session.name('unknown')])
  for (const version of session.versions(Produce).filter(each => each >= 3)) {
    const topic = await topicOf(session, `topic-v${version}`)
    const adds = version >= addsSince
    const endVersion = adds ? 5 : 4
    const producer = await Producer.begin(session, `v${version}`)
    const send = (label: string, by: Producer = producer, options = {}) => by.send(version, topic, label, options)
    const add = async (label: string) => {
      if (!adds) await producer.add(3, [{ name: topic.name, partitions: [0] }], `${label}, v${version}`)
    }
    if (!adds) await send('not added')
    await send('by a greater epoch, not open', producer.as({ producerEpoch: producer.producerEpoch + 1 }))
    await send('by another producer, not open', producer.as({ producerId: producer.producerId + 1_000_000 }))
    await send('by an unknown id, not open', producer.as({ transactionalId: session.name('unknown') }))
    await send('without a transactional id', producer, { transactionalId: null })
    await send('by an empty id', producer, { transactionalId: '' })
    await add('the first')
    await send('the first')
    await look(session, topic, `open, v${version}`)
    await send('the second')
    if (!adds) await send('another partition, not added', producer, { index: 1 })
    // Kafka refuses what has a sequence number above that of whatever else is being asked about, so this comes first.
    await send('not transactional, while open', producer, { isTransactional: false })
    await send('by a greater epoch', producer.as({ producerEpoch: producer.producerEpoch + 1 }))
    await send('by another producer', producer.as({ producerId: producer.producerId + 1_000_000 }))
    await producer.end(endVersion, true, `commit, v${version}`)
    await producer.completed()
    await look(session, topic, `committed, v${version}`)
    if (!adds) await send('after the commit, not added')
    await add('the next')
    await send('the next')
    const before = producer.as({})
    await producer.end(endVersion, false, `abort, v${version}`)
    await producer.completed()
    await look(session, topic, `aborted, v${version}`)
    await send('after the abort, by the epoch before', before)
  }
}

async function interleaved(session: Session): Promise<void> {
  for (const version of [11, 12]) {
    const topic = await topicOf(session, `topic-v${version}`)
    const endVersion = version >= addsSince ? 5 : 4
    const producers: Producer[] = []
    for (const name of ['a', 'b', 'c']) {
      const producer = await Producer.begin(session, `${name}-v${version}`)
      if (version < addsSince) await producer.add(3, [{ name: topic.name, partitions: [0] }], `${name}, v${version}`)
      await producer.send(version, topic, `first of ${name}`)
      producers.push(producer)
    }
    const [a, b, c] = producers as [Producer, Producer, Producer]
    await b.send(version, topic, 'second of b')
    await look(session, topic, `three are open, v${version}`)
    await b.end(endVersion, false, `b aborts, v${version}`)
    await b.completed()
    await look(session, topic, `b has aborted, v${version}`)
    await a.send(version, topic, 'second of a')
    await a.end(endVersion, true, `a commits, v${version}`)
    await a.completed()
    await look(session, topic, `a has committed, v${version}`)
    await c.end(endVersion, false, `c aborts, v${version}`)
    await c.completed()
    await look(session, topic, `c has aborted, v${version}`)
  }
}

async function beginningsDeleted(session: Session): Promise<void> {
  const topic = await topicOf(session, 'topic')
  const a = await Producer.begin(session, 'a')
  const b = await Producer.begin(session, 'b')
  const deleteTo = (offset: number) =>
    session.prepare(DeleteRecords, 2, {
      topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, offset }] }],
      timeoutMs: 10_000,
    })
  for (const label of ['first of a', 'second of a', 'third of a']) await a.send(12, topic, label)
  await deleteTo(2)
  await look(session, topic, 'a is open, and has lost two records', 0, 2)
  await b.send(12, topic, 'first of b')
  await a.send(12, topic, 'fourth of a')
  await deleteTo(4)
  await look(session, topic, 'a and b are open, and b has lost all', 0, 4)
  await a.end(5, false, 'a aborts')
  await a.completed()
  await look(session, topic, 'a has aborted', 0, 4)
  await b.end(5, true, 'b commits')
  await b.completed()
  await look(session, topic, 'b has committed', 0, 4)
}

async function markers(session: Session): Promise<void> {
  for (const version of session.versions(WriteTxnMarkers)) {
    for (const transactionVersion of version >= 2 ? [0, 1, 2] : [0]) {
      const of = (label: string) => `${label}, protocol ${transactionVersion}`
      const topic = await topicOf(session, `topic-v${version}-${transactionVersion}`)
      const producer = await Producer.begin(session, `v${version}-${transactionVersion}`)
      await producer.init(4, of(`before v${version}`))
      await producer.init(4, of(`again before v${version}`))
      const missing = session.name('missing')
      const write = (label: string, marker: object = {}) => {
        const { producerId, producerEpoch } = producer
        const topics = [{ name: topic.name, partitionIndexes: [0] }]
        const one = {
          producerId,
          producerEpoch,
          transactionResult: true,
          topics,
          coordinatorEpoch: 3,
          transactionVersion,
        }
        return session.send(WriteTxnMarkers, version, { markers: [{ ...one, ...marker }] } as never, of(label))
      }
      const open = async (label: string) => {
        await producer.add(3, [{ name: topic.name, partitions: [0] }], of(`${label}, v${version}`))
        await producer.send(11, topic, of(`${label}, v${version}`))
      }
      await write('nothing is open')
      await write('topics that are not there', { topics: [{ name: missing, partitionIndexes: [0, 1] }] })
      await write('a partition that is not there', { topics: [{ name: topic.name, partitionIndexes: [1, 2, -1] }] })
      await open('the first')
      await write('a smaller epoch', { producerEpoch: producer.producerEpoch - 1 })
      await write('the same epoch', {})
      await look(session, topic, of(`the same epoch, v${version}`))
      if (transactionVersion >= 2) {
        await write('the same epoch, by protocol 1', { transactionVersion: 1 })
        await write('the same epoch, once it is over')
      }
      await open('the second')
      await write('a greater epoch', { producerEpoch: producer.producerEpoch + 1, transactionResult: false })
      await look(session, topic, of(`a greater epoch, v${version}`))
      await producer.send(11, topic, of(`after a marker of a greater epoch, v${version}`))
      const epoch = producer.producerEpoch
      await write('a smaller coordinator epoch', { producerEpoch: epoch + 1, coordinatorEpoch: 2 })
      await write('a negative coordinator epoch', { producerEpoch: epoch + 1, coordinatorEpoch: -1 })
      await write('a greater coordinator epoch', { producerEpoch: epoch + 1, coordinatorEpoch: 4 })
      await write('the coordinator epoch before', { producerEpoch: epoch + 2, coordinatorEpoch: 3 })
      await write('an unknown producer', { producerId: producer.producerId + 1_000_000 })
      await write('no topics', { topics: [] })
      await write('no partitions', { topics: [{ name: topic.name, partitionIndexes: [] }] })
      const { producerId, producerEpoch } = producer
      const marker = { producerId, producerEpoch: producerEpoch + 9, coordinatorEpoch: 9, transactionVersion }
      const at = (...partitionIndexes: number[]) => [{ name: topic.name, partitionIndexes }]
      const markers = [
        { ...marker, transactionResult: true, topics: at(0, 5) },
        { ...marker, transactionResult: true, topics: at(0, 1, 6) },
        { ...marker, producerId: producerId + 1_000_000, transactionResult: false, topics: at(1) },
      ]
      await session.send(WriteTxnMarkers, version, { markers } as never, of('several'))
      await look(session, topic, of(`at last, v${version}`))
    }
    await session.send(WriteTxnMarkers, version, { markers: [] }, 'no markers')
  }
}

export const recordCases: readonly Case[] = [
  { name: 'transactions: produced to at every version', run: everyVersion, differs: producing },
  { name: 'transactions: several in one partition', run: interleaved },
  { name: 'transactions: their beginnings were deleted', run: beginningsDeleted },
  {
    name: 'transactions: markers',
    run: markers,
    differs: [
      ...producing,
      {
        answer: 'Produce v11 after a marker of a greater epoch*',
        path: '*logStartOffset',
        ours: 0,
        reason: '**Produce** tells the start of the log also where a transactional batch comes with an old epoch',
      },
    ],
  },
]
