/** Reset, snapshots, copies and virtual clusters: what there is afterwards, and that clients go on. */
import { type Consumer, Kafka, logLevel, type Producer } from 'kafkajs'
import t, { type Test } from 'tap'
import type { Broker } from '../../lib/broker.ts'
import type { Client } from '../../lib/client/client.ts'
import { TestKafka, type TestKafkaOptions } from '../../lib/testing.ts'
import { codes } from '../../protocol/errors.ts'
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { connect } from '../turned-broker.ts'

function clientOf({ bootstrap }: Broker, clientId = 'test'): Kafka {
  const retry = { initialRetryTime: 20, maxRetryTime: 200, retries: 50 }
  return new Kafka({ clientId, brokers: [bootstrap], logLevel: logLevel.NOTHING, retry })
}

/** It stops after all clients, which are taken down in reverse. */
async function started(t: Test, options: TestKafkaOptions = {}): Promise<TestKafka> {
  const kit = await TestKafka.start(options)
  t.teardown(() => kit.stop())
  return kit
}

let readers = 0

/** Values as they come, and whoever waits for some. */
class Received {
  readonly values: string[] = []
  #wake: () => void = () => {}

  push(value: string): void {
    this.values.push(value)
    this.#wake()
  }

  async until(seen: (values: readonly string[]) => boolean): Promise<readonly string[]> {
    while (!seen(this.values)) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    return this.values
  }
}

async function reading(t: Test, kit: Broker, topic: string, groupId: string): Promise<Received> {
  const consumer: Consumer = clientOf(kit).consumer({ groupId, heartbeatInterval: 100, maxWaitTimeInMs: 50 })
  t.teardown(() => consumer.disconnect())
  const received = new Received()
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommitThreshold: 1,
    eachMessage: async ({ message }) => received.push(String(message.value)),
  })
  return received
}

async function producing(t: Test, kit: Broker): Promise<Producer> {
  const producer = clientOf(kit, 'app').producer()
  await producer.connect()
  t.teardown(() => producer.disconnect())
  return producer
}

async function valuesOf(t: Test, kit: Broker, topic: string, count: number): Promise<readonly string[]> {
  const received = await reading(t, kit, topic, `reader-${++readers}`)
  return received.until(values => values.length >= count)
}

t.test('reset goes to what the broker was started with, and names who is connected still', async t => {
  const first = { topic: 'orders', key: 'a', value: 'first' }
  const kit = await started(t, { topics: { orders: 3 }, records: [first] })
  const admin = clientOf(kit, 'admin').admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  const producer = await producing(t, kit)
  await producer.send({ topic: 'orders', messages: [{ value: 'later' }] })
  await admin.createTopics({ topics: [{ topic: 'more' }] })
  const clusterId = kit.clusterId
  const { leftovers } = await kit.reset()
  t.same([...new Set(leftovers.map(({ clientId }) => clientId))].sort(), ['admin', 'app'])
  t.same(await admin.listTopics(), ['orders'])
  t.equal(kit.clusterId, clusterId)
  t.same(await valuesOf(t, kit, 'orders', 1), ['first'])
  await producer.send({ topic: 'orders', messages: [{ key: 'a', value: 'second' }] })
  t.same(await valuesOf(t, kit, 'orders', 2), ['first', 'second'], 'the producer goes on by its connection')
})

t.test('without anything to begin with, reset leaves nothing', async t => {
  const kit = await started(t)
  const adminOf = async () => {
    const admin = clientOf(kit).admin()
    await admin.connect()
    t.teardown(() => admin.disconnect())
    return admin
  }
  await (await adminOf()).createTopics({ topics: [{ topic: 'orders' }] })
  t.match(await kit.reset({ connections: 'close' }), { leftovers: [] })
  t.same(await (await adminOf()).listTopics(), [])
})

t.test('a producer and a consumer go on after resets in the middle of their work', async t => {
  const kit = await started(t, { topics: { orders: 1 } })
  const producer = await producing(t, kit)
  const received = await reading(t, kit, 'orders', 'app')
  for (const round of ['a', 'b', 'c']) {
    for (let i = 0; i < 20; i++)
      void producer.send({ topic: 'orders', messages: [{ value: `${round}-${i}` }] }).catch(() => {})
    await received.until(values => values.includes(`${round}-0`))
    await kit.reset()
    await producer.send({ topic: 'orders', messages: [{ value: `after ${round}` }] })
    await received.until(values => values.includes(`after ${round}`))
  }
  t.pass('each record that was produced after a reset was consumed')
})

