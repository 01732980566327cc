/** Produce: what is taken, and with which error the rest is refused. */
import { Fetch } from '../../protocol/messages/fetch.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { type BatchOptions, batches, buildBatch, readRecords } from '../../protocol/records/batch.ts'
import { codecs } from '../../protocol/records/compression.ts'
import { crc32c } from '../../protocol/records/crc32c.ts'
import { compressionType } from '../../protocol/records/header.ts'
import type { Session } from '../session.ts'
import { batchOf, type Case, recordTimestamp, saysMore, unknownTopicId } from './case.ts'

const timeoutMs = 10_000
const crcAt = 17
const attributesAt = 21

/** The newest version that still names topics by name. */
const named = 12

async function produce(
  session: Session,
  name: string,
  records: Buffer,
  label: string,
  version = named,
  acks = -1,
  index = 0,
): Promise<void> {
  await session.send(
    Produce,
    version,
    { acks, timeoutMs, topicData: [{ name, partitionData: [{ index, records }] }] },
    label,
  )
}

/** A batch with some of its bytes changed and its checksum put right again. */
function altered(change: (batch: Buffer) => void, batch = batchOf(['a', 'b', 'c'])): Buffer {
  const copy = Buffer.from(batch)
  change(copy)
  copy.writeUInt32BE(crc32c(copy, attributesAt), crcAt)
  return copy
}

async function atEachVersion(session: Session): Promise<void> {
  const name = session.name('each')
  const topicId = await session.topic(name, 2)
  for (const version of session.versions(Produce).filter(each => each >= 3)) {
    for (const acks of [1, -1]) {
      const partitionData = [0, 1].map(index => ({ index, records: batchOf(['a', 'b']) }))
      const topic = version >= 13 ? { topicId, partitionData } : { name, partitionData }
      await session.send(Produce, version, { acks, timeoutMs, topicData: [topic] }, `acks=${acks}`)
    }
  }
}

async function unknown(session: Session): Promise<void> {
  const name = session.name('known')
  await session.topic(name)
  await produce(session, session.name('unknown'), batchOf(['a']), 'unknown topic')
  await produce(session, name, batchOf(['a']), 'unknown partition', named, -1, 5)
  await produce(session, name, batchOf(['a']), 'negative partition', named, -1, -1)
  await produce(session, name, batchOf(['a']), 'acks=2', named, 2)
  await produce(session, name, batchOf(['a']), 'acks=-2', named, -2)
  await produce(session, name, Buffer.alloc(0), 'no records')
  for (const version of session.versions(Produce).filter(each => each >= 13)) {
    const partitionData = [{ index: 0, records: batchOf(['a']) }]
    await session.send(
      Produce,
      version,
      { acks: -1, timeoutMs, topicData: [{ topicId: unknownTopicId, partitionData }] },
      'unknown id',
    )
  }
}

