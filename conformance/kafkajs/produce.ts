/** What kafkajs produces, it reads back unchanged: codecs, acks, headers, nulls, keys, timestamps, large records. */
import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'
import { type Client, CompressionTypes, readAll } from './kafka.ts'

const codecs = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}

export function produceScenarios(client: Client): Scenario[] {
  return [
    ...Object.entries(codecs).flatMap(([codec, compression]) =>
      [0, 1, -1].map(acks => ({
        name: `produce and read back: ${codec}, acks=${acks === -1 ? 'all' : acks}`,
        run: () => roundTrip(client, codec, compression, acks),
      })),
    ),
    { name: 'an idempotent producer numbers its batches', run: () => idempotent(client) },
    { name: 'headers come back as they were sent', run: () => headers(client) },
    { name: 'a null value is a tombstone, a null key none', run: () => tombstones(client) },
    { name: 'a key always goes to one partition, in order', run: () => keys(client) },
    { name: 'timestamps of the producer are kept', run: () => timestamps(client) },
    { name: 'LogAppendTime replaces them by the broker’s', run: () => appendTime(client) },
    { name: 'records of 900 KB', run: () => large(client) },
    { name: 'a record over max.message.bytes is refused', run: () => tooLarge(client) },
    { name: 'one request to several topics', run: () => severalTopics(client) },
    { name: 'a topic appears on use', run: () => autoCreated(client) },
  ]
}

async function roundTrip(client: Client, codec: string, compression: number, acks: number): Promise<undefined> {
  const topic = await client.topic(`codec-${codec}`)
  const producer = await client.producer()
  const values = Array.from({ length: 200 }, (_, i) => `${codec} ${acks} ${i} ${'Ottla '.repeat(i)}`)
  for (let at = 0; at < values.length; at += 50) {
    await producer.send({ topic, acks, compression, messages: values.slice(at, at + 50).map(value => ({ value })) })
  }
  const seen = await readAll(client, topic, values.length)
  assert.deepEqual(
    seen.map(record => record.value),
    values,
  )
  assert.deepEqual(
    seen.map(record => record.offset),
    values.map((_, i) => i),
    'offsets are dense',
  )
  return undefined
}

async function idempotent(client: Client): Promise<undefined> {
  const topic = await client.topic('idempotent', 2)
  const producer = await client.producer({ idempotent: true, maxInFlightRequests: 1 })
  for (let round = 0; round < 20; round++) {
    await producer.send({ topic, messages: [0, 1].map(partition => ({ value: `${round}`, partition })) })
  }
  const seen = await readAll(client, topic, 40)
  assert.deepEqual(
    seen.map(record => record.value),
    [...Array(20).keys(), ...Array(20).keys()].map(String),
  )
  return undefined
}

async function headers(client: Client): Promise<undefined> {
  const topic = await client.topic('headers')
  const producer = await client.producer()
  await producer.send({
    topic,
    messages: [
      { value: 'v', headers: { plain: 'text', empty: '', bytes: Buffer.from([0, 255, 128]), twice: ['a', 'b'] } },
    ],
  })
  const [record] = await readAll(client, topic, 1)
  const got = record!.headers!
  assert.equal(String(got.plain), 'text')
  assert.equal(String(got.empty), '')
  assert.deepEqual([...(got.bytes as Buffer)], [0, 255, 128])
  assert.deepEqual((got.twice as Buffer[]).map(String), ['a', 'b'])
  return undefined
}

async function tombstones(client: Client): Promise<undefined> {
  const topic = await client.topic('tombstones')
  const producer = await client.producer()
  await producer.send({
    topic,
    messages: [
      { key: 'k', value: 'v' },
      { key: 'k', value: null },
      { key: null, value: 'w' },
      { key: '', value: '' },
    ],
  })
  const seen = await readAll(client, topic, 4)
  assert.deepEqual(
    seen.map(({ key, value }) => [key, value]),
    [
      ['k', 'v'],
      ['k', null],
      [null, 'w'],
      ['', ''],
    ],
  )
  return undefined
}

