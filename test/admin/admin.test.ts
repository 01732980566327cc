/** An administrator beside a real broker, and beside a network and a broker that give trouble. */
import t, { type Test } from 'tap'
import { Admin, parseAddress } from '../../lib/admin/admin.ts'
import { alterGroupOffsets, deleteGroups, groupOffsets, listGroups } from '../../lib/admin/groups.ts'
import { deleteRecords, listEnds, listOffsets, offsetSpecs } from '../../lib/admin/offsets.ts'
import { createPartitions, createTopics, deleteTopics, describeTopics, listTopics } from '../../lib/admin/topics.ts'
import { systemClock } from '../../lib/base/clock.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { Broker } from '../../lib/broker.ts'
import { MemoryNetwork } from '../../lib/network/memory.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import { codes } from '../../protocol/errors.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { FakeBroker } from '../server/fake-broker.ts'

function adminOf(
  t: Test,
  bootstrap: string,
  options: { timeoutMs?: number; network?: typeof systemNetwork } = {},
): Admin {
  const admin = new Admin({
    ...{ bootstrap: [bootstrap], clock: systemClock, network: systemNetwork, random: seededRandom(1) },
    ...options,
  })
  t.teardown(() => admin.close())
  return admin
}

async function start(t: Test): Promise<Admin> {
  const broker = await Broker.start({ port: 0, ephemeral: true, dev: true })
  t.teardown(() => broker.stop())
  return adminOf(t, broker.bootstrap)
}

async function produce(admin: Admin, topic: string, index: number, timestamps: readonly number[]): Promise<void> {
  const { topics } = await admin.metadata([topic])
  const records = buildBatch({
    records: timestamps.map(timestamp => ({ timestamp, key: null, value: Buffer.from('v') })),
  })
  const partitionData = [{ index, records }]
  await admin.ask({ to: 'any' }, Produce, {
    ...{ acks: -1, timeoutMs: 1_000 },
    topicData: [{ name: topic, topicId: topics.get(topic)!.topicId, partitionData }],
  })
}

t.test('topics are made, listed, described page by page, enlarged and deleted', async t => {
  const admin = await start(t)
  const made = await createTopics(admin, [
    { name: 'a', partitions: 3, configs: { 'retention.ms': '1000' } },
    { name: 'b', assignments: [[1], [1]] },
    { name: 'no/name' },
  ])
  t.same(
    made.map(({ name, errorCode }) => [name, errorCode]),
    [
      ['a', 0],
      ['b', 0],
      ['no/name', codes.INVALID_TOPIC_EXCEPTION],
    ],
  )
  t.same(
    (await listTopics(admin)).map(({ name, partitions }) => [name, partitions.length]),
    [
      ['a', 3],
      ['b', 2],
    ],
  )
  await createTopics(admin, [{ name: 'many', partitions: 2_500 }])
  const [, many] = await describeTopics(admin, ['a', 'many'])
  t.equal(many!.partitions.length, 2_500)
  t.match(many!.partitions[2_499], { index: 2_499, leader: 1, isr: [1], eligibleLeaderReplicas: [] })
  t.match(await createPartitions(admin, { a: { count: 5 } }), [{ name: 'a', errorCode: 0 }])
  t.match(await deleteTopics(admin, ['a', 'missing']), [
    { name: 'a', errorCode: 0 },
    { name: 'missing', errorCode: codes.UNKNOWN_TOPIC_OR_PARTITION },
  ])
})

t.test('offsets are told by the leaders, also for what is not there', async t => {
  const admin = await start(t)
  await createTopics(admin, [{ name: 'a', partitions: 2 }])
  await produce(admin, 'a', 0, [1_000, 3_000, 2_000])
  const all = [
    { topic: 'a', partition: 0 },
    { topic: 'a', partition: 1 },
    { topic: 'missing', partition: 0 },
  ]
  const latest = await listOffsets(admin, all, offsetSpecs.latest)
  t.same(
    latest.map(({ errorCode, value }) => [errorCode, value.offset]),
    [
      [0, 3],
      [0, 0],
      [codes.UNKNOWN_TOPIC_OR_PARTITION, -1],
    ],
  )
  const [greatest] = await listOffsets(admin, [all[0]!], offsetSpecs.maxTimestamp)
  t.match(greatest!.value, { offset: 1, timestamp: 3_000 })
  const [deleted] = await deleteRecords(admin, [{ topic: 'a', partition: 0, offset: 2 }])
  t.match(deleted, { errorCode: 0, value: 2 })
})