async function damaged(session: Session): Promise<void> {
  const name = session.name('damaged')
  await session.topic(name)
  const whole = batchOf(['a', 'b', 'c'])
  const flipped = Buffer.from(whole)
  flipped[flipped.length - 1]! ^= 1
  await produce(session, name, flipped, 'a bit flipped')
  await produce(
    session,
    name,
    altered(batch => batch.writeInt32BE(9, 57)),
    'more records than there are',
  )
  await produce(
    session,
    name,
    altered(batch => batch.writeInt32BE(2, 57)),
    'fewer records than there are',
  )
  await produce(
    session,
    name,
    altered(batch => batch.writeInt32BE(-1, 57)),
    'a negative count',
  )
  await produce(
    session,
    name,
    altered(batch => batch.writeInt32BE(7, 23)),
    'another last offset delta',
  )
  await produce(
    session,
    name,
    altered(batch => batch.writeInt16BE(0x20, attributesAt)),
    'a control batch',
  )
  await produce(
    session,
    name,
    altered(batch => batch.writeInt16BE(0x10, attributesAt)),
    'transactional without a producer',
  )
  await produce(
    session,
    name,
    altered(batch => batch.writeInt16BE(0x08, attributesAt)),
    'LogAppendTime from a producer',
  )
  await produce(session, name, Buffer.concat([whole, whole]), 'two batches')
  await produce(
    session,
    name,
    altered(batch => batch.writeBigInt64BE(55n, 0)),
    'a base offset of its own',
  )
  await produce(
    session,
    name,
    altered(batch => batch.writeInt32BE(9, 12)),
    'a leader epoch of its own',
  )
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const packed = batchOf(['a', 'b', 'c'], { compression: codec })
    const spoilt = altered(batch => batch.fill(7, 61), packed)
    await produce(session, name, spoilt, `${codec} that does not unpack`)
  }
  await produce(
    session,
    name,
    altered(batch => batch.writeInt16BE(5, attributesAt)),
    'an unknown codec',
  )
  await produce(session, name, whole.subarray(0, whole.length - 3), 'cut short')
  await produce(session, name, whole.subarray(0, 30), 'half a header')
  await produce(
    session,
    name,
    altered(batch => batch.writeInt8(3, 16)),
    'magic 3',
  )
  await produce(session, name, batchOf(['z'], { compression: 'zstd' }), 'zstd before it was known', 3)
  await produce(session, name, batchOf(['a']), 'and good ones are still taken')
}

async function limited(session: Session): Promise<void> {
  const small = session.name('small')
  await session.topic(small, 1, { 'max.message.bytes': '200' })
  await produce(session, small, batchOf(['x'.repeat(300)]), 'larger than max.message.bytes')
  await produce(session, small, batchOf(['x'.repeat(300)], { compression: 'gzip' }), 'small once compressed')
  const compacted = session.name('compacted')
  await session.topic(compacted, 1, { 'cleanup.policy': 'compact' })
  await produce(session, compacted, batchOf(['no key']), 'no key on a compacted topic')
  await produce(session, compacted, batchOf(['with key'], { key: 'k' }), 'a key on a compacted topic')
  const timed = session.name('timed')
  await session.topic(timed, 1, { 'message.timestamp.before.max.ms': '1000', 'message.timestamp.after.max.ms': '1000' })
  await produce(session, timed, batchOf(['old']), 'too old')
  await produce(session, timed, batchOf(['new'], { timestamp: 4_000_000_000_000 }), 'too new')
  await produce(session, timed, batchOf(['now'], { timestamp: Date.now() }), 'of now')
  const appended = session.name('appended')
  await session.topic(appended, 1, { 'message.timestamp.type': 'LogAppendTime' })
  await produce(session, appended, batchOf(['a', 'b']), 'LogAppendTime')
}

