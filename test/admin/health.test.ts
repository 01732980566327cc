/** A check of health: it does what clients do, says what failed, and leaves nothing that anybody would come across. */
import { mkdirSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Admin } from '../../lib/admin/admin.ts'
import { listGroups } from '../../lib/admin/groups.ts'
import { checkHealth } from '../../lib/admin/health.ts'
import { describeTopics, listTopics } from '../../lib/admin/topics.ts'
import { systemClock, systemClocks } from '../../lib/base/clock.ts'
import { silentLogger } from '../../lib/base/logger.ts'
import { systemRandom } from '../../lib/base/random.ts'
import { Broker } from '../../lib/broker.ts'
import { Composition } from '../../lib/composition.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import type { Interceptor } from '../../lib/server/interceptor.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { DescribeLogDirs } from '../../protocol/messages/describe-log-dirs.ts'
import { DescribeTopicPartitions } from '../../protocol/messages/describe-topic-partitions.ts'
import { ListConfigResources } from '../../protocol/messages/list-config-resources.ts'
import { memoryFiles } from '../../storage/files.ts'
import { until } from '../server/fake-broker.ts'
import { turnOfTheLoop } from '../turn-of-the-loop.ts'

const world = { clock: systemClock, random: systemRandom, network: systemNetwork }

/** The time only ends what hangs. */
function check(bootstrap: string, timeoutMs = 60_000): Promise<void> {
  return checkHealth({ address: addressOf(bootstrap), timeoutMs, ...world })
}

function addressOf(bootstrap: string) {
  const [host, port] = bootstrap.split(':') as [string, string]
  return { host, port: Number(port) }
}

/** A broker some of whose answers are changed. */
async function troubled(t: Test, interceptor: Interceptor): Promise<string> {
  const broker = await Composition.start({
    config: BrokerConfig.parse({ listeners: 'PLAINTEXT://127.0.0.1:0', 'offsets.topic.num.partitions': '3' }),
    ephemeral: true,
    parts: { clocks: systemClocks, random: systemRandom, files: memoryFiles(), network: systemNetwork },
    logger: silentLogger,
    interceptors: [interceptor],
  })
  t.teardown(() => broker.stop())
  return broker.bootstrap
}

t.test('a broker is healthy, with the settings of a cluster too, and nothing tells of the checks', async t => {
  const data = join(t.testdir(), 'data')
  mkdirSync(data)
  const broker = await Broker.start({ port: 0, data, topics: { orders: 2 } })
  const admin = new Admin({ bootstrap: [broker.bootstrap], ...world })
  const seen = async () => {
    const { results } = await admin.ask({ to: 'any' }, DescribeLogDirs, { topics: null })
    const pages = await admin.ask({ to: 'any' }, DescribeTopicPartitions, { topics: [], responsePartitionLimit: 100 })
    const configs = await admin.ask({ to: 'any' }, ListConfigResources, { resourceTypes: [2] })
    return {
      topics: (await listTopics(admin, { internal: true })).map(({ name }) => name),
      groups: await listGroups(admin),
      directories: results.map(({ topics }) => topics),
      described: pages.topics.map(({ name }) => name),
      configs: configs.configResources.map(({ resourceName }) => resourceName),
      metrics: broker.metrics().filter(({ name }) => !name.startsWith('time-since')),
    }
  }
  const before = await seen()
  t.same(before.topics, ['orders'])
  for (let i = 0; i < 3; i++) await check(broker.bootstrap)
  t.same(await seen(), before)
  const [named] = await describeTopics(admin, ['__ottla_health'])
  t.equal(named!.partitions.length, 1, 'what it did is there for whoever names it')
  await admin.close()
  await broker.stop()
  const again = await Broker.start({ port: 0, data })
  await check(again.bootstrap)
  await again.stop()
})

t.test('checks at the same time do not disturb each other, nor the groups of others', async t => {
  const broker = await Broker.start({ port: 0, ephemeral: true })
  t.teardown(() => broker.stop())
  await t.resolves(Promise.all(Array.from({ length: 5 }, () => check(broker.bootstrap))))
})

t.test('what does not work is named', async t => {
  for (const [api, expected] of [
    ['Produce', /^producing a record: .*disk/],
    ['Fetch', /^consuming the record: /],
    ['FindCoordinator', /^looking for the coordinator of a group: /],
    ['JoinGroup', /^joining a group: /],
    ['SyncGroup', /^joining a group: /],
    ['LeaveGroup', /^leaving the group: /],
  ] as const) {
    const error = new KafkaError(codes.KAFKA_STORAGE_ERROR, 'the disk is full')
    const bootstrap = await troubled(t, {
      before: call => (call.api.name === api ? { kind: 'refuse', error } : undefined),
    })
    await t.rejects(check(bootstrap), { name: 'UnhealthyError', message: expected }, api)
  }
})

t.test('a broker that does not answer in time is not healthy', async t => {
  const clock = new ManualClock({ immediates: 'real' })
  let [joins, isOver] = [0, false]
  const stalls = await troubled(t, {
    before: ({ api }) => {
      if (api.name !== 'JoinGroup') return undefined
      joins++
      return { kind: 'stall' }
    },
  })
  const stalled = checkHealth({ address: addressOf(stalls), ...world, clock }).finally(() => {
    isOver = true
  })
  stalled.catch(() => undefined)
  await until(() => joins === 1)
  clock.advance(999)
  await turnOfTheLoop()
  t.notOk(isOver)
  clock.advance(1)
  await t.rejects(stalled, { message: 'joining a group: not done within 1000 ms' })
  const loads = await troubled(t, {
    before: ({ api }) =>
      api.name === 'JoinGroup'
        ? { kind: 'refuse', error: new KafkaError(codes.COORDINATOR_LOAD_IN_PROGRESS, 'loading') }
        : undefined,
  })
  const loading = checkHealth({ address: addressOf(loads), timeoutMs: 300, ...world, clock })
  loading.catch(() => undefined)
  // It waits until it asks again.
  await until(() => clock.nextTimerMs <= clock.now() + 50)
  clock.advance(300)
  await t.rejects(loading, { message: 'joining a group (COORDINATOR_LOAD_IN_PROGRESS): not done within 300 ms' })
})

t.test('who accepts connections and says nothing, or nothing sensible, is no broker', async t => {
  const sockets = new Set<Socket>()
  const silent = createServer(socket => void sockets.add(socket))
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    silent.close()
  })
  const { port } = silent.address() as { port: number }
  await t.rejects(check(`127.0.0.1:${port}`, 200), { message: 'connecting: not done within 200 ms' })
  await t.rejects(check('127.0.0.1:1'), { message: /^connecting: .*ECONNREFUSED/ })
})

t.test('a check does not make the topic of groups', async t => {
  const broker = await Broker.start({ port: 0, ephemeral: true, dev: true })
  t.teardown(() => broker.stop())
  const admin = new Admin({ bootstrap: [broker.bootstrap], ...world })
  t.teardown(() => admin.close())
  await check(broker.bootstrap)
  t.same(await listTopics(admin, { internal: true }), [])
})
