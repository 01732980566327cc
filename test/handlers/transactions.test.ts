/** The APIs of transactions as clients see them: both protocols, what readers are given, offsets of groups, fencing, and who is told what. */
import t from 'tap'
import { patternOf } from '../../lib/base/pattern.ts'
import { addOffsetsToTxn } from '../../lib/handlers/add-offsets-to-txn.ts'
import { addPartitionsToTxn } from '../../lib/handlers/add-partitions-to-txn.ts'
import { describeTransactions } from '../../lib/handlers/describe-transactions.ts'
import { endTxn } from '../../lib/handlers/end-txn.ts'
import { initProducerId } from '../../lib/handlers/init-producer-id.ts'
import { listTransactions } from '../../lib/handlers/list-transactions.ts'
import { txnOffsetCommit } from '../../lib/handlers/txn-offset-commit.ts'
import { writeTxnMarkers } from '../../lib/handlers/write-txn-markers.ts'
import { codes } from '../../protocol/errors.ts'
import { AddOffsetsToTxn } from '../../protocol/messages/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts'
import { DescribeTransactions } from '../../protocol/messages/describe-transactions.ts'
import { EndTxn } from '../../protocol/messages/end-txn.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { ListTransactions } from '../../protocol/messages/list-transactions.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { TxnOffsetCommit } from '../../protocol/messages/txn-offset-commit.ts'
import { WriteTxnMarkers } from '../../protocol/messages/write-txn-markers.ts'
import type { Api, ClientRequestOf } from '../../protocol/schema.ts'
import { type Loose, wholeRequest } from '../../protocol/whole-request.ts'
import { RunningBroker } from '../transactions/running-broker.ts'
import { clusterContext } from './cluster-context.ts'

/** A request as a handler is given it. */
function whole<A extends Api>(api: A, request: Loose<ClientRequestOf<A>>): never {
  return wholeRequest(api, request) as never
}

for (const protocol of [1, 2] as const) {
  const versions = protocol === 2 ? { produce: 12, end: 5 } : { produce: 11, end: 4 }

  t.test(
    `protocol ${protocol}: readers of what is committed see a transaction once it is, and nothing of one that aborts`,
    async t => {
      const broker = await RunningBroker.start(t)
      const producer = await broker.producer('t')
      const begin = async () => (protocol === 1 ? broker.add(producer) : 0)
      const send = (value: string) => broker.send(producer, value, { version: versions.produce })
      t.equal(await begin(), 0)
      t.equal(await send('x'), 0)
      t.equal(await send('y'), 0)
      t.same((await broker.read('uncommitted')).values, ['x', 'y'])
      t.match(await broker.read('committed'), { values: [], lastStableOffset: 0, highWatermark: 2 })
      t.equal(await broker.end(producer, true, versions.end), 0)
      await broker.completed('t')
      t.match(await broker.read('committed'), { values: ['x', 'y'], aborted: [], lastStableOffset: 3 })
      await begin()
      t.equal(await send('z'), 0)
      t.equal(await broker.end(producer, false, versions.end), 0)
      await broker.completed('t')
      t.match(await broker.read('committed'), {
        aborted: [{ producerId: producer.producerId, firstOffset: 3 }],
        lastStableOffset: 5,
      })
    },
  )

  t.test(`protocol ${protocol}: offsets of a group count once the transaction is committed`, async t => {
    const broker = await RunningBroker.start(t)
    const producer = await broker.producer('t')
    const commit = async (offset: number) => {
      if (protocol === 1) t.equal(await broker.addOffsets(producer), 0)
      t.equal(await broker.commitOffset(producer, offset, protocol === 1 ? 3 : 5), 0)
    }
    await commit(5)
    t.match(await broker.offset(), { committedOffset: -1, errorCode: 0 })
    t.match(await broker.offset(true), { committedOffset: -1, errorCode: codes.UNSTABLE_OFFSET_COMMIT })
    await broker.end(producer, true, versions.end)
    await broker.completed('t')
    t.match(await broker.offset(true), { committedOffset: 5, errorCode: 0 })
    await commit(9)
    await broker.end(producer, false, versions.end)
    await broker.completed('t')
    t.match(await broker.offset(true), { committedOffset: 5, errorCode: 0 })
  })

  t.test(`protocol ${protocol}: a producer that another instance has replaced writes nothing more`, async t => {
    const broker = await RunningBroker.start(t)
    const zombie = await broker.producer('t')
    if (protocol === 1) await broker.add(zombie)
    t.equal(await broker.send(zombie, 'x', { version: versions.produce }), 0)
    t.equal((await broker.init('t')).errorCode, codes.CONCURRENT_TRANSACTIONS)
    const next = await broker.producer('t')
    t.ok(next.producerEpoch > zombie.producerEpoch)
    t.equal(await broker.send(zombie, 'y', { version: versions.produce }), codes.INVALID_PRODUCER_EPOCH)
    t.equal(await broker.add(zombie), codes.PRODUCER_FENCED)
    t.same((await broker.read('uncommitted')).values, ['x'])
  })
}