t.test('leaders that are known are asked at once, and the cluster only for those that have moved', async t => {
  const admin = await start(t)
  await createTopics(admin, [{ name: 'a', partitions: 2 }])
  await produce(admin, 'a', 1, [1, 2, 3])
  await deleteRecords(admin, [{ topic: 'a', partition: 1, offset: 2 }])
  const both = [0, 1].map(partition => ({ topic: 'a', partition }))
  const asked: (readonly string[] | null)[] = []
  const metadata = admin.metadata.bind(admin)
  Object.assign(admin, { metadata: (topics: readonly string[] | null) => asked.push(topics) && metadata(topics) })
  const right = [
    { ...both[0], errorCode: 0, value: { start: 0, end: 0 } },
    { ...both[1], errorCode: 0, value: { start: 2, end: 3 } },
  ]
  t.same(await listEnds(admin, both, { leaderOf: () => 1 }), right)
  t.same(asked, [])
  t.same(await listEnds(admin, both, { leaderOf: ({ partition }) => (partition === 0 ? 1 : 77) }), right)
  t.same(asked.at(-1), ['a'])
  t.same(await listEnds(admin, both, { leaderOf: () => -1 }), right, 'nor is it guessed where nobody leads')
  const missing = { topic: 'none', partition: 0 }
  t.match(await listEnds(admin, [missing], { leaderOf: () => 1 }), [{ errorCode: codes.UNKNOWN_TOPIC_OR_PARTITION }])
})

t.test('offsets of a group are set, told and deleted with it', async t => {
  const admin = await start(t)
  await createTopics(admin, [{ name: 'a', partitions: 2 }])
  t.match(await alterGroupOffsets(admin, 'g', [{ topic: 'a', partition: 1, offset: 7, metadata: 'm' }]), [
    { errorCode: 0 },
  ])
  t.match(await groupOffsets(admin, 'g'), [
    { topic: 'a', partition: 1, errorCode: 0, value: { offset: 7, metadata: 'm' } },
  ])
  t.match(await listGroups(admin), [{ groupId: 'g', groupState: 'Empty' }])
  t.match(await deleteGroups(admin, ['g', 'none']), [
    { groupId: 'g', errorCode: 0 },
    { groupId: 'none', errorCode: codes.GROUP_ID_NOT_FOUND },
  ])
})

t.test('offsets are set again where the coordinator has just come up, and not where they are refused', async t => {
  const admin = await start(t)
  await createTopics(admin, [{ name: 'a' }])
  let [asked, errorCode] = [0, codes.COORDINATOR_LOAD_IN_PROGRESS as number]
  const young: Admin = Object.create(admin, {
    again: { value: admin.again.bind(admin) },
    ask: {
      value: async (...args: Parameters<Admin['ask']>) => {
        if (++asked > 2) return admin.ask(...args)
        return { topics: [{ name: 'a', partitions: [{ partitionIndex: 0, errorCode }] }] }
      },
    },
  })
  const offsets = [{ topic: 'a', partition: 0, offset: 3 }]
  t.match(await alterGroupOffsets(young, 'g', offsets), [{ errorCode: 0 }])
  t.equal(asked, 3)
  t.match(await groupOffsets(admin, 'g'), [{ value: { offset: 3 } }])
  ;[asked, errorCode] = [0, codes.UNKNOWN_MEMBER_ID]
  t.match(await alterGroupOffsets(young, 'g', offsets), [{ errorCode: codes.UNKNOWN_MEMBER_ID }])
  t.equal(asked, 1)
})

t.test('a broker that cannot be reached is tried until the time is over, and the error says so', async t => {
  const network = new MemoryNetwork({ clock: systemClock })
  const admin = adminOf(t, 'nowhere:9092', { timeoutMs: 200, network: network.host('admin') })
  await t.rejects(admin.metadata(), { code: codes.NETWORK_EXCEPTION, message: /within 200 ms.*nowhere:9092/ })
})

t.test('an API that the broker does not serve is refused at once, with a sentence', async t => {
  const broker = await FakeBroker.start()
  t.teardown(() => broker.stop())
  const admin = adminOf(t, `127.0.0.1:${broker.bound[0]!.port}`)
  await t.rejects(admin.ask({ to: 'any' }, Heartbeat, {}), { code: codes.UNSUPPORTED_VERSION, message: /Heartbeat/ })
})

t.test('addresses are read with IPv6 and protocols, and refused with what to write', async t => {
  t.same(parseAddress('[::1]:9092'), { host: '::1', port: 9092 })
  t.same(parseAddress('PLAINTEXT://h:1'), { host: 'h', port: 1 })
  t.throws(() => parseAddress('h'), { message: /host:port/ })
})
