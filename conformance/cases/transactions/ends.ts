/** EndTxn in every state, time-outs, and what is left of deleted topics. */
import { AddPartitionsToTxn } from '../../../protocol/messages/add-partitions-to-txn.ts'
import { DeleteTopics } from '../../../protocol/messages/delete-topics.ts'
import { DescribeTransactions } from '../../../protocol/messages/describe-transactions.ts'
import { EndTxn } from '../../../protocol/messages/end-txn.ts'
import { ListTransactions } from '../../../protocol/messages/list-transactions.ts'
import type { Session } from '../../session.ts'
import type { Case } from '../case.ts'
import { coordinators, Producer, producing, type Topic, topicOf } from './producer.ts'

const raisesSince = 5

/** Opens a transaction as clients of a version of EndTxn do. */
async function open(producer: Producer, version: number, topic: Topic, label: string): Promise<void> {
  if (version >= raisesSince) await producer.send(12, topic, label)
  else await producer.add(3, [{ name: topic.name, partitions: [0] }], label)
}

async function describe(producer: Producer, label: string): Promise<void> {
  const { session, transactionalId, producerId } = producer
  await session.send(DescribeTransactions, 0, { transactionalIds: [transactionalId] }, label)
  await session.send(ListTransactions, 1, { producerIdFilters: [producerId] }, label)
}

async function everyState(session: Session): Promise<void> {
  const topic = await topicOf(session, 'topic')
  await coordinators(session, [session.name('unknown')])
  for (const version of session.versions(EndTxn)) {
    const at = (label: string) => `${label}, v${version}`
    for (const committed of [true, false]) {
      const producer = await Producer.begin(session, `v${version}-${committed}`)
      const word = committed ? 'commit' : 'abort'
      await describe(producer, at(`empty, before ${word}`))
      await producer.end(version, committed, `${word} of nothing`)
      if (!committed && version >= raisesSince) await producer.completed()
      await open(producer, version, topic, at(`before ${word}`))
      await describe(producer, at(`open, before ${word}`))
      for (const [label, other] of [
        ['an empty id', { transactionalId: '' }],
        ['an unknown id', { transactionalId: session.name('unknown') }],
        ['another producer', { producerId: producer.producerId + 1_000_000 }],
        ['a greater epoch', { producerEpoch: producer.producerEpoch + 1 }],
        ['nobody', { producerId: -1, producerEpoch: -1 }],
      ] as const)
        await producer.as(other).end(version, committed, `${word} by ${label}`)
      const before = producer.as({})
      await producer.end(version, committed, word)
      await producer.completed()
      await describe(producer, at(`after ${word}`))
      await before.as({}).end(version, committed, `${word} again`)
      await before.as({}).end(version, !committed, `the opposite of ${word}`)
      if (version >= raisesSince) {
        // Kafka takes an abort as one of the next transaction, which is empty.
        await producer.as({}).end(version, true, `commit by the epoch that ${word} gave`)
        await producer.end(version, false, `abort by the epoch that ${word} gave`)
        await producer.completed()
        await before.as({}).end(version, committed, `${word} by an epoch that is long over`)
      }
      await open(producer, version, topic, at(`next after ${word}`))
      await producer.end(version, true, `commit of the next after ${word}`)
      await producer.completed()
    }
  }
}

/** Kafka looks for them every ten seconds. */
const abortedMsMax = 30_000

async function timeout(session: Session): Promise<void> {
  const topic = await topicOf(session, 'topic')
  const producers: [number, Producer, Producer][] = []
  for (const version of [4, 5]) {
    for (const name of ['commits', 'aborts']) {
      const producer = await Producer.begin(session, `${name}-v${version}`, 500)
      await open(producer, version, topic, `open, v${version}`)
      producers.push([version, producer, producer.as({})])
    }
  }
  for (const [, producer] of producers) await producer.completed(abortedMsMax)
  for (const [i, [version, producer, before]] of producers.entries()) {
    const committed = i % 2 === 0
    const at = (label: string) => `${label} after a time-out, ${committed ? 'commits' : 'aborts'}, v${version}`
    await describe(producer, at('described'))
    await producer.as({}).add(3, [{ name: topic.name, partitions: [1] }], at('added'))
    const [claim] = [{ ...producer.claim, topics: [{ name: topic.name, partitions: [1] }] }]
    await session.send(AddPartitionsToTxn, 5, { transactions: [claim] }, at('added'))
    await producer.as({}).send(version === 4 ? 11 : 12, topic, at('sent'))
    await producer.as({}).end(version, committed, at('ended'))
    await before.init(4, at('goes on'))
    await before.end(version, committed, at('ended, gone on'))
  }
}

async function deleted(session: Session): Promise<void> {
  for (const version of [4, 5]) {
    const topic = await topicOf(session, `topic-v${version}`)
    const kept = await topicOf(session, `kept-v${version}`)
    const producer = await Producer.begin(session, `v${version}`)
    await open(producer, version, topic, `to be deleted, v${version}`)
    await open(producer, version, kept, `to be kept, v${version}`)
    await session.prepare(DeleteTopics, 5, { topicNames: [topic.name], timeoutMs: 10_000 })
    await producer.end(version, true, 'of a topic that is deleted')
    await producer.completed()
    await describe(producer, `after the topic was deleted, v${version}`)
  }
}

export const endCases: readonly Case[] = [
  { name: 'transactions: ended in every state', run: everyState },
  { name: 'transactions: out of time', run: timeout, differs: producing },
  { name: 'transactions: over a topic that is deleted', run: deleted },
]
