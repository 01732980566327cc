/** Transactions whose coordinator and partitions are on different brokers, and coordinators that move. */
import t, { type Test } from 'tap'
import { codes } from '../../protocol/errors.ts'
import { EndTxn } from '../../protocol/messages/end-txn.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import type { Api, ClientRequestOf, ClientResponseOf } from '../../protocol/schema.ts'
import { type Loose, wholeRequest } from '../../protocol/whole-request.ts'
import { batchOf, valuesOf } from '../partitions/fixture.ts'
import { Brokers } from './brokers.ts'

async function three(t: Test): Promise<Brokers> {
  const brokers = new Brokers({
    ...{ 'min.insync.replicas': '2', 'transaction.state.log.num.partitions': '1', 'offsets.topic.num.partitions': '1' },
    'transaction.state.log.min.isr': '2',
  })
  t.teardown(() => brokers.close())
  await brokers.start(1, 2, 3)
  await brokers.create('__transaction_state', [[1, 3]], { 'cleanup.policy': 'compact' })
  await brokers.create('__consumer_offsets', [[3, 2, 1]], { 'cleanup.policy': 'compact' })
  await brokers.create('aa', [[2, 3]])
  return brokers
}

async function ask<A extends Api>(
  brokers: Brokers,
  id: number,
  api: A,
  version: number,
  request: Loose<ClientRequestOf<A>>,
): Promise<ClientResponseOf<A>> {
  const client = await brokers.client(id)
  const answer = await brokers.passing(client.send(api, version, wholeRequest(api, request)))
  await client.close()
  return answer
}

async function begin(brokers: Brokers, coordinator: number): Promise<{ producerId: number; producerEpoch: number }> {
  const request = { transactionalId: 't', transactionTimeoutMs: 60_000 }
  for (let tries = 0; tries < 20; tries++) {
    const { errorCode, producerId, producerEpoch } = await ask(brokers, coordinator, InitProducerId, 4, request)
    if (errorCode === codes.NONE) return { producerId, producerEpoch }
    await brokers.pass(100)
  }
  throw new Error('no producer id')
}

/** Produces to the topic's leader, which is node 2. */
async function produce(
  brokers: Brokers,
  producer: { producerId: number; producerEpoch: number },
  value: string,
  baseSequence: number,
  version = 12,
): Promise<number> {
  const records = batchOf([value], { ...producer, baseSequence, isTransactional: true, now: brokers.clock.now() })
  const topicData = [{ name: 'aa', partitionData: [{ index: 0, records }] }]
  const { responses } = await ask(brokers, 2, Produce, version, {
    ...{ transactionalId: 't', acks: -1, timeoutMs: 5_000, topicData },
  })
  return responses[0]!.partitionResponses[0]!.errorCode
}

async function committed(brokers: Brokers): Promise<string[]> {
  const topics = [{ topic: 'aa', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] }]
  const { responses } = await ask(brokers, 2, Fetch, 12, { replicaId: -1, maxWaitMs: 0, isolationLevel: 1, topics })
  return valuesOf(responses[0]!.partitions[0]!.records as Buffer).filter(value => value.startsWith('v'))
}

t.test('a transaction is verified with, and ended by, a coordinator on another broker', async t => {
  const brokers = await three(t)
  const producer = await begin(brokers, 1)
  t.equal(await produce(brokers, producer, 'v0', 0, 11), codes.TRANSACTION_ABORTABLE, 'nobody added the partition')
  t.equal(await produce(brokers, producer, 'v1', 0), codes.NONE, 'newer clients have it added so')
  t.same(await committed(brokers), [])
  const end = { transactionalId: 't', ...producer, committed: true }
  t.equal((await ask(brokers, 1, EndTxn, 4, end)).errorCode, codes.NONE)
  await brokers.pass(500)
  t.same(await committed(brokers), ['v1'])
  t.equal(brokers.bytes(3, 'aa'), brokers.bytes(2, 'aa'), 'markers are copied as all else')
})

t.test('markers wait for a leader that cannot be reached, and for a coordinator that has moved', async t => {
  const brokers = await three(t)
  const producer = await begin(brokers, 1)
  t.equal(await produce(brokers, producer, 'v1', 0), codes.NONE)
  const client = await brokers.client(1)
  brokers.part(1, 2)
  const ended = client.send(EndTxn, 4, { transactionalId: 't', ...producer, committed: true })
  await brokers.pass(5_000)
  t.equal((await brokers.passing(ended)).errorCode, codes.NONE, 'the decision is made')
  await client.close()
  t.same(await committed(brokers), [])
  await brokers.become('__transaction_state', { leader: 3, leaderEpoch: 4 })
  await brokers.pass(2_000)
  t.same(await committed(brokers), ['v1'], 'the next coordinator has read what is to be done')
  brokers.join(1, 2)
  const next = await begin(brokers, 3)
  t.equal(next.producerId, producer.producerId)
  t.ok(next.producerEpoch > producer.producerEpoch)
  t.equal(await produce(brokers, producer, 'v2', 1), codes.INVALID_PRODUCER_EPOCH)
})

t.test('offsets of groups are known to the next coordinator, and not to the last one any more', async t => {
  const brokers = await three(t)
  const partitions = [{ partitionIndex: 0, committedOffset: 7 }]
  const commit = () =>
    ask(brokers, 3, OffsetCommit, 7, {
      groupId: 'g',
      generationIdOrMemberEpoch: -1,
      topics: [{ name: 'aa', partitions }],
    })
  const read = async (id: number) => {
    const topics = [{ name: 'aa', partitionIndexes: [0] }]
    const answer = await ask(brokers, id, OffsetFetch, 6, { groupId: 'g', topics })
    return [answer.errorCode, answer.topics[0]?.partitions[0]?.committedOffset]
  }
  t.equal((await commit()).topics[0]!.partitions[0]!.errorCode, codes.NONE)
  t.same(await read(3), [codes.NONE, 7])
  t.equal((await read(2))[0], codes.NOT_COORDINATOR)
  await brokers.become('__consumer_offsets', { leader: 2, leaderEpoch: 4 })
  await brokers.pass(500)
  t.same(await read(2), [codes.NONE, 7])
  t.equal((await read(3))[0], codes.NOT_COORDINATOR)
})
