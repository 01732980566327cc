/** A cluster for tests: leaders and coordinators move, followers fall behind, and brokers go, while kafkajs goes on. */
import t from 'tap'
import { TestKafka, type TestTrace } from '../../lib/testing.ts'
import { Bench, send } from './kafkajs.ts'

const brokers = 3

/** The names of errors that clients were answered by this API. */
function errorsOf({ trace }: { readonly trace: TestTrace }, name: string): Set<string> {
  return new Set(trace.since().flatMap(({ api, errors = [] }) => (api === name ? errors : [])))
}

/** One that does not lead the partition. */
function followerOf(kit: TestKafka, partition: number): number {
  const { leader, replicas } = kit.topic('orders').replicas(partition)
  return replicas.find(id => id !== leader)!
}

t.test('a producer and a consumer go on where a leader has moved', async t => {
  const bench = await Bench.start(t, { brokers })
  const { kit } = bench
  const producer = await bench.producer()
  const { read } = await bench.consumer()
  await send(producer, 0, 'before')
  const before = kit.topic('orders').replicas(0)
  const [next] = before.replicas.filter(id => id !== before.leader)
  await kit.topic('orders').moveLeader(0, next!)
  t.match(kit.topic('orders').replicas(0), {
    leader: next,
    replicas: before.replicas,
    leaderEpoch: before.leaderEpoch + 1,
  })
  await send(producer, 0, 'after')
  t.ok(errorsOf(kit, 'Produce').has('NOT_LEADER_OR_FOLLOWER'), 'the producer was told so, and found the other')
  await kit.group('g').caughtUp()
  // At least once: what was not committed yet may come again.
  t.same([...new Set(read)], ['before', 'after'])
})

t.test('a consumer goes on where its coordinator has moved', async t => {
  const bench = await Bench.start(t, { brokers })
  const { kit } = bench
  const producer = await bench.producer()
  const { read } = await bench.consumer()
  await send(producer, 0, 'before')
  await kit.group('g').caughtUp()
  const before = kit.group('g').coordinator()
  const next = kit.brokers.find(({ nodeId }) => nodeId !== before)!.nodeId
  await kit.group('g').moveCoordinator(next)
  t.equal(kit.group('g').coordinator(), next)
  await send(producer, 0, 'after')
  await kit.group('g').caughtUp()
  t.same([...new Set(read)], ['before', 'after'])
  const told = ['Heartbeat', 'OffsetCommit', 'JoinGroup', 'SyncGroup'].flatMap(api => [...errorsOf(kit, api)])
  t.ok(told.includes('NOT_COORDINATOR'), `it was told so, and found the other: ${told}`)
})

t.test('a transaction goes on where its coordinator has moved', async t => {
  const bench = await Bench.start(t, { brokers })
  const { kit } = bench
  const producer = await bench.producer({ transactionalId: 'tx', maxInFlightRequests: 1, idempotent: true })
  const first = await producer.transaction()
  await first.send({ topic: 'orders', messages: [{ partition: 0, value: 'one' }] })
  await first.commit()
  const before = kit.transaction('tx').coordinator()
  const next = kit.brokers.find(({ nodeId }) => nodeId !== before)!.nodeId
  await kit.transaction('tx').moveCoordinator(next)
  const second = await producer.transaction()
  await second.send({ topic: 'orders', messages: [{ partition: 0, value: 'two' }] })
  await second.commit()
  await kit.topic('orders').expect(({ value }) => value === 'two')
  t.equal(kit.transaction('tx').coordinator(), next)
})

t.test('a follower that is held leaves the in-sync replicas, and comes back with what it has missed', async t => {
  const bench = await Bench.start(t, { brokers, properties: { 'min.insync.replicas': '3' } })
  const { kit } = bench
  const producer = await bench.producer({ retry: { retries: 0 } })
  await send(producer, 0, 'before')
  const follower = followerOf(kit, 0)
  const held = await kit.topic('orders').holdFollower(0, follower)
  t.notOk(kit.topic('orders').replicas(0).inSync.includes(follower))
  await t.rejects(send(producer, 0, 'too few'))
  t.ok(errorsOf(kit, 'Produce').has('NOT_ENOUGH_REPLICAS'))
  await t.rejects(kit.topic('orders').moveLeader(0, follower), /cannot lead orders-0: in sync are/)
  await held[Symbol.asyncDispose]()
  t.ok((await kit.topic('orders').inSync(0)).includes(follower))
  await send(producer, 0, 'after')
  await kit.topic('orders').moveLeader(0, follower)
  // A leader learns from its followers how far all of them are.
  await kit.topic('orders').offset(0, 2)
  t.same(
    (await kit.topic('orders').records()).map(({ value }) => value),
    ['before', 'after'],
    'it leads with all of it',
  )
})