async function keys(client: Client): Promise<string> {
  const topic = await client.topic('keys', 8)
  const producer = await client.producer()
  const messages = Array.from({ length: 400 }, (_, i) => ({ key: `key ${i % 40}`, value: `${i}` }))
  await producer.send({ topic, messages })
  const seen = await readAll(client, topic, 400)
  const partitionOf = new Map<string, number>()
  const last = new Map<string, number>()
  for (const { key, value, partition } of seen) {
    assert.equal(partitionOf.get(key!) ?? partition, partition, `${key} is in one partition`)
    partitionOf.set(key!, partition)
    assert.ok((last.get(key!) ?? -1) < Number(value), `${key} is in order`)
    last.set(key!, Number(value))
  }
  return `${new Set(partitionOf.values()).size} of 8 partitions used`
}

async function timestamps(client: Client): Promise<undefined> {
  const topic = await client.topic('timestamps')
  const producer = await client.producer()
  const given = [1_500_000_000_000, 1_600_000_000_123, 1_400_000_000_000]
  await producer.send({ topic, messages: given.map(timestamp => ({ value: 'v', timestamp: String(timestamp) })) })
  const seen = await readAll(client, topic, 3)
  assert.deepEqual(
    seen.map(record => record.timestamp),
    given,
  )
  const admin = await client.admin()
  const found = await admin.fetchTopicOffsetsByTimestamp(topic, 1_550_000_000_000)
  assert.equal(found[0]!.offset, '1', 'the first record from a time on')
  return undefined
}

async function appendTime(client: Client): Promise<undefined> {
  const topic = await client.topic('append-time', 1, { 'message.timestamp.type': 'LogAppendTime' })
  const producer = await client.producer()
  const before = Date.now()
  const [sent] = await producer.send({ topic, messages: [{ value: 'v', timestamp: '1500000000000' }] })
  const [record] = await readAll(client, topic, 1)
  assert.ok(
    record!.timestamp >= before - 1_000 && record!.timestamp <= Date.now() + 1_000,
    `now, not ${record!.timestamp}`,
  )
  assert.equal(Number(sent!.logAppendTime), record!.timestamp, 'the producer is told the same time')
  return undefined
}

async function large(client: Client): Promise<undefined> {
  const topic = await client.topic('large')
  const producer = await client.producer()
  const values = ['a', 'b', 'c', 'd', 'e'].map(letter => letter.repeat(900_000))
  for (const value of values) await producer.send({ topic, messages: [{ value }] })
  const seen = await readAll(client, topic, values.length)
  assert.ok(seen.every((record, i) => record.value === values[i]))
  return undefined
}

async function tooLarge(client: Client): Promise<undefined> {
  const topic = await client.topic('too-large', 1, { 'max.message.bytes': '10000' })
  const producer = await client.producer({ retry: { retries: 0 } })
  await assert.rejects(producer.send({ topic, messages: [{ value: 'x'.repeat(20_000) }] }), {
    type: 'MESSAGE_TOO_LARGE',
  })
  await producer.send({ topic, messages: [{ value: 'fits' }] })
  const seen = await readAll(client, topic, 1)
  assert.equal(seen[0]!.offset, 0, 'what was refused took no offset')
  return undefined
}

async function severalTopics(client: Client): Promise<undefined> {
  const topics = [await client.topic('several', 2), await client.topic('several', 3)]
  const producer = await client.producer()
  await producer.sendBatch({
    topicMessages: topics.map(topic => ({
      topic,
      messages: Array.from({ length: 60 }, (_, i) => ({ key: `${i}`, value: topic })),
    })),
  })
  for (const topic of topics) {
    const seen = await readAll(client, topic, 60)
    assert.ok(seen.every(record => record.value === topic))
  }
  return undefined
}

async function autoCreated(client: Client): Promise<undefined> {
  const topic = client.name('on-use')
  const producer = await client.producer({ allowAutoTopicCreation: true })
  await producer.send({ topic, messages: [{ value: 'first' }] })
  const seen = await readAll(client, topic, 1)
  assert.equal(seen[0]!.value, 'first')
  return undefined
}