t.test('records outside of a running transaction are refused, by the code that the version knows', async t => {
  const broker = await RunningBroker.start(t)
  const producer = await broker.producer('t')
  t.equal(await broker.send(producer, 'x', { version: 10 }), codes.INVALID_TXN_STATE)
  t.equal(await broker.send(producer, 'x', { version: 11 }), codes.TRANSACTION_ABORTABLE)
  const unknown = { ...producer, transactionalId: 'unknown', sequences: [0, 0] }
  for (const version of [11, 12])
    t.equal(await broker.send(unknown, 'x', { version }), codes.INVALID_PRODUCER_ID_MAPPING)
  t.same((await broker.read('uncommitted')).values, [])
  t.equal(broker.logStartOffset, -1, 'the log was not asked')
})

t.test('without verification whoever has the epoch may write', async t => {
  const broker = await RunningBroker.start(t, { 'transaction.partition.verification.enable': 'false' })
  t.equal(await broker.send(await broker.producer('t'), 'x', { version: 11 }), 0)
})

t.test('without verification partitions are added by records and offsets of newer clients all the same', async t => {
  const broker = await RunningBroker.start(t, { 'transaction.partition.verification.enable': 'false' })
  const producer = await broker.producer('t')
  t.equal(await broker.send(producer, 'x', { version: 12 }), 0)
  t.equal(await broker.state('t'), 'Ongoing')
  t.equal(await broker.commitOffset(producer, 4, 5), 0)
  t.equal(await broker.end(producer, true), 0)
  await broker.completed('t')
  t.match(await broker.read('committed'), { values: ['x'], lastStableOffset: 2 })
  t.equal((await broker.offset(true)).committedOffset, 4)
  t.equal(await broker.commitOffset(await broker.producer('old'), 5, 3), 0, 'older ones are not asked about')
})

t.test('protocol 2: what is sent right after the end of a transaction belongs to the next', async t => {
  const broker = await RunningBroker.start(t)
  const producer = await broker.producer('t')
  for (let transaction = 0; transaction < 20; transaction++) {
    const sent = [0, 1, 2].map(n => broker.send({ ...producer, sequences: [n, 0] }, `${transaction}-${n}`))
    const offset = broker.commitOffset(producer, transaction)
    t.same(await Promise.all([...sent, offset]), [0, 0, 0, 0], `transaction ${transaction}`)
    t.equal(await broker.end(producer, true), 0)
  }
  await broker.completed('t')
  t.equal((await broker.read('committed')).values.length, 60)
  t.equal((await broker.offset(true)).committedOffset, 19)
})

t.test('what one producer sends before its partition is added stays in order', async t => {
  const broker = await RunningBroker.start(t)
  const producer = await broker.producer('t')
  const sent = [0, 1, 2].map(n => {
    const at = { ...producer, sequences: [n, 0] }
    return broker.send(at, String(n))
  })
  t.same(await Promise.all(sent), [0, 0, 0])
  t.same((await broker.read('uncommitted')).values, ['0', '1', '2'])
})

