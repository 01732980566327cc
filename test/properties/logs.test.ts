/** What properties of logs do, set for the whole broker and set for one topic, seen by a client of a whole broker or in its log. */
import t from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import { codes } from '../../protocol/errors.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import { Turned } from '../turned-broker.ts'
import { effect } from './effect.ts'

function batch(broker: Turned, value: Buffer | string, { agoMs = 0, compression = 'none' as Codec } = {}): Buffer {
  const timestamp = broker.clock.now() - agoMs
  return buildBatch({ compression, records: [{ timestamp, key: Buffer.from('k'), value: Buffer.from(value) }] })
}

/** Writes records a second apart; each begins a segment where `segment.ms` is 1. */
async function write(broker: Turned, topic: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await broker.produce(topic, `${i}`)
    await broker.advance(1_000)
  }
}

/** A text that every codec makes smaller, the more the harder it tries. */
function words(): Buffer {
  const random = seededRandom(3)
  const some = Array.from({ length: 60 }, () => random.bytes(5).toString('hex'))
  // So little is packed at once, and not in a thread.
  return Buffer.from(Array.from({ length: 700 }, () => some[random.int(60)]).join(' '))
}

async function bytesOf(broker: Turned, topic: string): Promise<number> {
  await broker.send(topic, batch(broker, words()))
  return broker.log(topic).sizeInBytes
}

const shortSegments = {
  ofBroker: { 'log.initial.task.delay.ms': '1000', 'log.retention.check.interval.ms': '1000' },
  ofTopic: { 'segment.ms': '1' },
}

t.test('log.retention.bytes and retention.bytes keep a log no larger', t =>
  effect(t, {
    ofBroker: { 'log.retention.bytes': '1' },
    ofTopic: { 'retention.bytes': '1' },
    always: shortSegments,
    see: async (broker, topic) => {
      await write(broker, topic, 3)
      await broker.advance(2_000)
      return broker.earliest(topic)
    },
    byDefault: 0,
    set: 2,
  }),
)

t.test('log.segment.delete.delay.ms and file.delete.delay.ms keep what is deleted for a while', t =>
  effect(t, {
    ofBroker: { 'log.segment.delete.delay.ms': '3600000' },
    ofTopic: { 'file.delete.delay.ms': '3600000' },
    always: { ...shortSegments, ofTopic: { 'segment.ms': '1', 'retention.bytes': '1' } },
    see: async (broker, topic) => {
      await write(broker, topic, 2)
      await broker.advance(62_000)
      const log = broker.log(topic)
      return log.files.list(log.dir).some(({ name }) => name.endsWith('.deleted'))
    },
    byDefault: false,
    set: true,
  }),
)

t.test('log.message.timestamp.before.max.ms and message.timestamp.before.max.ms refuse what is older', t =>
  effect(t, {
    ofBroker: { 'log.message.timestamp.before.max.ms': '1000' },
    ofTopic: { 'message.timestamp.before.max.ms': '1000' },
    see: async (broker, topic) => {
      const answers = [999, 5_000].map(agoMs => broker.send(topic, batch(broker, 'x', { agoMs })))
      return (await Promise.all(answers)).map(({ errorCode }) => errorCode)
    },
    byDefault: [0, 0],
    set: [0, codes.INVALID_TIMESTAMP],
  }),
)

t.test('log.message.timestamp.type and message.timestamp.type stamp records by the clock of the broker', t =>
  effect(t, {
    ofBroker: { 'log.message.timestamp.type': 'LogAppendTime' },
    ofTopic: { 'message.timestamp.type': 'LogAppendTime' },
    see: async (broker, topic) => {
      const { logAppendTimeMs } = await broker.send(topic, batch(broker, 'x', { agoMs: 5_000 }))
      return Number(logAppendTimeMs) - broker.clock.now()
    },
    byDefault: -1 - Date.UTC(2026, 0, 1),
    set: 0,
  }),
)

t.test('max.decompressed.message.bytes refuses a record that would take more, of a broker and of a topic', t =>
  effect(t, {
    ofBroker: { 'max.decompressed.message.bytes': '1000' },
    ofTopic: { 'max.decompressed.message.bytes': '1000' },
    see: async (broker, topic) => {
      const zeros = batch(broker, Buffer.alloc(5_000), { compression: 'gzip' })
      return (await broker.send(topic, zeros)).errorCode
    },
    byDefault: 0,
    set: codes.INVALID_RECORD,
  }),
)

for (const [codec, name, least, most] of [
  ['gzip', 'compression.gzip.level', '1', '9'],
  ['zstd', 'compression.zstd.level', '1', '19'],
] as const) {
  t.test(`${name} says how small records become, of a broker and of a topic`, async t => {
    const sizes: number[] = []
    for (const level of [least, most]) {
      const settings = { [name]: level }
      const broker = await Turned.start(t, { ...settings, 'compression.type': codec })
      await broker.create('a')
      const other = await Turned.start(t)
      await other.create('a', { ...settings, 'compression.type': codec })
      const [size, same] = [await bytesOf(broker, 'a'), await bytesOf(other, 'a')]
      t.equal(size, same, `level ${level} of a broker is that of a topic`)
      sizes.push(size)
    }
    t.ok(sizes[1]! < sizes[0]!, `${sizes}`)
  })
}