/** Batches of which many records are refused: each of them is named. */
async function refusedRecords(session: Session): Promise<void> {
  const timed = { 'message.timestamp.before.max.ms': '600000', 'message.timestamp.after.max.ms': '600000' }
  const configs: Readonly<Record<string, Record<string, string>>> = {
    keyed: { 'cleanup.policy': 'compact', ...timed },
    packed: { 'cleanup.policy': 'compact', 'compression.type': 'gzip', ...timed },
    plain: {},
    stamped: { 'message.timestamp.type': 'LogAppendTime' },
  }
  const topics: Record<string, string> = {}
  for (const what in configs) topics[what] = await session.topic(session.name(what), 1, configs[what])
  const now = Date.now()
  const old = recordTimestamp
  const future = 4_000_000_000_000
  const batch = (fault: (index: number) => { key?: null; timestamp?: number }, options: Partial<BatchOptions> = {}) =>
    buildBatch({
      ...options,
      records: Array.from({ length: 12 }, (_, index) => {
        const { key = Buffer.from('k'), timestamp = now } = fault(index)
        return { key, timestamp, value: Buffer.from('v') }
      }),
    })
  const stampedAt = (maxTimestamp: number) =>
    batch(() => ({ timestamp: now }), { timestampType: 'LogAppendTime', maxTimestamp })
  const wrong: readonly [label: string, batch: () => Buffer, topics: readonly string[]][] = [
    ['no keys', () => batch(() => ({ key: null })), ['keyed', 'packed', 'plain']],
    ['no keys, compressed', () => batch(() => ({ key: null }), { compression: 'lz4' }), ['keyed', 'packed']],
    ['one without a key', () => batch(index => (index === 9 ? { key: null } : {})), ['keyed', 'packed']],
    ['too old', () => batch(() => ({ timestamp: old })), ['keyed', 'packed']],
    ['too new', () => batch(index => ({ timestamp: future + index })), ['keyed', 'packed']],
    ['no keys and too old', () => batch(() => ({ key: null, timestamp: old })), ['keyed']],
    [
      'this and that',
      () => batch(index => ({ ...(index % 2 && { key: null }), ...(index % 3 && { timestamp: future }) })),
      ['keyed', 'packed'],
    ],
    ['this then that', () => batch(index => (index < 5 ? { key: null } : { timestamp: old })), ['keyed']],
    ['no timestamps', () => batch(() => ({ timestamp: -1 })), ['keyed', 'stamped']],
    ['timestamps before 1970', () => batch(index => ({ timestamp: -2 - index })), ['keyed', 'plain', 'stamped']],
    ['stamped by the producer', () => stampedAt(now), ['keyed', 'packed', 'plain', 'stamped']],
    ['stamped long ago', () => stampedAt(old), ['keyed', 'plain', 'stamped']],
    ['stamped with no time', () => stampedAt(-1), ['keyed', 'plain', 'stamped']],
  ]
  for (const version of session.versions(Produce).filter(each => each >= 7)) {
    for (const [label, records, where] of wrong) {
      for (const what of where) {
        const partitionData = [{ index: 0, records: records() }]
        const topic = version > named ? { topicId: topics[what]! } : { name: session.name(what) }
        const request = { acks: -1, timeoutMs, topicData: [{ ...topic, partitionData }] }
        await session.send(Produce, version, request, `${label}, ${what}`)
      }
    }
  }
  const { topics: listed } = await session.prepare(ListOffsets, 7, {
    topics: ['plain', 'keyed'].map(what => ({
      name: session.name(what),
      partitions: [{ partitionIndex: 0, timestamp: -3 }],
    })),
  })
  session.note(
    'ListOffsets',
    7,
    'the offsets of the greatest timestamps',
    Object.fromEntries(listed.map(({ name, partitions }) => [name, partitions[0]!.offset])),
  )
}

/** Topics with a codec of their own: what is kept of batches of every other. */
async function recompressed(session: Session): Promise<void> {
  for (const type of ['uncompressed', ...codecs.slice(1)]) {
    const name = session.name(type)
    await session.topic(name, 1, { 'compression.type': type })
    for (const compression of codecs) {
      const values = Array.from({ length: 100 }, (_, index) => (index === 7 ? null : `${index}`.padEnd(100)))
      await produce(session, name, batchOf(values, { compression, key: 'k' }), `${type} of ${compression}`)
    }
    const { responses } = await session.prepare(Fetch, 12, {
      maxWaitMs: 0,
      topics: [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }],
    })
    const records = Buffer.concat([responses[0]?.partitions[0]?.records ?? []].flat())
    const kept = [...batches(records)].map(at => {
      const all = readRecords(records, at).map(({ offset, timestamp, value }) => [offset, timestamp, value?.toString()])
      return { codec: codecs[compressionType(records, at)], count: all.length, some: [0, 7, 99].map(i => all[i]) }
    })
    session.note('Fetch', 12, `what is kept as ${type}`, kept)
  }
  const limits = { 'compression.type': 'uncompressed', 'max.message.bytes': '500' }
  const name = session.name('limited')
  await session.topic(name, 1, limits)
  await produce(session, name, batchOf(['x'.repeat(1000)], { compression: 'gzip' }), 'too large once unpacked')
  const packed = session.name('packed')
  await session.topic(packed, 1, { ...limits, 'compression.type': 'gzip' })
  await produce(session, packed, batchOf(['x'.repeat(1000)]), 'too large until packed')
}

