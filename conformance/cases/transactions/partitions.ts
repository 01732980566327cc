/** AddPartitionsToTxn and AddOffsetsToTxn. */
import { AddOffsetsToTxn } from '../../../protocol/messages/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../../protocol/messages/add-partitions-to-txn.ts'
import type { Session } from '../../session.ts'
import type { Case } from '../case.ts'
import { coordinator } from '../groups.ts'
import { coordinators, Producer, type Topic, topicOf } from './producer.ts'

const byBrokersSince = 4

/** Claims that are wrong, in words. */
function wrong(session: Session, producer: Producer): [string, Producer][] {
  return [
    ['an empty id', producer.as({ transactionalId: '' })],
    ['an unknown id', producer.as({ transactionalId: session.name('unknown') })],
    ['another producer', producer.as({ producerId: producer.producerId + 1_000_000 })],
    ['a greater epoch', producer.as({ producerEpoch: producer.producerEpoch + 1 })],
    ['a smaller epoch', producer.as({ producerEpoch: producer.producerEpoch - 1 })],
    ['nobody', producer.as({ producerId: -1, producerEpoch: -1 })],
  ]
}

function topicLists(session: Session, topic: Topic): [string, { name: string; partitions: number[] }[]][] {
  const missing = session.name('missing')
  return [
    ['a partition', [{ name: topic.name, partitions: [0] }]],
    ['both, one again', [{ name: topic.name, partitions: [0, 1] }]],
    ['no topics', []],
    ['no partitions', [{ name: topic.name, partitions: [] }]],
    ['a topic that is not there', [{ name: missing, partitions: [0] }]],
    [
      'one that is there and one not',
      [
        { name: topic.name, partitions: [0, 1] },
        { name: missing, partitions: [0] },
      ],
    ],
    ['partitions that are not there', [{ name: topic.name, partitions: [0, 2, -1] }]],
    ['the topic of offsets', [{ name: '__consumer_offsets', partitions: [0] }]],
    ['an empty name', [{ name: '', partitions: [0] }]],
  ]
}

async function byClients(session: Session): Promise<void> {
  await coordinator(session, session.name('group'))
  const topic = await topicOf(session, 'topic')
  await coordinators(session, [session.name('unknown')])
  for (const version of session.versions(AddPartitionsToTxn).filter(each => each < byBrokersSince)) {
    const producer = await Producer.begin(session, `v${version}`)
    // Epochs can be smaller.
    await producer.init(4, `before v${version}`)
    for (const [label, topics] of topicLists(session, topic)) await producer.add(version, topics, label)
    const partition = [{ name: topic.name, partitions: [0] }]
    for (const [label, other] of wrong(session, producer)) await other.add(version, partition, label)
    await producer.end(4, true, `after v${version}`)
    await producer.completed()
    await producer.add(version, partition, 'the next transaction')
    await producer.end(4, false, `the next, after v${version}`)
  }
}

async function byBrokers(session: Session): Promise<void> {
  await coordinator(session, session.name('group'))
  const topic = await topicOf(session, 'topic')
  await coordinators(session, [session.name('unknown')])
  for (const version of session.versions(AddPartitionsToTxn).filter(each => each >= byBrokersSince)) {
    const producer = await Producer.begin(session, `v${version}`)
    await producer.init(4, `before v${version}`)
    const ask = (label: string, transactions: object[]) =>
      session.send(AddPartitionsToTxn, version, { transactions } as never, label)
    const partition = [{ name: topic.name, partitions: [0] }]
    await ask('verified before it is added', [{ ...producer.claim, verifyOnly: true, topics: partition }])
    for (const [label, topics] of topicLists(session, topic)) {
      if (topics.length > 0) {
        await ask(label, [{ ...producer.claim, topics }])
        await ask(`${label}, verified`, [{ ...producer.claim, verifyOnly: true, topics }])
      }
    }
    for (const [label, other] of wrong(session, producer)) {
      await ask(label, [{ ...other.claim, topics: partition }])
      await ask(`${label}, verified`, [{ ...other.claim, verifyOnly: true, topics: partition }])
    }
    const second = await Producer.begin(session, `second-v${version}`)
    await ask('two transactions', [
      { ...producer.claim, verifyOnly: true, topics: partition },
      { ...second.claim, topics: [{ name: topic.name, partitions: [1] }] },
    ])
    await producer.end(5, true, `after v${version}`)
    await producer.completed()
    await ask('verified after the end', [{ ...producer.claim, verifyOnly: true, topics: partition }])
  }
}

async function groups(session: Session): Promise<void> {
  await coordinators(session, [session.name('unknown')])
  for (const version of session.versions(AddOffsetsToTxn)) {
    await coordinator(session, session.name('group'))
    const producer = await Producer.begin(session, `v${version}`)
    await producer.init(4, `before v${version}`)
    await producer.addOffsets(version, session.name('group'), 'a group')
    await producer.addOffsets(version, session.name('group'), 'again')
    await producer.addOffsets(version, '', 'an empty group id')
    for (const [label, other] of wrong(session, producer)) await other.addOffsets(version, session.name('group'), label)
    await producer.end(4, false, `after v${version}`)
    await producer.completed()
    await producer.addOffsets(version, session.name('group'), 'the next transaction')
    await producer.end(4, true, `the next, after v${version}`)
  }
}

export const partitionCases: readonly Case[] = [
  { name: 'transactions: partitions added by clients', run: byClients },
  { name: 'transactions: partitions added and verified by brokers', run: byBrokers },
  { name: 'transactions: groups added', run: groups },
]
