/** What `/metrics` tells of a broker: it agrees with what was done to it. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { Broker, type BrokerOptions } from '../../lib/broker.ts'
import { Client } from '../../lib/client/client.ts'
import { codes } from '../../protocol/errors.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { Scrape } from './scrape.ts'

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'

async function start(t: Test, options: Partial<BrokerOptions> = {}) {
  // The records here are of the year 1970: none is looked for that is past its time.
  const properties = { 'log.initial.task.delay.ms': '86400000', ...options.properties }
  const more = { ephemeral: true, dev: true, http: '0', logLevel: 'error' as const }
  const broker = await Broker.start({ port: 0, ...more, ...options, properties })
  t.teardown(() => broker.stop())
  const [host, port] = broker.bootstrap.split(':') as [string, string]
  const client = await Client.connect({ host, port: Number(port) })
  t.teardown(() => client.close())
  return { broker, client }
}

/** Resolves once groups are served. */
async function coordinated(client: Client): Promise<void> {
  for (;;) {
    const { errorCode } = await client.send(Heartbeat, 4, { groupId: 'nobody', generationId: 1, memberId: 'm' })
    if (errorCode === codes.UNKNOWN_MEMBER_ID) return
    await client.send(FindCoordinator, 3, { key: 'billing', keyType: 0, coordinatorKeys: [] })
  }
}

function batchOf(count: number): Buffer {
  return buildBatch({
    records: Array.from({ length: count }, (_, i) => ({ timestamp: 1, key: null, value: Buffer.from(`value ${i}`) })),
  })
}

async function produce(client: Client, name: string, index: number, count: number): Promise<number> {
  const records = batchOf(count)
  await client.send(Produce, 9, {
    ...{ transactionalId: null, acks: -1, timeoutMs: 10_000 },
    topicData: [{ name, topicId: zeroId, partitionData: [{ index, records }] }],
  })
  return records.length
}

/** Bytes of records that were given. */
async function fetched(client: Client, topic: string, partition: number, fetchOffset: number): Promise<number> {
  const { responses } = await client.send(Fetch, 11, {
    ...{ replicaId: -1, maxWaitMs: 0, minBytes: 0, maxBytes: 10_000_000, isolationLevel: 0 },
    ...{ sessionId: 0, sessionEpoch: -1, forgottenTopicsData: [] },
    topics: [{ topic, partitions: [{ partition, fetchOffset, partitionMaxBytes: 10_000_000 }] }],
  } as never)
  const { records } = responses[0]!.partitions[0]!
  return records === null ? 0 : (records as Buffer).length
}

const commit = (client: Client, groupId: string, name: string, offsets: Record<number, number>) =>
  client.send(OffsetCommit, 7, {
    ...{ groupId, generationIdOrMemberEpoch: -1, memberId: '' },
    topics: [
      {
        name,
        partitions: Object.entries(offsets).map(([index, committedOffset]) => ({
          ...{ partitionIndex: Number(index), committedOffset, committedMetadata: '' },
        })),
      },
    ],
  } as never)

