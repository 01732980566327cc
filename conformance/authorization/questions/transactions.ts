/** What producers, and brokers for them, ask of transactions. */
import { AddOffsetsToTxn } from '../../../protocol/messages/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../../protocol/messages/add-partitions-to-txn.ts'
import { DescribeTransactions } from '../../../protocol/messages/describe-transactions.ts'
import { EndTxn } from '../../../protocol/messages/end-txn.ts'
import { InitProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { ListTransactions } from '../../../protocol/messages/list-transactions.ts'
import { TxnOffsetCommit } from '../../../protocol/messages/txn-offset-commit.ts'
import { WriteTxnMarkers } from '../../../protocol/messages/write-txn-markers.ts'
import { ask, idOf, names, type Question } from './question.ts'

/** No broker gives this one: whoever is allowed to ask hears that. */
const producer = { producerId: 987_654, producerEpoch: 0 }
const ids = ['mine', 'mine-none', 'other'] as const
const topics = names.map(name => ({ name, partitions: [0] }))
const allowedTopics = [{ name: 'mine', partitions: [0] }]

export const listedTransactions: readonly Question[] = [
  ...ask(ListTransactions, [0, 2], '', {}),
  ...ask(DescribeTransactions, [0], '', { transactionalIds: [...ids, 'other-none'] }),
]

export const transactionQuestions: readonly Question[] = [
  ...ids.flatMap(transactionalId => [
    ...ask(AddPartitionsToTxn, [3], transactionalId, {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: producer.producerEpoch,
      v3AndBelowTopics: topics,
    }),
    ...ask(AddOffsetsToTxn, [3, 4], `${transactionalId}, my group`, { transactionalId, ...producer, groupId: 'mine' }),
    ...ask(EndTxn, [3, 5], transactionalId, { transactionalId, ...producer, committed: true }),
    ...ask(
      TxnOffsetCommit,
      [3, 6],
      `${transactionalId}, my group`,
      (world, version) => ({
        ...{ transactionalId, groupId: 'mine', ...producer },
        topics: names.map(name => ({
          ...(version >= 6 ? { topicId: idOf(world, name) } : { name }),
          partitions: [{ partitionIndex: 0, committedOffset: 0, committedMetadata: '' }],
        })),
      }),
      { changes: 'producers' },
    ),
  ]),
  ...ask(AddPartitionsToTxn, [3], 'my topic', {
    v3AndBelowTransactionalId: 'mine',
    v3AndBelowProducerId: producer.producerId,
    v3AndBelowProducerEpoch: producer.producerEpoch,
    v3AndBelowTopics: allowedTopics,
  }),
  ...ask(AddPartitionsToTxn, [4, 5], 'of a broker', {
    transactions: ids.map(transactionalId => ({
      transactionalId,
      ...producer,
      verifyOnly: true,
      topics: allowedTopics,
    })),
  }),
  ...ask(AddOffsetsToTxn, [3], 'group of others', { transactionalId: 'mine', ...producer, groupId: 'other' }),
  ...ask(
    TxnOffsetCommit,
    [3, 6],
    'group of others',
    (world, version) => ({
      ...{ transactionalId: 'mine', groupId: 'other', ...producer },
      topics: [
        {
          ...(version >= 6 ? { topicId: idOf(world, 'mine') } : { name: 'mine' }),
          partitions: [{ partitionIndex: 0, committedOffset: 0, committedMetadata: '' }],
        },
      ],
    }),
    { changes: 'producers' },
  ),
  ...ask(WriteTxnMarkers, [1, 2], '', {
    markers: [
      {
        ...{ ...producer, transactionResult: true, coordinatorEpoch: 0 },
        topics: [{ name: 'mine-none', partitionIndexes: [0] }],
      },
    ],
  }),
  ...ask(InitProducerId, [4, 5], 'without an id', { transactionalId: null, transactionTimeoutMs: 60_000 }),
  ...['mine-made', 'other-made'].flatMap(transactionalId => {
    const asked = { transactionalId, transactionTimeoutMs: 60_000 }
    const twoPhases = `${transactionalId}, in two phases`
    return [
      ...ask(InitProducerId, [5], transactionalId, asked, { changes: 'producers' }),
      ...ask(InitProducerId, [6], twoPhases, { ...asked, enable2Pc: true }, { changes: 'producers' }),
    ]
  }),
]