t.test('an idempotent producer goes on, and none of its records is taken for one of before', async t => {
  const kit = await started(t, { topics: { orders: 1 } })
  const producer = clientOf(kit).producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  t.teardown(() => producer.disconnect())
  for (const value of ['1', '2', '3']) await producer.send({ topic: 'orders', messages: [{ value }] })
  await kit.baseline()
  for (const value of ['4', '5']) await producer.send({ topic: 'orders', messages: [{ value }] })
  await kit.reset()
  await producer.send({ topic: 'orders', messages: [{ value: '6' }] })
  const fresh = clientOf(kit).producer({ idempotent: true, maxInFlightRequests: 1 })
  await fresh.connect()
  t.teardown(() => fresh.disconnect())
  await fresh.send({ topic: 'orders', messages: [{ value: '7' }] })
  t.same(await valuesOf(t, kit, 'orders', 5), ['1', '2', '3', '6', '7'])
})

t.test('groups have the offsets of the snapshot and no members', async t => {
  const kit = await started(t, { topics: { orders: 1 }, records: [{ topic: 'orders', value: 'first' }] })
  const admin = clientOf(kit).admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  const received = await reading(t, kit, 'orders', 'app')
  await received.until(values => values.length === 1)
  const committed = async () => {
    const [{ partitions } = { partitions: [] }] = await admin.fetchOffsets({ groupId: 'app', topics: ['orders'] })
    return partitions[0]?.offset
  }
  while ((await committed()) !== '1') await admin.listTopics()
  const snapshot = await kit.snapshot()
  const twin = await kit.fork(snapshot)
  const admins = clientOf(twin).admin()
  await admins.connect()
  t.teardown(() => admins.disconnect())
  const { groups } = await admins.describeGroups(['app'])
  t.match(groups, [{ state: 'Empty', members: [] }])
  t.match(await admins.fetchOffsets({ groupId: 'app', topics: ['orders'] }), [{ partitions: [{ offset: '1' }] }])
  await admin.deleteTopics({ topics: ['orders'] })
  await kit.restore(snapshot)
  t.equal(await committed(), '1', 'also where the topic has been deleted since')
})

t.test('a copy has a life of its own', async t => {
  const kit = await started(t, { topics: { orders: 1 } })
  const producer = await producing(t, kit)
  await producer.send({ topic: 'orders', messages: [{ value: 'both' }] })
  const twin = await kit.fork()
  t.not(twin.bootstrap, kit.bootstrap)
  t.not(twin.clusterId, kit.clusterId)
  await producer.send({ topic: 'orders', messages: [{ value: 'first alone' }] })
  const other = await producing(t, twin)
  await other.send({ topic: 'orders', messages: [{ value: 'copy alone' }] })
  t.same(await valuesOf(t, kit, 'orders', 2), ['both', 'first alone'])
  t.same(await valuesOf(t, twin, 'orders', 2), ['both', 'copy alone'])
})

t.test('virtual clusters are apart, begin with the baseline, and are there by their names', async t => {
  const kit = await started(t, { topics: { orders: 1 } })
  const one = await kit.cluster('one')
  const two = await kit.cluster('two')
  t.equal(await kit.cluster('two'), two)
  await (await producing(t, one)).send({ topic: 'orders', messages: [{ value: 'of one' }] })
  await (await producing(t, two)).send({ topic: 'orders', messages: [{ value: 'of two' }] })
  t.same(await valuesOf(t, one, 'orders', 1), ['of one'])
  t.same(await valuesOf(t, two, 'orders', 1), ['of two'])
  await one.reset()
  await (await producing(t, one)).send({ topic: 'orders', messages: [{ value: 'again' }] })
  t.same(await valuesOf(t, one, 'orders', 1), ['again'])
})

t.test('a fault of a test does not meet the next, and a copy has none', async t => {
  await using kit = await TestKafka.start({ topics: { orders: 1 } })
  kit.fault({ api: 'Metadata' }, { error: 'UNKNOWN_SERVER_ERROR' })
  await using twin = await kit.fork()
  t.same([kit.faults.length, twin.faults.length], [1, 0])
  await kit.reset()
  t.equal(kit.faults.length, 0)
})

