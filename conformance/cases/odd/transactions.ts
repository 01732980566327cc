/** Odd values in the requests of transactions, each of which has a transactional id of its own. */
import { codes } from '../../../protocol/errors.ts'
import { AddOffsetsToTxn } from '../../../protocol/messages/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../../protocol/messages/add-partitions-to-txn.ts'
import { EndTxn } from '../../../protocol/messages/end-txn.ts'
import { InitProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { TxnOffsetCommit } from '../../../protocol/messages/txn-offset-commit.ts'
import { WriteTxnMarkers } from '../../../protocol/messages/write-txn-markers.ts'
import type { Session } from '../../session.ts'
import type { Case, Difference } from '../case.ts'
import { coordinator } from '../groups.ts'
import { coordinators } from '../transactions/producer.ts'
import { oddCase } from './odd.ts'
import { producerIds } from './records.ts'
import { oddTexts } from './values.ts'

interface Producer {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

const transactionTimeoutMs = 60_000

async function producer(session: Session, transactionalId: string): Promise<Producer> {
  await coordinators(session, [transactionalId])
  const { producerId, producerEpoch } = await session.prepare(InitProducerId, 4, {
    transactionalId,
    transactionTimeoutMs,
  })
  return { transactionalId, producerId, producerEpoch }
}

interface Topic {
  readonly name: string
  readonly topicId: string
}

/** A topic, and coordinators for every odd id and group. */
async function prepared(session: Session): Promise<Topic> {
  const name = session.name('written')
  await producerIds(session)
  await coordinators(session, oddTexts(session.run))
  for (const groupId of oddTexts(session.run)) await coordinator(session, groupId)
  return { name, topicId: await session.topic(name, 2) }
}

const emptyBatch: Difference = {
  answer: '* transactions = []',
  path: '',
  ours: { throttleTimeMs: 0, errorCode: codes.NONE, resultsByTransaction: {} },
  reason: '**AddPartitionsToTxn** of no transactions is answered; Kafka leaves it without an answer',
}

const marked = { name: 'marked-<run>', partitions: { 0: { partitionIndex: 0, errorCode: codes.NONE } } }

/** Kafka waits for as many answers of partitions as there are names of them. */
function once(answer: string): Difference {
  return {
    answer,
    path: '',
    ours: { markers: { '<producerId 1>': { producerId: '<producerId 1>', topics: { 'marked-<run>': marked } } } },
    reason: '**WriteTxnMarkers** writes to a partition that is named twice once; Kafka leaves that without an answer',
  }
}

const markers: readonly Difference[] = [
  once('* markers[0].topics = twice'),
  once('* markers[0].topics[0].partitionIndexes = twice'),
]

export const oddTransactionCases: readonly Case[] = [
  oddCase({
    api: InitProducerId,
    what: 'by a transactional id',
    make: async session => {
      await producerIds(session)
      await coordinators(session, oddTexts(session.run))
    },
    good: async ({ session, own }) => {
      const transactionalId = own('begun')
      await coordinators(session, [transactionalId])
      return { transactionalId, transactionTimeoutMs, producerId: -1, producerEpoch: -1 }
    },
  }),
  oddCase({
    api: AddPartitionsToTxn,
    make: prepared,
    differs: [emptyBatch],
    good: async ({ session, made: { name }, own }) => {
      const { transactionalId, producerId, producerEpoch } = await producer(session, own('begun'))
      const topics = [{ name, partitions: [0] }]
      return {
        transactions: [{ transactionalId, producerId, producerEpoch, topics }],
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: producerId,
        v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: topics,
      }
    },
  }),
  oddCase({
    api: AddOffsetsToTxn,
    make: prepared,
    good: async ({ session, own }) => {
      const groupId = own('read')
      await coordinator(session, groupId)
      return { ...(await producer(session, own('begun'))), groupId }
    },
  }),
  oddCase({
    api: TxnOffsetCommit,
    make: prepared,
    good: async ({ session, made: { name, topicId }, own }) => {
      const groupId = own('read')
      await coordinator(session, groupId)
      const one = { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: 'a note' }
      return {
        ...(await producer(session, own('begun'))),
        groupId,
        generationIdOrMemberEpoch: -1,
        groupInstanceId: null,
        topics: [{ name, topicId, partitions: [one] }],
      }
    },
  }),
  oddCase({
    api: EndTxn,
    make: prepared,
    good: async ({ session, made: { name }, own }) => {
      const begun = await producer(session, own('begun'))
      await session.prepare(AddPartitionsToTxn, 3, {
        v3AndBelowTransactionalId: begun.transactionalId,
        v3AndBelowProducerId: begun.producerId,
        v3AndBelowProducerEpoch: begun.producerEpoch,
        v3AndBelowTopics: [{ name, partitions: [0] }],
      })
      return { ...begun, committed: true }
    },
  }),
  oddCase({
    api: WriteTxnMarkers,
    make: prepared,
    differs: markers,
    good: async ({ session, own }) => {
      const name = own('marked')
      await session.topic(name)
      const topics = [{ name, partitionIndexes: [0] }]
      return {
        markers: [{ producerId: 987_654, producerEpoch: 1, transactionResult: true, topics, coordinatorEpoch: 1 }],
      }
    },
  }),
]
