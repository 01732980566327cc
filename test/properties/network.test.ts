/** What properties of listeners, connections, requests and the node itself do. */
import t, { type Test } from 'tap'
import { BrokerConfig } from '../../lib/config/config.ts'
import { serverLimitsOf } from '../../lib/config/server-limits.ts'
import type { Context } from '../../lib/handlers/context.ts'
import { askAboutTransaction } from '../../lib/handlers/transaction-verification.ts'
import type { Network } from '../../lib/network/network.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import { Admission } from '../../lib/server/admission.ts'
import { defaultLimits } from '../../lib/server/limits.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { codes } from '../../protocol/errors.ts'
import { DescribeTopicPartitions } from '../../protocol/messages/describe-topic-partitions.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { GetTelemetrySubscriptions } from '../../protocol/messages/get-telemetry-subscriptions.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { PushTelemetry } from '../../protocol/messages/push-telemetry.ts'
import { wholeRequest } from '../../protocol/whole-request.ts'
import { FakeBroker, until } from '../server/fake-broker.ts'
import { connect, Turned } from '../turned-broker.ts'

t.test('socket.request.max.bytes closes a connection with a larger request', async t => {
  const broker = await Turned.start(t, { 'socket.request.max.bytes': '2000' })
  await broker.create('a')
  await broker.produce('a', 'x'.repeat(1_000))
  await t.rejects(broker.produce('a', 'x'.repeat(2_000)), /closed|ended|reset/)
})

t.test('queued.max.request.bytes is how many bytes of requests wait at once, over all connections', async t => {
  const config = BrokerConfig.parse({ 'queued.max.request.bytes': '250000', 'socket.request.max.bytes': '200000' })
  const broker = await FakeBroker.start({ limits: serverLimitsOf(config) })
  t.teardown(() => broker.stop())
  const send = async (memberId: string) => {
    const groupInstanceId = 'x'.repeat(30_000)
    return (await broker.connect()).send(Heartbeat, 4, { groupId: 'held', generationId: 0, memberId, groupInstanceId })
  }
  let done = false
  void Promise.all(Array.from({ length: 12 }, (_, i) => send(`m${i}`))).then(() => {
    done = true
  })
  await until(() => broker.beats.length === 8)
  const other = { groupId: 'g', generationId: 0, memberId: 'small' }
  await (await broker.connect()).send(Heartbeat, 4, other)
  t.equal(broker.beats.length, 9, 'eight large ones and the small one')
  await until(() => {
    for (const name of broker.beats) broker.release(name)
    return done
  })
  t.equal(broker.beats.length, 13)
})

t.test('socket.listen.backlog.size is what the system is told, though not below what a burst needs', async t => {
  const told: number[] = []
  const network: Network = {
    connect: systemNetwork.connect,
    listen: options => {
      told.push(options.backlog)
      return systemNetwork.listen(options)
    },
  }
  await Turned.start(t, { 'socket.listen.backlog.size': '5000' }, { network })
  await Turned.start(t, {}, { network })
  t.same(told, [5_000, 1_024])
})

/** How many connections beside the first of the broker are served. */
async function served(t: Test, broker: Turned, tried: number): Promise<number> {
  let count = 0
  for (let i = 0; i < tried; i++) {
    try {
      const client = await connect(broker.bootstrap)
      t.teardown(() => client.close())
      await client.send(Metadata, 4, wholeRequest(Metadata, { topics: [] }))
      count++
    } catch {
      // It was closed.
    }
  }
  return count
}

t.test('max.connections is how many connections there may be, and of one address max.connections.per.ip', async t => {
  t.equal(await served(t, await Turned.start(t), 3), 3)
  t.equal(await served(t, await Turned.start(t, { 'max.connections': '2' }), 3), 1)
  t.equal(await served(t, await Turned.start(t, { 'max.connections.per.ip': '2' }), 3), 1)
})

t.test('max.connections.per.ip.overrides is what an address may have instead of max.connections.per.ip', async t => {
  const properties = { 'max.connections.per.ip': '1', 'max.connections.per.ip.overrides': '127.0.0.1:3' }
  t.equal(await served(t, await Turned.start(t, properties), 4), 2)
})

t.test('broker.rack is told to clients', async t => {
  const broker = await Turned.start(t, { 'broker.rack': 'north' })
  const { brokers } = await broker.client.send(Metadata, 4, wholeRequest(Metadata, { topics: [] }))
  t.match(brokers, [{ rack: 'north' }])
})