t.test('log.index.interval.bytes and index.interval.bytes say how far apart the entries of an index are', t =>
  effect(t, {
    ofBroker: { 'log.index.interval.bytes': '0' },
    ofTopic: { 'index.interval.bytes': '0' },
    see: async (broker, topic) => {
      await write(broker, topic, 4)
      return broker.log(topic).segments[0]!.offsetIndex.file.count
    },
    byDefault: 0,
    set: 3,
  }),
)

t.test('log.index.size.max.bytes and segment.index.bytes end a segment whose index is full', t =>
  effect(t, {
    ofBroker: { 'log.index.size.max.bytes': '24' },
    ofTopic: { 'segment.index.bytes': '24' },
    always: { ofTopic: { 'index.interval.bytes': '0' } },
    see: async (broker, topic) => {
      await write(broker, topic, 8)
      return broker.log(topic).segments.length > 1
    },
    byDefault: false,
    set: true,
  }),
)

for (const [name, value] of [
  ['log.roll.jitter.ms', '3600000'],
  ['log.roll.jitter.hours', '1'],
] as const) {
  t.test(`${name} and segment.jitter.ms have segments end sooner than segment.ms says`, t =>
    effect(t, {
      ofBroker: { [name]: value },
      ofTopic: { 'segment.jitter.ms': '3600000' },
      always: { ofTopic: { 'segment.ms': '10000' } },
      see: async (broker, topic) => {
        await broker.produce(topic, 'first')
        await broker.advance(9_000)
        await broker.produce(topic, 'second')
        return broker.log(topic).segments.length
      },
      byDefault: 1,
      set: 2,
    }),
  )
}

for (const [name, value] of [
  ['log.retention.ms', '60000'],
  ['log.retention.minutes', '1'],
  ['log.retention.hours', '1'],
] as const) {
  t.test(`${name} and retention.ms say how long records are kept`, t =>
    effect(t, {
      ofBroker: { [name]: value },
      ofTopic: { 'retention.ms': '60000' },
      always: shortSegments,
      see: async (broker, topic) => {
        await write(broker, topic, 2)
        broker.clock.pass(3_600_000)
        await write(broker, topic, 2)
        await broker.advance(2_000)
        return (await broker.earliest(topic)) > 0
      },
      byDefault: false,
      set: true,
    }),
  )
}

for (const [name, value] of [
  ['log.roll.ms', '3600000'],
  ['log.roll.hours', '1'],
] as const) {
  t.test(`${name} and segment.ms say when a segment ends`, t =>
    effect(t, {
      ofBroker: { [name]: value },
      ofTopic: { 'segment.ms': '3600000' },
      see: async (broker, topic) => {
        await broker.produce(topic, 'a')
        broker.clock.pass(3_600_001)
        await broker.produce(topic, 'b')
        return broker.log(topic).segments.length
      },
      byDefault: 1,
      set: 2,
    }),
  )
}

t.test('log.segment.bytes and segment.bytes say how large a segment becomes', t =>
  effect(t, {
    ofBroker: { 'log.segment.bytes': '1048576' },
    ofTopic: { 'segment.bytes': '1048576' },
    see: async (broker, topic) => {
      for (let i = 0; i < 2; i++) await broker.produce(topic, 'x'.repeat(800_000))
      return broker.log(topic).segments.length
    },
    byDefault: 1,
    set: 2,
  }),
)

t.test('internal.segment.bytes goes before segment.bytes, and may be less', async t => {
  const broker = await Turned.start(t)
  await broker.create('a', { 'internal.segment.bytes': '1000' })
  for (let i = 0; i < 2; i++) await broker.produce('a', 'x'.repeat(600))
  t.equal(broker.log('a').segments.length, 2)
})

t.test(
  'log.message.timestamp.after.max.ms and message.timestamp.after.max.ms refuse what is too far in the future',
  t =>
    effect(t, {
      ofBroker: { 'log.message.timestamp.after.max.ms': '1000' },
      ofTopic: { 'message.timestamp.after.max.ms': '1000' },
      see: async (broker, topic) => {
        const answers = [-999, -5_000].map(agoMs => broker.send(topic, batch(broker, 'x', { agoMs })))
        return (await Promise.all(answers)).map(({ errorCode }) => errorCode)
      },
      byDefault: [0, 0],
      set: [0, codes.INVALID_TIMESTAMP],
    }),
)

t.test('message.max.bytes and max.message.bytes refuse a larger batch', t =>
  effect(t, {
    ofBroker: { 'message.max.bytes': '1000' },
    ofTopic: { 'max.message.bytes': '1000' },
    see: async (broker, topic) => (await broker.send(topic, batch(broker, 'x'.repeat(1_000)))).errorCode,
    byDefault: 0,
    set: codes.MESSAGE_TOO_LARGE,
  }),
)

t.test('log.cleanup.policy and cleanup.policy, being compact, refuse records without a key', t =>
  effect(t, {
    ofBroker: { 'log.cleanup.policy': 'compact' },
    ofTopic: { 'cleanup.policy': 'compact' },
    see: async (broker, topic) => {
      const records = [{ timestamp: broker.clock.now(), key: null, value: Buffer.from('x') }]
      return (await broker.send(topic, buildBatch({ records }))).errorCode
    },
    byDefault: 0,
    set: codes.INVALID_RECORD,
  }),
)