t.test('a virtual cluster that was stopped by itself is gone', async t => {
  await using kit = await TestKafka.start()
  const one = await kit.cluster('one')
  await one.stop()
  t.not(await kit.cluster('one'), one)
})

t.test('topics keep their ids where that is asked for, over any number of resets, and new ones otherwise', async t => {
  const kit = await started(t, { topics: { orders: 1, letters: 1 } })
  const client = await connect(kit.bootstrap)
  t.teardown(() => client.close())
  const ids = async () => {
    const { topics } = await client.send(Metadata, 12, {
      ...{ topics: null, allowAutoTopicCreation: false },
      ...{ includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false },
    })
    return Object.fromEntries(topics.map(({ name, topicId }) => [String(name), topicId]))
  }
  const first = await ids()
  await kit.topic('orders').produce(['gone'])
  await kit.reset({ topicIds: 'keep' })
  t.same(await ids(), first)
  t.same(await kit.topic('orders').records(), [])
  await kit.reset()
  const second = await ids()
  t.not(second.orders, first.orders)
  t.not(second.letters, first.letters)
  await kit.reset({ topicIds: 'keep' })
  t.same(await ids(), second, 'those of now, not those of the baseline')
})

t.test('a broker that keeps its data on disk refuses', async t => {
  const data = t.testdir()
  await using kit = await TestKafka.start({ data })
  await t.rejects(kit.reset(), /reset is for a broker in memory, and this one keeps its data in/)
  await t.rejects(kit.snapshot(), TypeError)
  await t.rejects(kit.cluster('one'), TypeError)
})

t.test('who waits is answered by a reset, and epochs and ids go on', async t => {
  await using kit = await TestKafka.start({ topics: { orders: 1 } })
  const clients = [1, 2, 3, 4].map(() => connect(kit.bootstrap))
  const [fetching, first, second, asking] = (await Promise.all(clients)) as [Client, Client, Client, Client]
  const before = await topicIn(asking)
  const fetched = fetching.send(Fetch, 13, {
    ...{ maxWaitMs: 60_000, minBytes: 1, maxBytes: 10_000, isolationLevel: 0, forgottenTopicsData: [] },
    topics: [{ ...before, topic: '', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000 }] }],
  })
  await asking.send(FindCoordinator, 3, { key: 'app', keyType: 0, coordinatorKeys: [] })
  const join = {
    ...{ groupId: 'app', memberId: '', protocolType: 'consumer', sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 60_000 },
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
  }
  const { generationId } = await first.send(JoinGroup, 3, join)
  // It waits for the first to join again, which does not.
  const waiting = second.send(JoinGroup, 3, join)
  const groups = ['app']
  for (let state = ''; state !== 'PreparingRebalance'; ) {
    state = (await asking.send(DescribeGroups, 0, { groups, includeAuthorizedOperations: false })).groups[0]!.groupState
  }
  await kit.reset()
  const [topic] = (await fetched).responses
  t.ok([codes.UNKNOWN_TOPIC_ID, codes.UNKNOWN_TOPIC_OR_PARTITION].includes(topic!.partitions[0]!.errorCode as never))
  t.match(await waiting, { errorCode: codes.UNKNOWN_MEMBER_ID })
  const after = await topicIn(asking)
  t.not(after.topicId, before.topicId)
  t.ok(after.leaderEpoch > before.leaderEpoch)
  await asking.send(FindCoordinator, 3, { key: 'app', keyType: 0, coordinatorKeys: [] })
  const again = await first.send(JoinGroup, 3, join)
  t.match(again, { errorCode: 0, generationId: generationId + 1 }, 'generations go on')
  for (const client of [fetching, first, second, asking]) await client.close()
})

async function topicIn(client: Client): Promise<{ topicId: string; leaderEpoch: number }> {
  const { topics } = await client.send(Metadata, 10, {
    topics: [{ name: 'orders', topicId: 'A'.repeat(22) }],
    ...{
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    },
  })
  const { topicId, partitions } = topics[0]!
  return { topicId, leaderEpoch: partitions[0]!.leaderEpoch }
}