t.test('brokers are stopped, killed and started, and clients go on', async t => {
  const bench = await Bench.start(t, { brokers })
  const { kit } = bench
  const producer = await bench.producer({ retry: { initialRetryTime: 50, retries: 20 } })
  await send(producer, 0, 'one')
  const first = kit.topic('orders').replicas(0).leader
  await kit.broker(first).kill()
  t.notOk(kit.broker(first).isRunning)
  await send(producer, 0, 'two')
  const second = kit.topic('orders').replicas(0).leader
  t.not(second, first)
  await kit.broker(first).start()
  await kit.topic('orders').inSync(0, 3)
  await kit.broker(second).stop()
  await send(producer, 0, 'three')
  t.same(
    (await kit.topic('orders').records()).map(({ value }) => value),
    ['one', 'two', 'three'],
  )
  t.throws(() => kit.broker(9), RangeError)
})

t.test('faults, the clock and the trace are of clients, and of all brokers', async t => {
  const bench = await Bench.start(t, { brokers })
  const { kit } = bench
  const fetched = kit.fault({ api: 'Fetch' }, { error: 'NOT_LEADER_OR_FOLLOWER' })
  const produced = kit.fault({ api: 'Produce' }, { delay: 1 })
  const producer = await bench.producer()
  for (const partition of [0, 1, 2]) await send(producer, partition, `value ${partition}`)
  t.equal(fetched.hits, 0, 'brokers copy from each other unseen')
  t.equal(produced.hits, 3)
  t.notOk(kit.trace.since().some(({ clientId }) => clientId?.startsWith('broker-')))
  await kit.clock.advance('7d')
  t.equal(kit.brokers.filter(({ isRunning }) => isRunning).length, 3, 'they stay in their cluster')
  t.same(kit.topic('orders').replicas(1).inSync.length, 3)
})

t.test('the same over HTTP', async t => {
  const { kit } = await Bench.start(t, { brokers, http: 0 })
  const speak = async (method: string, path: string, body?: object) => {
    const headers = { 'content-type': 'application/json' }
    const asked = { method, headers, ...(body && { body: JSON.stringify(body) }) }
    const answer = await fetch(`http://${kit.http}/testing/${path}`, asked)
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const broker = followerOf(kit, 0)
  t.match(await speak('POST', 'topics/orders/leader', { broker }), { status: 200, body: { leader: broker } })
  const follower = followerOf(kit, 0)
  const inSync = kit
    .topic('orders')
    .replicas(0)
    .inSync.filter(id => id !== follower)
  t.match(await speak('POST', 'topics/orders/held', { broker: follower }), { status: 200, body: { inSync } })
  t.match(await speak('DELETE', 'topics/orders/held'), { status: 200 })
  await kit.topic('orders').inSync(0)
  t.match(await speak('GET', 'topics/orders/replicas?partition=0'), { body: { leader: broker, inSync: { length: 3 } } })
  t.match(await speak('POST', 'groups/g/coordinator', { broker: 2 }), { status: 200, body: { broker: 2 } })
  t.match(await speak('GET', 'groups/g/coordinator'), { body: { broker: 2 } })
  t.match(await speak('POST', 'transactions/tx/coordinator', { broker: 3 }), { status: 200, body: { broker: 3 } })
  t.match(await speak('POST', 'brokers/1/stop'), { status: 200, body: { nodeId: 1, isRunning: false } })
  t.match(await speak('GET', 'brokers'), { body: { brokers: [{ isRunning: false }, { isRunning: true }, {}] } })
  t.match(await speak('GET', 'broker'), { status: 200, body: { clusterId: kit.clusterId } }, 'with the first away')
  t.match(await speak('POST', 'brokers/1/start'), { status: 200, body: { isRunning: true } })
  t.match(await speak('POST', 'brokers/9/start'), { status: 404 })
  t.match(await speak('POST', 'topics/orders/leader', { broker: 9 }), { status: 400, body: { error: /no broker 9/ } })
  t.match(await speak('POST', 'topics/orders/leader', { broker: '1' }), { status: 400 })
  t.match(await speak('POST', 'topics/none/leader', { broker: 1 }), {
    status: 400,
    body: { error: /no partition none-0/ },
  })
  t.match(await speak('POST', 'reset'), { status: 400, body: { error: /is for a broker alone/ } })
})

t.test('a broker alone has nobody to move to', async t => {
  const { kit } = await Bench.start(t, { http: 0 })
  t.same(kit.brokers, [])
  await t.rejects(kit.topic('orders').moveLeader(0, 1), /is for a cluster/)
  t.throws(() => kit.broker(1), /is for a cluster/)
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`http://${kit.http}/testing/brokers/1/stop`, { method: 'POST', headers })
  t.equal(answer.status, 400)
  await t.rejects(TestKafka.start({ brokers: 3, devTls: true }), /devTls is for a broker alone/)
})