t.test('figures agree with a known load to the last record', async t => {
  const { broker, client } = await start(t, { topics: { orders: 2, idle: 1 } })
  let [bytesIn, records] = [0, 0]
  for (let i = 0; i < 50; i++) {
    bytesIn += await produce(client, 'orders', i % 2, 1 + (i % 7))
    records += 1 + (i % 7)
  }
  for (let i = 0; i < 3; i++) await produce(client, 'orders', 7, 1)
  let bytesOut = 0
  for (const partition of [0, 1, 0]) bytesOut += await fetched(client, 'orders', partition, 0)
  await fetched(client, 'orders', 0, 100_000)
  await coordinated(client)
  await client.send(Heartbeat, 4, { groupId: 'g', generationId: 1, memberId: 'm' })
  const scrape = await Scrape.of(broker)
  const requests = scrape.named('ottla_requests_total{api="')
  for (const series of Object.keys(requests)) if (!/Produce|Fetch"/.test(series)) delete requests[series]
  t.same(requests, {
    'ottla_requests_total{api="Produce",error="NONE"}': 50,
    'ottla_requests_total{api="Produce",error="UNKNOWN_TOPIC_OR_PARTITION"}': 3,
    'ottla_requests_total{api="Fetch",error="NONE"}': 3,
    'ottla_requests_total{api="Fetch",error="OFFSET_OUT_OF_RANGE"}': 1,
  })
  t.equal(scrape.value('ottla_requests_total{api="Heartbeat",error="UNKNOWN_MEMBER_ID"}'), 2)
  t.equal(scrape.value('ottla_request_seconds_count{api="Produce"}'), 53)
  t.equal(scrape.value('ottla_records_total{topic="orders"}'), records)
  t.equal(scrape.value('ottla_bytes_total{topic="orders",direction="in"}'), bytesIn)
  t.equal(scrape.value('ottla_bytes_total{topic="orders",direction="out"}'), bytesOut)
  t.equal(scrape.value('ottla_log_bytes{topic="orders"}'), bytesIn)
  t.equal(scrape.value('ottla_records_total{topic="idle"}'), 0)
  t.equal(scrape.value('ottla_connections{listener="PLAINTEXT"}'), 1)
  t.same(scrape.named('ottla_series_dropped'), {})
  const detailed = await Scrape.of(broker, '?detail=partition')
  const sum = Object.values(detailed.named('ottla_records_total{topic="orders"')).reduce((a, b) => a + b)
  t.equal(sum, records)
  t.equal(
    detailed.value('ottla_log_end_offset{topic="orders",partition="0"}')! +
      detailed.value('ottla_log_end_offset{topic="orders",partition="1"}')!,
    records,
  )
})

t.test('a batch that was there already is not counted again', async t => {
  const { broker, client } = await start(t, { topics: { orders: 1 } })
  const records = () =>
    buildBatch({
      ...{ producerId: 7, producerEpoch: 0, baseSequence: 0 },
      records: [{ timestamp: 1, key: null, value: Buffer.from('once') }],
    })
  for (let i = 0; i < 3; i++) {
    await client.send(Produce, 9, {
      ...{ transactionalId: null, acks: -1, timeoutMs: 10_000 },
      topicData: [{ name: 'orders', topicId: zeroId, partitionData: [{ index: 0, records: records() }] }],
    })
  }
  const scrape = await Scrape.of(broker)
  t.equal(scrape.value('ottla_requests_total{api="Produce",error="NONE"}'), 3)
  t.equal(scrape.value('ottla_records_total{topic="orders"}'), 1)
})

t.test('the lag of a group is what it has not committed; without a commit it has none', async t => {
  const { broker, client } = await start(t, { topics: { orders: 3, other: 1 } })
  for (const partition of [0, 1, 2]) await produce(client, 'orders', partition, 10)
  await produce(client, 'other', 0, 5)
  await coordinated(client)
  await commit(client, 'billing', 'orders', { 0: 10, 1: 4 })
  await commit(client, 'billing', 'other', { 0: 99 })
  const scrape = await Scrape.of(broker)
  t.same(scrape.named('ottla_group_lag{'), {
    'ottla_group_lag{group="billing",topic="orders"}': 6,
    'ottla_group_lag{group="billing",topic="other"}': 0,
  })
  t.equal(scrape.value('ottla_group_status{group="billing",status="OK"}'), 1)
  t.equal(scrape.value('ottla_group_status{group="billing",status="STOP"}'), 0)
  t.equal(scrape.value('ottla_group_members{group="billing"}'), 0)
  t.equal(scrape.value('ottla_groups{kind="classic",state="Empty"}'), 1)
  const detailed = await Scrape.of(broker, '?detail=partition')
  t.same(detailed.named('ottla_group_lag{group="billing",topic="orders"'), {
    'ottla_group_lag{group="billing",topic="orders",partition="0"}': 0,
    'ottla_group_lag{group="billing",topic="orders",partition="1"}': 6,
  })
  const asExporter = await Scrape.of(broker, '?names=kafka_exporter')
  t.equal(asExporter.value('kafka_consumergroup_lag{consumergroup="billing",partition="1",topic="orders"}'), 6)
  t.equal(asExporter.value('kafka_consumergroup_lag_sum{consumergroup="billing",topic="orders"}'), 6)
  t.equal(asExporter.value('kafka_topic_partition_current_offset{partition="2",topic="orders"}'), 10)
  t.equal(asExporter.value('kafka_topic_partitions{topic="orders"}'), 3)
  t.ok([...asExporter.names()].every(name => name.startsWith('kafka_')))
})

t.test('rebalances are counted by why, and members', async t => {
  const { broker, client } = await start(t)
  await coordinated(client)
  const join = (memberId: string) =>
    client.send(JoinGroup, 5, {
      ...{
        groupId: 'billing',
        sessionTimeoutMs: 30_000,
        rebalanceTimeoutMs: 30_000,
        memberId,
        protocolType: 'consumer',
      },
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    } as never)
  const { memberId, errorCode } = await join('')
  t.equal(errorCode, codes.MEMBER_ID_REQUIRED)
  await join(memberId)
  const scrape = await Scrape.of(broker)
  t.same(scrape.named('ottla_rebalances_total'), { 'ottla_rebalances_total{group="billing",reason="join"}': 1 })
  t.equal(scrape.value('ottla_group_members{group="billing"}'), 1)
})

t.test('what is asked for in a way that there is not is refused, and nobody can write there', async t => {
  const { broker } = await start(t)
  for (const query of ['?detail=topic', '?names=jmx', '?detail=']) {
    t.equal((await fetch(`http://${broker.http}/metrics${query}`)).status, 400, query)
  }
  t.equal((await fetch(`http://${broker.http}/metrics`, { method: 'POST' })).status, 405)
  const head = await fetch(`http://${broker.http}/metrics`, { method: 'HEAD' })
  t.equal(head.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
})

const promtool = spawnSync('promtool', ['--version']).error === undefined
t.test('promtool finds nothing wrong', { skip: promtool ? false : "Debian's prometheus is not installed" }, async t => {
  const { broker, client } = await start(t, { topics: { orders: 2 } })
  await produce(client, 'orders', 0, 3)
  await coordinated(client)
  await commit(client, 'a "group"\\ of ñ\n', 'orders', { 0: 1 })
  for (const query of ['', '?detail=partition', '?names=kafka_exporter']) {
    // Names that are as kafka_exporter has them, which it finds fault with.
    const text = (await Scrape.of(broker, query)).text.replaceAll(/^.*kafka_consumergroup_\w+_sum.*\n/gm, '')
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
    t.equal(`${stdout}${stderr}`, '', query)
    t.equal(status, 0)
  }
})

t.test('docs/metrics.md names each figure, and none that there is not', async t => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
  const named = new Set(page.match(/\b(?:ottla|process)_[a-z_]*[a-z]\b/g))
  const sources = readdirSync(new URL('../../lib/metrics', import.meta.url)).filter(name => name.endsWith('.ts'))
  const declared = new Set(
    sources.flatMap(name => {
      const text = readFileSync(new URL(`../../lib/metrics/${name}`, import.meta.url), 'utf8')
      return [...text.matchAll(/'((?:ottla|process)_[a-z_]+)'/g)].map(([, found]) => found!)
    }),
  )
  t.ok(declared.size > 40, String(declared.size))
  t.same([...declared].filter(name => !named.has(name)).sort(), [], 'what the page leaves out')
  t.same([...named].filter(name => !declared.has(name)).sort(), [], 'what there is not')
})