/** A broker that has just started may not have its block of producer ids yet. */
async function producerIdsReady(session: Session): Promise<void> {
  for (let attempt = 0; attempt < 250; attempt++) {
    const { errorCode } = await session.prepare(InitProducerId, 4, {
      transactionalId: null,
      transactionTimeoutMs: 1000,
    })
    if (errorCode === 0) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function idempotent(session: Session): Promise<void> {
  const name = session.name('idempotent')
  await session.topic(name)
  await producerIdsReady(session)
  const { producerId, producerEpoch } = await session.send(
    InitProducerId,
    4,
    { transactionalId: null, transactionTimeoutMs: 60_000 },
    'a new producer',
  )
  const numbered = (baseSequence: number, epoch = producerEpoch, id = producerId) =>
    buildBatch({
      producerId: id,
      producerEpoch: epoch,
      baseSequence,
      records: [0, 1].map(i => ({ timestamp: recordTimestamp + i, key: null, value: Buffer.from('v') })),
    })
  await produce(session, name, numbered(0), 'first')
  await produce(session, name, numbered(2), 'second')
  await produce(session, name, numbered(0), 'the first again')
  await produce(session, name, numbered(2), 'the second again')
  await produce(session, name, numbered(8), 'a gap')
  await produce(session, name, numbered(1), 'an overlap')
  for (let sequence = 4; sequence < 16; sequence += 2)
    await produce(session, name, numbered(sequence), `sequence ${sequence}`)
  await produce(session, name, numbered(0), 'the first, long forgotten')
  await produce(session, name, numbered(6), 'the fifth from behind')
  await produce(session, name, numbered(0, producerEpoch + 1), 'a new epoch')
  await produce(session, name, numbered(16), 'the old epoch')
  await produce(session, name, numbered(7, 0, 987_654), 'an unknown producer, not from 0')
  await produce(
    session,
    name,
    Buffer.concat([numbered(2, producerEpoch + 1), numbered(4, producerEpoch + 1)]),
    'two numbered batches',
  )
  for (const version of session.versions(InitProducerId))
    await session.send(InitProducerId, version, { transactionalId: null, transactionTimeoutMs: 1000 }, 'version')
}

/** Produce with acks=0 is not answered: what shows is what comes of the connection. */
async function unanswered(session: Session): Promise<void> {
  const name = session.name('unanswered')
  await session.topic(name)
  for (const [label, topic] of [
    ['taken', name],
    ['refused', session.name('nowhere')],
  ] as const) {
    const client = await session.connect()
    client.sendUnanswered(Produce, 9, {
      transactionalId: null,
      acks: 0,
      timeoutMs,
      topicData: [{ name: topic, topicId: '', partitionData: [{ index: 0, records: batchOf(['a']) }] }],
    } as never)
    const closed = await Promise.race([
      client.closed.then(() => true),
      client.send(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 }).then(
        () => false,
        () => true,
      ),
    ])
    session.note('Produce', 9, `acks=0, ${label}`, { closed })
    await client.close()
  }
}

export const produceCases: readonly Case[] = [
  { name: 'Produce at every version', run: atEachVersion },
  { name: 'Produce to what is not there', run: unknown, differs: [saysMore('Produce v*')] },
  { name: 'Produce: damaged batches', run: damaged, differs: [saysMore('Produce v*')] },
  { name: 'Produce: limits of the topic', run: limited, differs: [saysMore('Produce v*')] },
  { name: 'Produce: refused records', run: refusedRecords },
  { name: 'Produce: topics with a codec of their own', run: recompressed, differs: [saysMore('Produce v*')] },
  { name: 'Produce: an idempotent producer', run: idempotent, differs: [saysMore('Produce v*')] },
  { name: 'Produce with acks=0', run: unanswered },
]
