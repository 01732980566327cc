/** Records that a broker has from its start on: from files of JSON lines, and from a program. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { createLogger } from '../../lib/base/logger.ts'
import { Broker, type BrokerOptions } from '../../lib/broker.ts'
import { Client } from '../../lib/client/client.ts'
import { loadFile } from '../../lib/contents/load.ts'
import { murmur2, partitionOfRecordKey } from '../../lib/contents/partition-of-key.ts'
import { recordOf, recordOfLine } from '../../lib/contents/record-line.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { batches, type RecordView, readRecords } from '../../protocol/records/batch.ts'

const start = (options: BrokerOptions) => Broker.start({ port: 0, ephemeral: true, logLevel: 'silent', ...options })

async function clientOf(broker: Broker): Promise<Client> {
  const [host, port] = broker.bootstrap.split(':') as [string, string]
  return Client.connect({ host, port: Number(port) })
}

/** Everything in a partition, up to a megabyte. */
async function recordsOf(broker: Broker, topic: string, partition: number): Promise<RecordView[]> {
  const client = await clientOf(broker)
  const { responses } = await client.send(Fetch, 11, {
    ...{
      replicaId: -1,
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1 << 20,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
    },
    topics: [
      {
        topic,
        partitions: [
          { partition, currentLeaderEpoch: -1, fetchOffset: 0, logStartOffset: -1, partitionMaxBytes: 1 << 20 },
        ],
      },
    ],
    ...{ forgottenTopicsData: [], rackId: '' },
  } as never)
  await client.close()
  const chunks = responses[0]!.partitions[0]!.records as unknown
  const bytes = Buffer.concat(([] as Buffer[]).concat((chunks ?? []) as Buffer[]))
  return [...batches(bytes)].flatMap(at => readRecords(bytes, at))
}

async function endOffset(broker: Broker, topic: string, partition: number): Promise<number> {
  const client = await clientOf(broker)
  const { topics } = await client.send(ListOffsets, 1, {
    replicaId: -1,
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: -1 }] }],
  } as never)
  await client.close()
  return topics[0]!.partitions[0]!.offset
}

t.test('records of a file are there once clients can connect, in the order of their lines', async t => {
  const file = join(t.testdir(), 'records.jsonl')
  const lines = [
    {
      topic: 'orders',
      partition: 1,
      key: 'a',
      value: 'first',
      headers: { h: 'v', none: null },
      timestamp: 1_700_000_000_000,
    },
    { topic: 'orders', partition: 1, value: { id: 7 }, timestamp: '2030-01-31T12:00:00Z' },
    { topic: 'orders', partition: 1, key: null, value: null, headers: [{ key: 'h', value: '1' }, { key: 'h' }] },
    { topic: 'bytes', value: 'AAH/', encoding: 'base64' },
  ]
  // Blank lines, an end of Windows, and no end at all.
  writeFileSync(
    file,
    `\n${JSON.stringify(lines[0])}\r\n\n${lines
      .slice(1)
      .map(line => JSON.stringify(line))
      .join('\n')}`,
  )
  const broker = await start({
    topics: { orders: 2 },
    load: file,
    properties: { 'log.message.timestamp.after.max.ms': '9223372036854775807' },
  })
  t.teardown(() => broker.stop())
  const [first, second, third, ...more] = await recordsOf(broker, 'orders', 1)
  t.same(more, [])
  t.match(first, { timestamp: 1_700_000_000_000, headers: [{ key: 'h' }, { key: 'none', value: null }] })
  t.equal(`${first!.key}=${first!.value}, ${first!.headers[0]!.value}`, 'a=first, v')
  t.equal(second!.timestamp, Date.UTC(2030, 0, 31, 12))
  t.equal(`${second!.key}=${second!.value}`, 'null={"id":7}')
  t.match(third, { key: null, value: null, headers: [{ key: 'h' }, { key: 'h', value: null }] })
  const [bytes] = await recordsOf(broker, 'bytes', 0)
  t.same(bytes!.value, Buffer.of(0, 1, 255), 'into a topic that was made for it')
})

t.test('records choose partitions as those of Kafka’s clients do', async t => {
  for (const [text, hash] of [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['', 275646681],
  ] as const) {
    t.equal(murmur2(Buffer.from(text)), hash, `the hash of '${text}'`)
  }
  const records = ['a', 'b', 'c', null, null, null].map(key => ({ topic: 'orders', key, value: 'v' }))
  const broker = await start({ topics: { orders: 3 }, records })
  t.teardown(() => broker.stop())
  const expected = [1, 1, 1]
  for (const key of ['a', 'b', 'c']) expected[partitionOfRecordKey(Buffer.from(key), 3)]!++
  for (const partition of [0, 1, 2]) t.equal(await endOffset(broker, 'orders', partition), expected[partition])
})

t.test('a program may give records as it makes them', async t => {
  async function* many() {
    for (let i = 0; i < 30_000; i++) yield { topic: 'numbers', value: i, headers: { n: Buffer.alloc(8) } }
  }
  const broker = await start({ records: many() })
  t.teardown(() => broker.stop())
  t.equal(await endOffset(broker, 'numbers', 0), 30_000)
})

