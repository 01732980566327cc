/**
 * A data directory that Apache Kafka 4.3 wrote and closed well, and what its own consumers read from it: codecs, transactions,
 * a compacted topic, a log whose first segments are gone, a group; in the metadata log a snapshot, and topics, settings and
 * credentials that came and went.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { createLogger } from '../../lib/base/logger.ts'
import { Broker, type BrokerOptions } from '../../lib/broker.ts'
import { Client } from '../../lib/client/client.ts'
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { checkLog } from '../../storage/check.ts'
import { diskFiles } from '../../storage/files.ts'
import { defaultLogConfig, Log } from '../../storage/log.ts'
import { unpack } from './archive.ts'
import { type Consumption, consume, type Isolation, offsetAt } from './consumer.ts'

/** What Kafka's consumers read from one partition. Of `rolled` only offsets and sizes of values are known. */
interface Expected {
  readonly topic: string
  readonly partition: number
  readonly isolation: Isolation
  readonly start: number
  readonly end: number
  readonly records: readonly (readonly unknown[])[]
}

const expected: Expected[] = gunzipSync(readFileSync(new URL('../fixtures/kafka-datadir.jsonl.gz', import.meta.url)))
  .toString()
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))

/** A moment shortly after Kafka wrote the directory. */
const writtenMs = 1_795_237_300_000

/**
 * The directory gets older every day: nothing of it may go or be rolled because of that, and nothing of what is read because of
 * compaction.
 */
const keepAll = {
  'log.retention.ms': '-1',
  'log.roll.hours': '2147483647',
  'offsets.retention.minutes': '2147483647',
  'log.cleaner.enable': 'false',
}

const pristine = t.testdir()
unpack(new URL('../fixtures/kafka-datadir.tar.gz', import.meta.url), pristine)

function copyOfDirectory(t: { testdir(): string }): string {
  const directory = join(t.testdir(), 'data')
  cpSync(pristine, directory, { recursive: true })
  return directory
}

type Teardown = { teardown(run: () => unknown): void }

/** A broker on a directory, a connection to it, and what it logged. */
async function serve(t: Teardown, data: string, options: BrokerOptions = {}) {
  const lines: string[] = []
  const logger = createLogger('warn', { write: line => lines.push(line) })
  const broker = await Broker.start({
    port: 0,
    data,
    logger,
    ...options,
    properties: { ...keepAll, ...options.properties },
  })
  t.teardown(() => broker.stop())
  const client = await Client.connect({ host: '127.0.0.1', port: Number(broker.bootstrap.split(':').at(-1)) })
  t.teardown(() => client.close())
  return { broker, client, lines }
}

/** A record as the fixture has it. */
function printed(topic: string, { records }: Consumption): unknown[][] {
  return records.map(({ offset, timestamp, timestampType, key, value, headers }) => {
    if (topic === 'rolled') return [offset, value?.length]
    const kind = timestampType === 'CreateTime' ? 1 : 2
    const pairs = headers.map(header => [header.key, header.value?.toString('base64') ?? null])
    return [offset, [kind, timestamp], key?.toString() ?? null, value?.toString() ?? null, pairs]
  })
}

/** Reads everything, and says where it is not what Kafka's consumers read; `added` is what was appended since, by partition. */
async function differences(client: Client, added: ReadonlyMap<string, number> = new Map()): Promise<string[]> {
  const found: string[] = []
  for (const { topic, partition, isolation, start, end, records } of expected) {
    const name = `${topic}-${partition} at ${isolation}`
    const more = added.get(`${topic}-${partition}`) ?? 0
    const read = await consume(client, topic, partition, isolation)
    if (read.start !== start || read.end !== end + more || read.highWatermark !== end + more) {
      found.push(`${name}: ${read.start} to ${read.end} of ${read.highWatermark}, not ${start} to ${end + more}`)
    }
    const all = printed(topic, read)
    if (all.length !== records.length + more)
      found.push(`${name}: ${all.length} records, not ${records.length} + ${more}`)
    const at = records.findIndex((record, index) => JSON.stringify(record) !== JSON.stringify(all[index]))
    if (at >= 0) found.push(`${name}: ${JSON.stringify(all[at])}, not ${JSON.stringify(records[at])}`)
  }
  return found
}

async function groupOffsets(client: Client): Promise<Record<string, number>> {
  const { groups } = await client.send(OffsetFetch, 8, {
    groupId: '',
    topics: null,
    groups: [{ groupId: 'readers', topics: null }],
  } as never)
  const offsets: Record<string, number> = {}
  for (const { name, partitions } of groups[0]!.topics) {
    for (const { partitionIndex, committedOffset } of partitions) offsets[`${name}-${partitionIndex}`] = committedOffset
  }
  return offsets
}

