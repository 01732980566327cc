/**
 * What a client does about errors that it seldom meets, each caused on purpose against a broker that goes on as usual: cases of which
 * librdkafka and franz-go assure themselves with brokers that are mocked.
 */
import type { Producer } from 'kafkajs'
import t, { type Test } from 'tap'
import type { FaultMatch } from '../../lib/testing.ts'
import { Bench, send } from './kafkajs.ts'

const exactly = { idempotent: true, maxInFlightRequests: 1 }
const transactional = { ...exactly, transactionalId: 'tx' }

async function producing(t: Test, config = {}): Promise<{ bench: Bench; producer: Producer }> {
  const bench = await Bench.start(t)
  const producer = await bench.producer(config)
  await send(producer, 0, 'before')
  return { bench, producer }
}

/** Records are written once, in spite of what happens to the first request. */
async function writesOnce(
  t: Test,
  config: object,
  action: Parameters<Bench['kit']['fault']>[1],
  attempts = 2,
): Promise<void> {
  const { bench, producer } = await producing(t, config)
  const since = bench.kit.mark()
  await using fault = bench.kit.fault({ api: 'Produce', times: 1 }, action)
  await send(producer, 0, 'a')
  t.equal(fault.hits, 1)
  await bench.kit.topic('orders').offset(0, 2)
  await t.rejects(bench.kit.topic('orders').offset(0, 3, { timeoutMs: 10 }))
  if (!('lose' in action && action.lose === 'request'))
    await bench.kit.request({ api: 'Produce', since, count: attempts })
}

for (const error of [
  'NOT_LEADER_OR_FOLLOWER',
  'KAFKA_STORAGE_ERROR',
  'NOT_ENOUGH_REPLICAS',
  'CORRUPT_MESSAGE',
] as const) {
  t.test(`Produce, ${error}: sent again, and written once`, t => writesOnce(t, {}, { error }))
}

t.test('Produce, its answer is lost: an idempotent producer writes once', t =>
  writesOnce(t, exactly, { lose: 'answer' }, 1),
)

t.test('Produce, the request is lost: sent again', t => writesOnce(t, exactly, { lose: 'request' }))

t.test('Produce, a network repeats it: an idempotent producer writes once', t =>
  writesOnce(t, exactly, { duplicate: true }, 1),
)

for (const error of ['MESSAGE_TOO_LARGE', 'TOPIC_AUTHORIZATION_FAILED', 'INVALID_TIMESTAMP'] as const) {
  t.test(`Produce, ${error}: told at once, and not sent again`, async t => {
    const { bench, producer } = await producing(t)
    const since = bench.kit.mark()
    bench.kit.fault({ api: 'Produce' }, { error })
    await t.rejects(send(producer, 0, 'a'))
    t.equal(await bench.kit.request({ api: 'Produce', since }), 1)
  })
}

t.test('Metadata, LEADER_NOT_AVAILABLE: asked again until there is a leader', async t => {
  const bench = await Bench.start(t)
  const fault = bench.kit.fault({ api: 'Metadata', topic: 'orders', times: 2 }, { error: 'LEADER_NOT_AVAILABLE' })
  await send(await bench.producer(), 0, 'a')
  t.equal(fault.hits, 2)
})

t.test('InitProducerId, CONCURRENT_TRANSACTIONS: asked again until the transaction before is over', async t => {
  const bench = await Bench.start(t)
  const fault = bench.kit.fault(
    { api: 'InitProducerId', transactionalId: 'tx', times: 3 },
    { error: 'CONCURRENT_TRANSACTIONS' },
  )
  const transaction = await (await bench.producer(transactional)).transaction()
  await transaction.send({ topic: 'orders', messages: [{ partition: 0, value: 'a' }] })
  await transaction.commit()
  t.equal(fault.hits, 3)
  await bench.kit.topic('orders').offset(0, 2)
})

for (const [api, error] of [
  ['AddPartitionsToTxn', 'INVALID_PRODUCER_EPOCH'],
  ['EndTxn', 'INVALID_TXN_STATE'],
] as const) {
  t.test(`${api}, ${error}: the transaction fails, and nothing of it is seen`, async t => {
    const bench = await Bench.start(t)
    const transaction = await (await bench.producer(transactional)).transaction()
    bench.kit.fault({ api, times: 1 }, { error })
    await t.rejects(async () => {
      await transaction.send({ topic: 'orders', messages: [{ partition: 0, value: 'a' }] })
      await transaction.commit()
    })
    // What nobody ended is aborted when its time is over.
    await bench.kit.clock.advance('2m')
    const { read } = await bench.consumer()
    await send(await bench.producer(), 0, 'seen')
    await bench.kit.group('g').caughtUp()
    t.same(read, ['seen'])
  })
}

/** A member reads on in spite of errors that its requests meet while it is in its group, or joins it. */
async function readsOn(t: Test, match: FaultMatch & { api: string }, error: string, joins: number): Promise<void> {
  const { bench, producer } = await producing(t)
  const { kit } = bench
  const isAtJoin = joins === 0
  const before = isAtJoin ? kit.fault(match, { error: error as never }) : null
  // Whoever joins as somebody new waits so long for who it was before.
  const { read } = await bench.consumer({ rebalanceTimeout: 300 })
  await kit.group('g').ready(1)
  await kit.group('g').caughtUp()
  const since = kit.mark()
  const fault = before ?? kit.fault(match, { error: error as never })
  await send(producer, 0, 'while it fails')
  await fault.hit(match.times ?? 1)
  if (joins > 0) await kit.request({ api: 'JoinGroup', since, count: joins })
  await kit.group('g').ready(1)
  await send(producer, 1, 'after')
  await kit.group('g').caughtUp()
  const seen = new Set(read)
  t.ok(seen.has('before') && seen.has('while it fails') && seen.has('after'), read.join())
}

for (const [api, error] of [
  ['FindCoordinator', 'COORDINATOR_NOT_AVAILABLE'],
  ['JoinGroup', 'COORDINATOR_LOAD_IN_PROGRESS'],
  ['SyncGroup', 'REBALANCE_IN_PROGRESS'],
  ['OffsetFetch', 'COORDINATOR_LOAD_IN_PROGRESS'],
  ['ListOffsets', 'LEADER_NOT_AVAILABLE'],
] as const) {
  t.test(`${api}, ${error}: asked again, and the member reads`, t => readsOn(t, { api, times: 2 }, error, 0))
}

for (const [api, error] of [
  ['Heartbeat', 'REBALANCE_IN_PROGRESS'],
  ['Heartbeat', 'UNKNOWN_MEMBER_ID'],
  ['Heartbeat', 'ILLEGAL_GENERATION'],
  ['OffsetCommit', 'REBALANCE_IN_PROGRESS'],
  ['OffsetCommit', 'UNKNOWN_MEMBER_ID'],
] as const) {
  t.test(`${api}, ${error}: the member joins again, and reads on`, t => readsOn(t, { api, times: 1 }, error, 1))
}

for (const [api, error] of [
  ['OffsetCommit', 'COORDINATOR_LOAD_IN_PROGRESS'],
  ['Fetch', 'NOT_LEADER_OR_FOLLOWER'],
  ['Fetch', 'OFFSET_OUT_OF_RANGE'],
] as const) {
  const of = api === 'Fetch' ? { topic: 'orders', partition: 0 } : {}
  t.test(`${api}, ${error}: asked again, and the member reads on`, t => readsOn(t, { api, times: 1, ...of }, error, -1))
}