t.test('transaction.max.timeout.ms is the longest time that a producer may ask for', async t => {
  const broker = await Turned.start(t, {
    'transaction.max.timeout.ms': '2000',
    'transaction.state.log.num.partitions': '1',
  })
  await broker.client.send(FindCoordinator, 3, { key: 't', keyType: 1, coordinatorKeys: [] })
  const asked = async (transactionTimeoutMs: number) =>
    (await broker.client.send(InitProducerId, 2, { transactionalId: 't', transactionTimeoutMs })).errorCode
  t.equal(await asked(2_001), codes.INVALID_TRANSACTION_TIMEOUT)
  t.equal(await asked(2_000), 0)
})

t.test('log.dirs is where logs are, and where it is not set log.dir', async t => {
  for (const [properties, dir] of [
    [{ 'log.dirs': '/a', 'log.dir': '/b' }, '/a/t-0'],
    [{ 'log.dir': '/b' }, '/b/t-0'],
  ] as const) {
    const broker = await Turned.start(t, properties)
    await broker.create('t')
    t.equal(broker.log('t').dir, dir)
  }
})

t.test('quota.window.num and quota.window.size.seconds are how many connections may come at once', t => {
  const atOnce = (properties: Record<string, string>) => {
    const config = BrokerConfig.parse({ 'max.connection.creation.rate': '2', ...properties })
    const door = new Admission({ ...defaultLimits, ...serverLimitsOf(config) })
    const here = { remoteAddress: '10.0.0.1', listener: 'PLAINTEXT' }
    let count = 0
    while (door.waitMs(here, 1_000_000) === 0) count++
    return count
  }
  t.equal(atOnce({}), 2 * 10 + 1)
  t.equal(atOnce({ 'quota.window.num': '3' }), 2 * 2 + 1)
  t.equal(atOnce({ 'quota.window.num': '3', 'quota.window.size.seconds': '5' }), 2 * 10 + 1)
  t.equal(atOnce({ 'quota.window.size.seconds': '5' }), 2 * 50 + 1)
  t.end()
})

t.test('max.request.partition.size.limit is how many partitions a page of descriptions has', async t => {
  const broker = await Turned.start(t, { 'max.request.partition.size.limit': '2' })
  for (const name of ['a', 'b', 'c']) await broker.create(name)
  const { topics, nextCursor } = await broker.client.send(DescribeTopicPartitions, 0, { topics: [] })
  t.same(
    topics.map(({ name }) => name),
    ['a', 'b'],
  )
  t.match(nextCursor, { topicName: 'c', partitionIndex: 0 })
})

t.test('telemetry.max.bytes is what clients are told of, and held to', async t => {
  const broker = await Turned.start(t, { 'telemetry.max.bytes': '10' })
  const noId = 'AAAAAAAAAAAAAAAAAAAAAA'
  const told = await broker.client.send(GetTelemetrySubscriptions, 0, { clientInstanceId: noId })
  t.equal(told.telemetryMaxBytes, 10)
  const { clientInstanceId, subscriptionId } = told
  const push = { clientInstanceId, subscriptionId, terminating: false, compressionType: 0, metrics: Buffer.alloc(11) }
  t.match(await broker.client.send(PushTelemetry, 0, push), { errorCode: codes.TELEMETRY_TOO_LARGE })
})

t.test('broker.id is an older name of node.id', async t => {
  const broker = await Turned.start(t, { 'broker.id': '7' })
  const { brokers } = await broker.client.send(Metadata, 4, wholeRequest(Metadata, { topics: [] }))
  t.match(brokers, [{ nodeId: 7 }])
})

t.test('process.roles without broker is refused, as nothing would be served', async t => {
  await Turned.start(t, { 'process.roles': 'broker' })
  t.throws(() => BrokerConfig.parse({ 'process.roles': 'controller' }), /process\.roles/)
})

t.test('add.partitions.to.txn.retry.backoff.ms is how often, and .max.ms how long, it is asked', async t => {
  for (const [properties, times] of [
    [{}, 6],
    [{ 'add.partitions.to.txn.retry.backoff.ms': '50' }, 3],
    [{ 'add.partitions.to.txn.retry.backoff.max.ms': '200' }, 11],
  ] as const) {
    const wire = new ManualClock()
    let asked = 0
    const transactions = {
      addAnywhere: async () => {
        asked++
        return codes.CONCURRENT_TRANSACTIONS
      },
    }
    const broker = { transactions, config: BrokerConfig.parse(properties), partitions: { clocks: { wire } } }
    const claim = { transactionalId: 't', producerId: 1, producerEpoch: 0 }
    const answer = askAboutTransaction({ broker } as unknown as Context, claim, 'a', 0, 'adds')
    await wire.advanceWith(1_000, () => new Promise(resolve => setImmediate(resolve)))
    t.equal(await answer, codes.CONCURRENT_TRANSACTIONS)
    t.equal(asked, times, JSON.stringify(properties))
  }
})