/** Appends records and gives the offset of the first. */
async function append(client: Client, name: string, index: number, count: number): Promise<number> {
  const records = Array.from({ length: count }, (_, i) => ({
    timestamp: Date.now(),
    key: Buffer.from(`key ${i}`),
    value: Buffer.from(`appended ${i}`),
  }))
  const { responses } = await client.send(Produce, 9, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [
      { name, topicId: '', partitionData: [{ index, records: buildBatch({ records, compression: 'lz4' }) }] },
    ],
  } as never)
  const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
  return errorCode === 0 ? baseOffset : -errorCode
}

const committed = { 'plain-0': 11, 'plain-1': 22, 'money-0': 5 }

t.test('topics keep ids, epochs and settings, ids of producers go on, and one line says so', async t => {
  const data = copyOfDirectory(t)
  const { broker, client, lines } = await serve(t, data)
  t.equal(lines.length, 1)
  t.match(
    lines[0],
    /took over what Apache Kafka wrote \(metadata.version 30\): 8 topics with 16 partitions, settings of 6 topics, 4 settings of brokers and groups, 1 SCRAM credential, 1 quota, producer ids from 1000 on /,
  )
  t.match(lines[0], /clusterId=A8Thj2woNMBMopXdgo6lwg nodeId=1$/m)

  const metadata = await client.send(Metadata, 12, { topics: null } as never)
  t.equal(metadata.clusterId, 'A8Thj2woNMBMopXdgo6lwg')
  const topics = new Map(metadata.topics.map(topic => [topic.name, topic]))
  t.same(
    [...topics.keys()],
    ['__consumer_offsets', '__transaction_state', 'compacted', 'grown.here', 'money', 'plain', 'rolled', 'stamped'],
    'no topic that was deleted, and not the metadata log',
  )
  t.equal(topics.get('plain')!.topicId, 'EJZMdyXMTV-zLjcipcNW2w')
  t.equal(topics.get('money')!.topicId, 'mElpEGDrShGtsTHA_IaxRw')
  t.equal(topics.get('grown.here')!.partitions.length, 2)
  for (const { name, partitions } of metadata.topics) {
    for (const { leaderId, isrNodes, leaderEpoch, errorCode } of partitions) {
      t.same([errorCode, leaderId, isrNodes], [0, 1, [1]], `${name} is led here`)
      t.ok(leaderEpoch >= 2, `${name} is led in an epoch of its own: ${leaderEpoch}`)
    }
  }

  const configs = await client.send(DescribeConfigs, 2, {
    resources: [
      { resourceType: 2, resourceName: 'compacted', configurationKeys: ['cleanup.policy', 'segment.ms'] },
      { resourceType: 2, resourceName: 'plain', configurationKeys: ['max.message.bytes'] },
      { resourceType: 4, resourceName: '1', configurationKeys: ['background.threads'] },
      { resourceType: 32, resourceName: 'readers', configurationKeys: ['consumer.session.timeout.ms'] },
    ],
  } as never)
  t.same(
    configs.results.map(result => result.configs.map(({ name, value, configSource }) => [name, value, configSource])),
    [
      [
        ['cleanup.policy', 'compact', 1],
        ['segment.ms', '1000', 1],
      ],
      [['max.message.bytes', '2000000', 3]],
      [['background.threads', '8', 2]],
      [['consumer.session.timeout.ms', '50000', 8]],
    ],
  )

  const producer = await client.send(InitProducerId, 3, {
    transactionalId: null,
    transactionTimeoutMs: 60_000,
  } as never)
  t.ok(producer.producerId >= 1000, 'no producer gets an id that another had')
  await broker.stop()
  const metadataLog = '__cluster_metadata-0'
  t.same(readdirSync(join(data, metadataLog)), readdirSync(join(pristine, metadataLog)))
  for (const name of readdirSync(join(pristine, metadataLog))) {
    const [before, after] = [pristine, data].map(directory => readFileSync(join(directory, metadataLog, name)))
    t.ok(before!.equals(after!), `${metadataLog}/${name} is as it was`)
  }
})

