/** What a test does to groups and topics by itself, and the words over HTTP for all of the state. */
import { Kafka, logLevel } from 'kafkajs'
import t from 'tap'
import { TestKafka } from '../../lib/testing.ts'
import { codes } from '../../protocol/errors.ts'
import { ConsumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { connect } from '../turned-broker.ts'

const noTopics = {
  topics: [],
  allowAutoTopicCreation: false,
  includeClusterAuthorizedOperations: false,
  includeTopicAuthorizedOperations: false,
}
const json = { 'content-type': 'application/json' }

async function ask(kit: TestKafka, method: string, path: string, body?: object) {
  const text = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(`http://${kit.http}/testing/${path}`, { method, headers: json, ...text })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

function clientOf({ bootstrap }: { bootstrap: string }): Kafka {
  return new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 20, retries: 50 } })
}

t.test('records are written and read without a client, as clients see them', async t => {
  await using kit = await TestKafka.start({ topics: { orders: 2 }, timeoutMs: 30_000 })
  const orders = kit.topic('orders')
  const written = await orders.produce(['plain', { key: 'a', value: { n: 1 }, headers: { h: 'x' }, partition: 1 }])
  t.match(written, [
    { partition: 0, offset: 0 },
    { partition: 1, offset: 0 },
  ])
  const records = await orders.records()
  t.match(records, [
    { partition: 0, offset: 0, key: null, value: 'plain' },
    { partition: 1, offset: 0, key: 'a', value: '{"n":1}', headers: [{ key: 'h' }] },
  ])
  const decoded = await orders.records({ partition: 1, decode: value => JSON.parse(String(value)) as { n: number } })
  t.equal(decoded[0]!.value.n, 1)
  t.same(await kit.topic('none').records(), [])
  await t.rejects(orders.produce([{ value: 'x', partition: 9 }]), /record 1: orders has no partition 9/)
  await t.rejects(orders.produce([{ velue: 'x' } as object]), /record 1: there is no field 'velue'/)
})

t.test('a record is waited for, and what is not there is told', async t => {
  await using kit = await TestKafka.start()
  const orders = kit.topic('orders')
  const coming = orders.expect(({ value }) => value === 'second')
  await orders.produce(['first', 'second'])
  t.match(await coming, { offset: 1, value: 'second' })
  await t.rejects(
    orders.expect(() => false, { timeoutMs: 1 }),
    { name: 'WaitTimeoutError', message: /2 others/ },
  )
})