t.test('what a producer sends behind records that were refused does not take their place', async t => {
  const broker = await RunningBroker.start(t)
  for (const version of [11, 12]) {
    const producer = await broker.producer(`t${version}`)
    const send = (sequence: number) =>
      broker.send({ ...producer, sequences: [sequence, 0] }, `${sequence}`, { version })
    if (version === 11) {
      t.equal(await send(0), codes.TRANSACTION_ABORTABLE, 'the partition is not added yet')
      t.equal(await broker.add(producer), 0)
    }
    t.equal(await send(1), codes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    t.same([await send(0), await send(1), await send(3)], [0, 0, codes.OUT_OF_ORDER_SEQUENCE_NUMBER])
  }
  t.same((await broker.read('uncommitted')).values, ['0', '1', '0', '1'])
  const older = await broker.producer('older')
  await broker.add(older)
  const at = { ...older, sequences: [7, 0] }
  t.equal(await broker.send(at, 'x', { version: 11 }), 0, 'protocol 1: its past may be deleted')
})

t.test('a transaction whose time is over is aborted by the broker', async t => {
  const broker = await RunningBroker.start(t, { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '10' })
  const producer = await broker.producer('t', 1)
  await broker.send(producer, 'x')
  await broker.completed('t')
  t.equal(await broker.state('t'), 'CompleteAbort')
  t.equal((await broker.read('committed')).aborted.length, 1)
})

for (const isMadeAnew of [false, true]) {
  t.test(
    `a transaction over a topic that is deleted${isMadeAnew ? ' and made anew' : ''} comes to its end`,
    async t => {
      const broker = await RunningBroker.start(t)
      const producer = await broker.producer('t')
      t.equal(await broker.send(producer, 'x'), 0)
      t.equal(await broker.commitOffset(producer, 5), 0)
      await broker.ask(DeleteTopics, 5, { topicNames: ['a'], timeoutMs: 5_000 })
      if (isMadeAnew) {
        const topics = [{ name: 'a', numPartitions: 2, replicationFactor: 1 }]
        await broker.ask(CreateTopics, 5, { topics, timeoutMs: 5_000 })
        t.equal(await broker.send({ ...producer, sequences: [0, 0] }, 'y'), 0, 'it goes on in the new topic')
      } else t.equal(await broker.send(producer, 'y'), codes.UNKNOWN_TOPIC_OR_PARTITION)
      t.equal(await broker.end(producer, true), 0)
      await broker.completed('t')
      t.equal(await broker.state('t'), 'CompleteCommit')
      if (!isMadeAnew) return
      t.match(await broker.read('committed'), { values: ['y'], lastStableOffset: 2, highWatermark: 2 })
      t.equal((await broker.offset(true)).committedOffset, -1, 'the offset was of the topic before')
    },
  )
}

t.test('version 6 of InitProducerId is for who asks for it, and begins transactions without a time-out', async t => {
  const versions = async (broker: RunningBroker) => {
    const names = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
    const { apiKeys } = await broker.ask(ApiVersions, 4, names)
    return apiKeys.find(({ apiKey }) => apiKey === InitProducerId.key)?.maxVersion
  }
  const init = async (broker: RunningBroker, transactionalId: string | null, options: object) => {
    const request = { transactionalId, transactionTimeoutMs: 0, ...options }
    return (await broker.ask(InitProducerId, 6, request)).errorCode
  }
  t.equal(await versions(await RunningBroker.start(t)), 5)
  const unstable = { 'unstable.api.versions.enable': 'true' }
  const broker = await RunningBroker.start(t, { ...unstable, 'transaction.two.phase.commit.enable': 'true' })
  t.equal(await versions(broker), 6)
  t.equal(await init(broker, 't', { transactionTimeoutMs: 5 }), 0)
  t.equal(await init(broker, 'a', {}), codes.INVALID_TRANSACTION_TIMEOUT)
  t.equal(await init(broker, 'a', { enable2Pc: true }), 0)
  t.equal(await init(broker, 'b', { enable2Pc: true, keepPreparedTxn: true }), codes.UNSUPPORTED_VERSION)
  t.equal(await init(broker, null, { enable2Pc: true, keepPreparedTxn: true }), 0)
  const { transactionStates } = await broker.ask(DescribeTransactions, 0, { transactionalIds: ['a'] })
  t.equal(transactionStates[0]!.transactionTimeoutMs, 2_147_483_647)
  const without = await RunningBroker.start(t, unstable)
  t.equal(await init(without, 'a', { enable2Pc: true }), codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  t.equal(await init(without, 'b', { keepPreparedTxn: true }), codes.UNSUPPORTED_VERSION)
})

t.test('transactions are described and listed as they stand', async t => {
  const broker = await RunningBroker.start(t)
  const producer = await broker.producer('t')
  await broker.producer('idle')
  await broker.send(producer, 'x')
  const { transactionStates } = await broker.ask(DescribeTransactions, 0, { transactionalIds: ['t', 'none', ''] })
  t.match(transactionStates[0], {
    ...{ errorCode: 0, transactionState: 'Ongoing', transactionTimeoutMs: 60_000, producerId: producer.producerId },
    topics: [{ topic: 'a', partitions: [0] }],
  })
  t.same(
    transactionStates.slice(1).map(({ errorCode }) => errorCode),
    [codes.TRANSACTIONAL_ID_NOT_FOUND, codes.INVALID_REQUEST],
  )
  const listed = async (filter: object) => {
    const answer = await broker.ask(ListTransactions, 2, filter)
    return answer.transactionStates.map(({ transactionalId }) => transactionalId).sort()
  }
  t.same(await listed({}), ['idle', 't'])
  t.same(await listed({ stateFilters: ['Ongoing'] }), ['t'])
  t.same(await listed({ producerIdFilters: [producer.producerId] }), ['t'])
  t.same(await listed({ transactionalIdPattern: 'i.*' }), ['idle'])
  t.same(await listed({ transactionalIdPattern: 'd' }), [], 'a pattern has to match the whole id')
  const { unknownStateFilters } = await broker.ask(ListTransactions, 0, { stateFilters: ['Ongoing', 'ongoing', ''] })
  t.same(unknownStateFilters, ['ongoing', ''])
  t.equal(
    (await broker.ask(ListTransactions, 2, { transactionalIdPattern: '((' })).errorCode,
    codes.INVALID_REGULAR_EXPRESSION,
  )
})

t.test('markers are written where they are asked for, and told of where they cannot be', async t => {
  const broker = await RunningBroker.start(t)
  const producer = await broker.producer('t')
  await broker.send(producer, 'x')
  const { markers } = await broker.ask(WriteTxnMarkers, 1, {
    markers: [
      {
        ...{ producerId: producer.producerId, producerEpoch: producer.producerEpoch, coordinatorEpoch: 9 },
        transactionResult: false,
        topics: [
          { name: 'a', partitionIndexes: [0, 7] },
          { name: 'none', partitionIndexes: [0] },
        ],
      },
    ],
  })
  t.same(
    markers[0]!.topics.map(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
    [[0, codes.UNKNOWN_TOPIC_OR_PARTITION], [codes.UNKNOWN_TOPIC_OR_PARTITION]],
  )
  t.equal((await broker.read('committed')).aborted.length, 1)
})

t.test('markers are not written for nobody, nor in epochs before the first', async t => {
  const broker = await RunningBroker.start(t)
  const write = async (producerId: number, producerEpoch: number, coordinatorEpoch: number, topics = ['a']) => {
    const { markers } = await broker.ask(WriteTxnMarkers, 1, {
      markers: [
        {
          ...{ producerId, producerEpoch, coordinatorEpoch, transactionResult: true },
          topics: topics.map(name => ({ name, partitionIndexes: [0] })),
        },
      ],
    })
    return markers.map(({ topics }) => topics[0]!.partitions[0]!.errorCode)
  }
  t.same(await write(-1, 0, 0), [codes.UNKNOWN_SERVER_ERROR])
  t.same(await write(77, -1, 0), [codes.UNKNOWN_SERVER_ERROR])
  t.same(await write(77, -2, 0), [codes.INVALID_PRODUCER_EPOCH])
  t.same(await write(77, 0, -2), [codes.TRANSACTION_COORDINATOR_FENCED])
  t.same(await write(77, 0, 0, []), [], 'what names no partition is not answered')
  t.equal((await broker.read('committed')).highWatermark, 0)
  t.same(await write(77, 0, -1), [0])
})

t.test('offsets of a group without a name, or of a generation that nobody knows, are refused', async t => {
  const broker = await RunningBroker.start(t)
  const producer = await broker.producer('t')
  const { topics: known } = await broker.ask(Metadata, 12, { topics: [{ name: 'a' }] })
  const commit = async (version: number, groupId: string, generationIdOrMemberEpoch: number, partitions = [0]) => {
    const { producerId, producerEpoch } = producer
    await broker.ask(FindCoordinator, 4, { keyType: 0, coordinatorKeys: ['h'] })
    const { topics } = await broker.ask(TxnOffsetCommit, version, {
      ...{ transactionalId: 't', groupId, producerId, producerEpoch, generationIdOrMemberEpoch },
      topics: [
        {
          ...{ name: 'a', topicId: known[0]!.topicId },
          partitions: partitions.map(partitionIndex => ({ partitionIndex, committedOffset: 1 })),
        },
      ],
    })
    return topics.map(({ partitions }) => partitions[0]!.errorCode)
  }
  t.same(await commit(6, '', -1), [codes.INVALID_GROUP_ID])
  t.same(await commit(5, 'h', 3), [codes.ILLEGAL_GENERATION])
  t.same(await commit(6, 'h', 3), [codes.GROUP_ID_NOT_FOUND])
  t.same(await commit(6, 'h', -1, []), [])
  t.same(await commit(6, 'h', -1), [0])
})

t.test('markers are told of by producer, however many there are, and not where they name no partition', async t => {
  const broker = await RunningBroker.start(t)
  const marker = (producerId: number, partitionIndexes: number[]) => ({
    ...{ producerId, producerEpoch: 0, coordinatorEpoch: 0, transactionResult: true },
    topics: [{ name: 'a', partitionIndexes }],
  })
  const { markers } = await broker.ask(WriteTxnMarkers, 1, {
    markers: [marker(5, [0]), marker(6, []), marker(5, [1, 9])],
  })
  const partitions = [0, 1, 9].map(index => ({
    partitionIndex: index,
    errorCode: index === 9 ? codes.UNKNOWN_TOPIC_OR_PARTITION : 0,
  }))
  t.same(markers, [{ producerId: 5, topics: [{ name: 'a', partitions }] }])
})

t.test('protocol 2: a marker of the epoch in which the next transaction is open ends nothing', async t => {
  const broker = await RunningBroker.start(t)
  const producer = await broker.producer('t')
  await broker.send(producer, 'x')
  const write = async (transactionVersion: number) => {
    const { producerId, producerEpoch } = producer
    const { markers } = await broker.ask(WriteTxnMarkers, 2, {
      markers: [
        {
          ...{ producerId, producerEpoch, coordinatorEpoch: 0, transactionResult: false, transactionVersion },
          topics: [{ name: 'a', partitionIndexes: [0] }],
        },
      ],
    })
    return markers[0]!.topics[0]!.partitions[0]!.errorCode
  }
  t.equal(await write(-1), codes.UNKNOWN_SERVER_ERROR)
  t.equal(await write(2), codes.INVALID_PRODUCER_EPOCH)
  t.equal((await broker.read('committed')).lastStableOffset, 0)
  t.equal(await write(1), 0)
  t.equal((await broker.read('committed')).lastStableOffset, 2)
  t.equal(await write(2), 0, 'there is nothing that it could end')
})

t.test('clients add no partitions of the broker’s own topics', async t => {
  const broker = await RunningBroker.start(t)
  const { transactionalId, producerId, producerEpoch } = await broker.producer('t')
  const topics = ['a', '__consumer_offsets', '__transaction_state'].map(name => ({ name, partitions: [0] }))
  const { resultsByTopicV3AndBelow } = await broker.ask(AddPartitionsToTxn, 3, {
    ...{ v3AndBelowTransactionalId: transactionalId, v3AndBelowProducerId: producerId },
    ...{ v3AndBelowProducerEpoch: producerEpoch, v3AndBelowTopics: topics },
  })
  t.same(
    resultsByTopicV3AndBelow.map(({ resultsByPartition }) => resultsByPartition[0]!.partitionErrorCode),
    [codes.OPERATION_NOT_ATTEMPTED, codes.TOPIC_AUTHORIZATION_FAILED, codes.TOPIC_AUTHORIZATION_FAILED],
  )
})

t.test('brokers that verify are told what is not there, and of the rest whether it is in the transaction', async t => {
  const broker = await RunningBroker.start(t)
  const { sequences: _, ...claim } = await broker.producer('t')
  const verify = async (version: number, ...partitions: number[]) => {
    const topics = [
      { name: 'a', partitions },
      { name: 'none', partitions: [] },
    ]
    const { resultsByTransaction } = await broker.ask(AddPartitionsToTxn, version, {
      transactions: [{ ...claim, verifyOnly: true, topics }],
    })
    t.equal(resultsByTransaction[0]!.topicResults.length, 1)
    return resultsByTransaction[0]!.topicResults[0]!.resultsByPartition.map(each => each.partitionErrorCode)
  }
  for (const version of [4, 5]) {
    t.same(await verify(version, 0), [codes.TRANSACTION_ABORTABLE])
    t.same(await verify(version, 0, 7), [codes.OPERATION_NOT_ATTEMPTED, codes.UNKNOWN_TOPIC_OR_PARTITION])
  }
})

t.test('offsets of a transaction make a group, whose members are none', async t => {
  const broker = await RunningBroker.start(t)
  const producer = await broker.producer('t')
  t.equal(await broker.commitOffset(producer, 3, 5, { groupId: '' }), codes.INVALID_GROUP_ID)
  const member = { memberId: 'm', generationIdOrMemberEpoch: 1 }
  t.equal(await broker.commitOffset(producer, 3, 5, member), codes.ILLEGAL_GENERATION, 'there is no group')
  t.equal(await broker.commitOffset(producer, 3), 0)
  t.equal(await broker.commitOffset(producer, 3, 5, member), codes.UNKNOWN_MEMBER_ID)
  const { sequences: _, ...claim } = producer
  const { topics } = await broker.ask(TxnOffsetCommit, 5, { ...claim, groupId: 'g', topics: [{ name: 'a' }] })
  t.same(topics, [], 'a topic of which no partition is named')
})

t.test('who may not write with a transactional id is told so by each API', async t => {
  const { at } = await clusterContext(t, { deny: (_, type) => type === 'transactionalId' })
  const denied = codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
  t.match(await initProducerId(whole(InitProducerId, { transactionalId: 't' }), at(5)), { errorCode: denied })
  t.match(await endTxn(whole(EndTxn, { transactionalId: 't' }), at(5)), { errorCode: denied })
  t.match(await addOffsetsToTxn(whole(AddOffsetsToTxn, { transactionalId: 't' }), at(4)), { errorCode: denied })
  const topics = [{ name: 'a', partitions: [{ partitionIndex: 0 }] }]
  t.match(await txnOffsetCommit(whole(TxnOffsetCommit, { transactionalId: 't', topics }), at(5)), {
    topics: [{ partitions: [{ errorCode: denied }] }],
  })
  const v3AndBelowTopics = [{ name: 'a', partitions: [0] }]
  t.match(await addPartitionsToTxn(whole(AddPartitionsToTxn, { v3AndBelowTopics }), at(3)), {
    resultsByTopicV3AndBelow: [{ resultsByPartition: [{ partitionErrorCode: denied }] }],
  })
  t.match(await describeTransactions({ transactionalIds: ['t'] }, at(0)), {
    transactionStates: [{ errorCode: denied }],
  })
})

t.test('ids that may not be described are not listed', async t => {
  const { at } = await clusterContext(t, { deny: (_, type, name) => type === 'transactionalId' && name === 'hidden' })
  const context = at(2)
  const known = ['hidden', 'seen'].map(transactionalId => ({ transactionalId, producerId: 1, state: 'Empty' }))
  const broker = { ...context.broker, transactions: { list: () => known } as never }
  const answer = await listTransactions(whole(ListTransactions, {}), { ...context, broker })
  t.same(
    answer.transactionStates.map(({ transactionalId }) => transactionalId),
    ['seen'],
  )
})

t.test('requests of brokers are refused to clients', async t => {
  const { at } = await clusterContext(t, { deny: (_, type) => type === 'cluster' })
  const transactions = [{ transactionalId: 't', topics: [{ name: 'a', partitions: [0] }] }]
  t.match(await addPartitionsToTxn(whole(AddPartitionsToTxn, { transactions }), at(4)), {
    errorCode: codes.CLUSTER_AUTHORIZATION_FAILED,
  })
  const markers = [{ topics: [{ name: 'a', partitionIndexes: [0] }] }]
  t.match(await writeTxnMarkers(whole(WriteTxnMarkers, { markers }), at(1)), {
    markers: [{ topics: [{ partitions: [{ errorCode: codes.CLUSTER_AUTHORIZATION_FAILED }] }] }],
  })
})

t.test('a pattern is one of RE2, as Apache Kafka takes it', async t => {
  for (const pattern of ['a.*', '(?i)a', '(?is:a)', '\\pL\\Q+\\E', '(?P<n>a)[[:alpha:]]', '\\\\1', 'a{1000}'])
    t.ok(await patternOf(pattern), pattern)
  for (const pattern of ['((', '*', 'a)', '[a', 'a++', '(?=a)', '(?<!a)', '\\1', 'a{1001}', 'a{2,1001}'])
    t.equal(await patternOf(pattern), null, pattern)
})