t.test('everything is read as by its own consumers, appended to, and read again after restarts', async t => {
  const data = copyOfDirectory(t)
  const added = new Map<string, number>()
  for (let run = 0; run < 3; run++) {
    const { broker, client, lines } = await serve(t, data)
    t.equal(lines.length, run === 0 ? 1 : 0, 'the directory is taken over once')
    t.same(await differences(client, added), [])
    t.same(await groupOffsets(client), committed)
    t.same(await consume(client, 'grown.here', 1, 'read_uncommitted'), {
      start: 0,
      end: 0,
      highWatermark: -1,
      records: [],
    })
    for (const { topic, partition, isolation, end } of expected) {
      if (isolation === 'read_committed') continue
      const name = `${topic}-${partition}`
      const before = added.get(name) ?? 0
      t.equal(await append(client, topic, partition, 3), end + before, `${name} goes on where it ended`)
      added.set(name, before + 3)
    }
    await broker.stop()
  }
  const snapshots = readdirSync(join(data, 'plain-0')).filter(name => name.endsWith('.snapshot'))
  t.ok(snapshots.length <= 2, `states of producers do not pile up: ${snapshots}`)
  for (const { name } of readdirSync(data, { withFileTypes: true }).filter(({ name }) => /-\d+$/.test(name))) {
    if (name.startsWith('__cluster')) continue
    const options = { dense: false, closed: true, logStartOffset: name === 'rolled-0' ? 2600 : 0 }
    t.same(checkLog(diskFiles, join(data, name), options).findings, [], `the files of ${name} fit together`)
  }
})

t.test('offsets are found by time in the segments that Kafka wrote', async t => {
  const { broker, client } = await serve(t, copyOfDirectory(t))
  for (const { topic, partition, isolation, records } of expected) {
    if (isolation === 'read_committed' || topic === 'rolled') continue
    const times = records.map(record => (record[1] as number[])[1]!)
    for (const at of [0, Math.floor(records.length / 3), records.length - 1]) {
      const first = records[times.findIndex(time => time >= times[at]!)]!
      const found = await offsetAt(client, topic, partition, times[at]!, 0)
      t.equal(found, first[0], `${topic}-${partition}: the first record not before ${times[at]}`)
    }
    t.equal(await offsetAt(client, topic, partition, writtenMs, 0), -1, 'nothing is newer than the directory')
  }
  await broker.stop()
})

t.test("Kafka's snapshots of producers, its leader epochs and its transaction indexes are read", async t => {
  const data = copyOfDirectory(t)
  const log = Log.open({
    dir: join(data, 'money-0'),
    files: diskFiles,
    config: defaultLogConfig,
    now: () => writtenMs,
    schedule: run => queueMicrotask(run),
    producerIdExpirationMs: () => 86_400_000,
    cleanShutdown: true,
  })
  const producers = [...log.activeProducers()]
  t.ok(producers.length > 0)
  for (const { epoch, batches, currentTxnFirstOffset } of producers) {
    t.ok(epoch >= 0 && currentTxnFirstOffset === -1, 'no transaction is open')
    t.ok((batches[0]?.lastOffset ?? 0) < 56)
  }
  t.equal(log.lastStableOffset(56), 56)
  t.same(log.endOffsetForEpoch(0), { leaderEpoch: 0, endOffset: 56 })
  t.ok(log.abortedTransactions(0, 56).length > 0)
  await log.close()
})

t.test('the number of the broker is that of the directory, and another one is refused', async t => {
  const data = copyOfDirectory(t)
  await t.rejects(Broker.start({ port: 0, data, properties: { 'node.id': '7' }, logLevel: 'silent' }), {
    message: /says node.id 1, the broker is 7/,
  })
  const other = t.testdir({ other: {} })
  const first = await Broker.start({ port: 0, data: join(other, 'other'), properties: { 'node.id': '7' } })
  await first.stop()
  const second = await Broker.start({ port: 0, data: join(other, 'other') })
  t.equal(second.nodeId, 7)
  await second.stop()
})

t.test('the metadata log may lie in a directory of its own', async t => {
  const data = copyOfDirectory(t)
  mkdirSync(join(data, '..', 'apart'))
  renameSync(join(data, '__cluster_metadata-0'), join(data, '..', 'apart', '__cluster_metadata-0'))
  const { broker, client, lines } = await serve(t, data, {
    properties: { 'metadata.log.dir': join(data, '..', 'apart') },
  })
  t.match(lines, [/8 topics with 16 partitions/])
  t.same(await groupOffsets(client), committed)
  await broker.stop()
})

t.test('directories of no known topic are left alone', async t => {
  const data = copyOfDirectory(t)
  renameSync(join(data, 'grown.here-0'), join(data, 'stray-0'))
  const before = readdirSync(join(data, 'stray-0'))
  const { broker, client, lines } = await serve(t, data)
  t.match(lines.slice(1), [/holds a partition of no known topic; it is left alone .*stray-0/])
  t.equal(await offsetAt(client, 'grown.here', 0, -1, 0), 0, 'a partition whose directory is gone begins anew')
  await broker.stop()
  t.same(readdirSync(join(data, 'stray-0')), before)
})