t.test('records of transactions that are aborted or open are not read', async t => {
  await using kit = await TestKafka.start({ topics: { orders: 1 }, timeoutMs: 30_000 })
  const producer = clientOf(kit).producer({ transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  for (const end of ['abort', 'commit'] as const) {
    const transaction = await producer.transaction()
    await transaction.send({ topic: 'orders', messages: [{ value: end }] })
    await transaction[end]()
  }
  const open = await producer.transaction()
  await open.send({ topic: 'orders', messages: [{ value: 'open' }] })
  const valuesOf = async (isolation: 'read_committed' | 'read_uncommitted') =>
    (await kit.topic('orders').records({ isolation })).map(({ value }) => value)
  t.same(await valuesOf('read_committed'), ['commit'])
  t.same(await valuesOf('read_uncommitted'), ['abort', 'commit', 'open'])
  await kit.baseline()
  await kit.reset()
  t.same(await valuesOf('read_committed'), ['commit'], 'the open one was aborted')
  const markers = await kit.topic('orders').produce(['behind'])
  t.match(markers, [{ offset: 6 }], 'by a marker of its own')
  t.same(await valuesOf('read_committed'), ['commit', 'behind'])
  await producer.disconnect()
})

t.test('records are kept as lines and loaded again, to the last byte', async t => {
  await using kit = await TestKafka.start({ topics: { orders: 2 } })
  const bytes = Buffer.from([0, 255, 254])
  await kit.topic('orders').produce([
    { key: 'a', value: 'text', partition: 1 },
    { value: bytes, headers: { h: bytes } },
  ])
  const lines = await kit.lines()
  t.equal(lines.trimEnd().split('\n').length, 2)
  await kit.reset()
  await kit.load(lines)
  t.equal(await kit.lines('orders'), lines)
  await t.rejects(kit.load('{"topic":"orders","value":"x"}\nno'), /line 2: it is no JSON/)
  t.equal(await kit.lines(), lines, 'nothing of it was written')
})

t.test('offsets are recorded in the version that tools can read', async t => {
  for (const offsetCommitVersion of [3, 4] as const) {
    await using kit = await TestKafka.start({ topics: { orders: 1 }, offsetCommitVersion })
    await kit.group('app').setOffsets([{ topic: 'orders', partition: 0, offset: 7 }])
    const versions = await kit.topic('__consumer_offsets').records({ decode: value => value?.readInt16BE(0) })
    t.same(
      versions.filter(({ keyBytes }) => Buffer.from(keyBytes!).readInt16BE(0) === 1).map(({ value }) => value),
      [offsetCommitVersion],
    )
    await kit.baseline()
    await kit.reset()
    const admin = clientOf(kit).admin()
    await admin.connect()
    t.match(await admin.fetchOffsets({ groupId: 'app', topics: ['orders'] }), [{ partitions: [{ offset: '7' }] }])
    await admin.disconnect()
  }
})

t.test('members leave with their connection, and nobody waits for them', async t => {
  await using kit = await TestKafka.start({ topics: { orders: 1 }, timeoutMs: 30_000 })
  const consumerOf = async () => {
    const consumer = clientOf(kit).consumer({ groupId: 'app', maxWaitTimeInMs: 50, heartbeatInterval: 50 })
    await consumer.connect()
    await consumer.subscribe({ topic: 'orders', fromBeginning: true })
    await consumer.run({ eachMessage: async () => {} })
    return consumer
  }
  const raw = await connect(kit.bootstrap)
  const protocols = [{ name: 'RoundRobinAssigner', metadata: Buffer.alloc(0) }]
  const join = {
    ...{ groupId: 'app', memberId: '', groupInstanceId: null, protocolType: 'consumer', protocols, reason: null },
    ...{ sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 1_800_000 },
  }
  await raw.send(FindCoordinator, 0, { key: 'app', keyType: 0, coordinatorKeys: [] })
  t.match(await raw.send(JoinGroup, 1, join), { errorCode: 0 })
  const starting = consumerOf()
  await kit.request({ api: 'JoinGroup', count: 2 })
  await raw.close()
  const consumer = await starting
  const [member] = await kit.group('app').ready(1)
  const evicted = kit.mark()
  t.equal(await kit.group('app').evict(member!.memberId), 1)
  await kit.request({ api: 'JoinGroup', since: evicted })
  const [again] = await kit.group('app').ready(1)
  t.not(again!.memberId, member!.memberId, 'it joins again as another')
  t.notOk(await kit.group('app').expire(member!.memberId), 'there is none of that id any more')
  const expired = kit.mark()
  t.ok(await kit.group('app').expire(again!.memberId))
  await kit.request({ api: 'JoinGroup', since: expired })
  const [third] = await kit.group('app').ready(1)
  t.not(third!.memberId, again!.memberId, 'whose session has ended joins again as another')
  await consumer.disconnect()
  t.notOk(await kit.group('nobody').expire('x'))
})

t.test('the session of a static member ends by a word, and of a member of the consumer protocol', async t => {
  await using kit = await TestKafka.start({ topics: { orders: 1 }, timeoutMs: 30_000 })
  const raw = await connect(kit.bootstrap)
  const beat = (memberEpoch: number) =>
    raw.send(ConsumerGroupHeartbeat, 1, {
      ...{ groupId: 'next', memberId: 'm', memberEpoch, instanceId: 'i', rackId: null, rebalanceTimeoutMs: 60_000 },
      ...{ subscribedTopicNames: ['orders'], subscribedTopicRegex: null, serverAssignor: null, topicPartitions: [] },
    })
  await raw.send(FindCoordinator, 0, { key: 'next', keyType: 0, coordinatorKeys: [] })
  const { memberEpoch } = await beat(0)
  t.match(await beat(memberEpoch), { errorCode: codes.NONE })
  t.ok(await kit.group('next').expire('m'))
  t.match(await beat(memberEpoch), { errorCode: codes.UNKNOWN_MEMBER_ID })
  t.notOk(await kit.group('next').expire('m'))
  await raw.close()
})

t.test('offsets of groups are set, and groups forgotten', async t => {
  await using kit = await TestKafka.start({ topics: { orders: 1 }, timeoutMs: 30_000 })
  const admin = clientOf(kit).admin()
  await admin.connect()
  const app = kit.group('app')
  t.notOk(await app.delete(), 'there is none')
  await app.setOffsets([{ topic: 'orders', partition: 0, offset: 7 }])
  t.match(await admin.fetchOffsets({ groupId: 'app', topics: ['orders'] }), [{ partitions: [{ offset: '7' }] }])
  await t.rejects(app.setOffsets([{ topic: 'orders', partition: 3, offset: 7 }]), RangeError)
  t.ok(await app.delete())
  t.match(await admin.fetchOffsets({ groupId: 'app', topics: ['orders'] }), [{ partitions: [{ offset: '-1' }] }])
  await admin.disconnect()
})

t.test('the state has words over HTTP, and virtual clusters have all of them', async t => {
  await using kit = await TestKafka.start({ http: 0, topics: { orders: 1 } })
  const values = async (path = '') => {
    const { body } = await ask(kit, 'GET', `${path}topics/orders/records`)
    return (body.records as { value: string }[]).map(({ value }) => value)
  }
  t.match(await ask(kit, 'POST', 'topics/orders/records', { records: ['one'] }), { status: 200 })
  t.match(await ask(kit, 'POST', 'baseline'), { status: 200 })
  const { body: snapshot } = await ask(kit, 'POST', 'snapshots')
  await ask(kit, 'POST', 'topics/orders/records', { records: ['two', { key: 'k', value: 'three' }] })
  t.same(await values(), ['one', 'two', 'three'])
  t.match(await ask(kit, 'POST', 'reset'), { status: 200, body: { leftovers: [] } })
  t.same(await values(), ['one'])
  const { body: made } = await ask(kit, 'POST', 'clusters', { name: 'file 7' })
  t.match(made, { name: 'file 7', bootstrap: /:\d+$/ })
  await ask(kit, 'POST', 'clusters/file%207/topics/orders/records', { records: ['apart'] })
  t.same(await values('clusters/file%207/'), ['one', 'apart'])
  t.same(await values(), ['one'])
  t.match(await ask(kit, 'GET', 'clusters'), { body: { clusters: [{ name: 'file 7' }] } })
  t.match(await ask(kit, 'POST', `snapshots/${snapshot.id}/fork`, { name: 'copy' }), { body: { name: 'copy' } })
  t.match(await ask(kit, 'POST', `snapshots/${snapshot.id}/restore`), { status: 200 })
  t.match(await ask(kit, 'DELETE', `snapshots/${snapshot.id}`), { status: 200 })
  t.match(await ask(kit, 'POST', `snapshots/${snapshot.id}/restore`), { status: 404 })
  t.match(await ask(kit, 'DELETE', 'clusters/copy'), { status: 200 })
  t.match(await ask(kit, 'DELETE', 'clusters/copy'), { status: 404 })
  t.match(await ask(kit, 'POST', 'clusters/none/reset'), { status: 404 })
  const offsets = [{ topic: 'orders', partition: 0, offset: 1 }]
  t.match(await ask(kit, 'POST', 'groups/app/offsets', { offsets }), { status: 200 })
  t.match(await ask(kit, 'POST', 'groups/app/evict'), { body: { evicted: 0 } })
  t.match(await ask(kit, 'POST', 'groups/app/expire', { member: 'nobody' }), { status: 404 })
  t.match(await ask(kit, 'POST', 'groups/app/expire'), { status: 400 })
  t.match(await ask(kit, 'DELETE', 'groups/app'), { status: 200 })
  t.match(await ask(kit, 'DELETE', 'groups/app'), { status: 404 })
  t.match(await ask(kit, 'POST', 'reset', { connections: 'half' }), { status: 400 })
})

t.test('what is advertised can change, and stays over a reset', async t => {
  await using kit = await TestKafka.start({ http: 0 })
  t.match(await ask(kit, 'POST', 'advertise', { listeners: 'PLAINTEXT://elsewhere.example:4711' }), { status: 200 })
  await kit.reset()
  const client = await connect(kit.bootstrap)
  const { brokers } = await client.send(Metadata, 9, noTopics)
  t.match(brokers, [{ host: 'elsewhere.example', port: 4711 }])
  await client.close()
})