t.test('nothing of a file with a mistake is loaded, and the line is named', async t => {
  const data = join(t.testdir(), 'data')
  const file = `${data}.jsonl`
  // More than one batch before the mistake.
  const large = `{"topic":"orders","value":"${'a'.repeat(100_000)}"}\n`
  writeFileSync(file, `${large}${large}${large}{"topic":"orders","valeu":"b"}\n`)
  await t.rejects(start({ ephemeral: false, data, load: file }), {
    name: 'ContentsError',
    message: `${file}, line 4: there is no field 'valeu'; known are topic, key, value, headers, partition, timestamp, encoding`,
  })
  writeFileSync(file, '{"topic":"orders","value":"a"}\n')
  const broker = await start({ ephemeral: false, data, load: file })
  t.equal(await endOffset(broker, 'orders', 0), 1)
  await broker.stop()
})

t.test('what is wrong with a line is said with what to write', async t => {
  for (const [line, expected] of [
    ['{"topic":', 'no JSON'],
    ['[1]', 'no object'],
    ['{"value":"a"}', 'needs a "topic"'],
    ['{"topic":"a","partition":-1}', 'a number from 0 on'],
    ['{"topic":"a","timestamp":"soon"}', 'milliseconds since 1970'],
    ['{"topic":"a","timestamp":-5}', 'milliseconds since 1970'],
    ['{"topic":"a","encoding":"hex"}', 'utf8'],
    ['{"topic":"a","encoding":"base64","value":"%"}', 'no base64'],
    ['{"topic":"a","headers":"h"}', 'an object, or a list'],
    ['{"topic":"a","headers":[{"value":"h"}]}', 'no "key"'],
  ] as const) {
    t.throws(() => recordOfLine(line, 0), { name: 'RecordLineError', message: expected }, line)
  }
  t.same(recordOf({ topic: 'a' }, 5).record, { timestamp: 5, key: null, value: null, headers: [] })
})

t.test('what a topic does not take is said with its line', async t => {
  const file = join(t.testdir(), 'records.jsonl')
  const lines = (...all: readonly object[]) => writeFileSync(file, all.map(line => JSON.stringify(line)).join('\n'))
  const good = { topic: 'keyed', key: 'k', value: 'v' }
  lines(good, { topic: 'keyed', value: 'no key' }, good)
  const keyed = { keyed: { config: { 'cleanup.policy': 'compact' } } }
  await t.rejects(start({ topics: keyed, load: file }), {
    message: /records\.jsonl, line 2: keyed does not take it: .*key/i,
  })
  lines(good, { topic: 'keyed', key: 'k', partition: 1 })
  await t.rejects(start({ topics: keyed, load: file }), { message: /line 2: .* keyed has 1 partition, .*keyed:2/ })
  lines(good, good, { ...good, value: 'v'.repeat(2_000) })
  const small = { keyed: { config: { 'max.message.bytes': '1000' } } }
  await t.rejects(start({ topics: small, load: file }), {
    message: /line 3: keyed does not take it: .*max\.message\.bytes/,
  })
  lines({ ...good, topic: '__consumer_offsets' })
  await t.rejects(start({ load: file }), { message: /line 1: .*by the broker only/ })
  lines({ ...good, topic: 'a b' })
  await t.rejects(start({ load: file }), { message: /line 1: the topic a b cannot be made/ })
  await t.rejects(start({ load: `${file}.missing` }), { message: /there is no file/ })
  await t.rejects(start({ load: t.testdir() }), { message: /cannot be read/ })
  await t.rejects(start({ records: [good, 5 as never] }), { message: /^record 2 of 'records': / })
})

t.test('how far a large file has come is told, and a start can be called off meanwhile', async t => {
  const file = join(t.testdir(), 'records.jsonl')
  const line = `${JSON.stringify({ topic: 'large', value: 'v'.repeat(100) })}\n`
  writeFileSync(file, line.repeat(20_000))
  const lines: string[] = []
  const logger = createLogger('info', { write: text => void lines.push(text) })
  const broker = await start({ load: file, logger })
  t.teardown(() => broker.stop())
  t.match(lines.join(''), 'loaded ')
  t.match(lines.join(''), '20000 records')
  const reason = new Error('not now')
  const calledOff = new AbortController()
  const starting = start({ load: file, signal: calledOff.signal })
  calledOff.abort(reason)
  await t.rejects(starting, reason)
})

t.test('progress is told every five seconds, with the share of the file', async t => {
  const file = join(t.testdir(), 'records.jsonl')
  writeFileSync(file, '{"topic":"a","value":"b"}\n'.repeat(4))
  const lines: string[] = []
  let now = 0
  // Each look at the clock is two seconds later.
  const wire = { ...systemClock, monotonicMs: () => (now += 2_000) }
  const partition = {
    settings: { log: { maxMessageBytes: 1_000 } },
    logEndOffset: 4,
    append: () => ({ lastOffset: 3 }),
    awaitCommitted: (_: number, waiter: { settled(slot: unknown, code: number): void }, slot: unknown) =>
      waiter.settled(slot, 0),
  }
  await loadFile(file, {
    ...{ cluster: {} as never, partitions: { ofTopic: () => [partition] } as never, clock: systemClock, wire },
    logger: createLogger('info', { write: line => void lines.push(line) }),
  })
  t.match(lines, [/records\.jsonl: 3 records, 75 %/, /loaded .*records\.jsonl: 4 records/])
})

t.test('a broker is stopped where the scope of `await using` ends', async t => {
  let bootstrap = ''
  {
    await using broker = await start({ topics: { orders: 1 } })
    bootstrap = broker.bootstrap
    t.match(broker.clusterId, /^[\w-]{22}$/)
  }
  const [host, port] = bootstrap.split(':') as [string, string]
  await t.rejects(Client.connect({ host, port: Number(port) }))
})
