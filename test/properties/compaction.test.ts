/** What properties of compaction do, set for the whole broker and set for one topic: which records are left in the log of a whole broker. */
import t, { type Test } from 'tap'
import { buildBatch, readRecords } from '../../protocol/records/batch.ts'
import { sizeInBytes } from '../../protocol/records/header.ts'
import { type Files, memoryFiles } from '../../storage/files.ts'
import { faultyFiles } from '../storage/faulty-files.ts'
import { Turned } from '../turned-broker.ts'

type Settings = Record<string, string>
type Written = readonly (readonly [key: string, value: string | null])[]

/** Each record becomes a segment of its own, and whatever is older is compacted. */
const compact = {
  ...{ 'cleanup.policy': 'compact', 'segment.ms': '1', 'min.cleanable.dirty.ratio': '0.01' },
  'file.delete.delay.ms': '0',
}
const twice: Written = [
  ['a', 'old'],
  ['a', 'new'],
  ['b', 'last'],
]

async function write(broker: Turned, topic: string, records: Written): Promise<void> {
  for (const [key, value] of records) {
    const record = {
      timestamp: broker.clock.now(),
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    }
    await broker.send(topic, buildBatch({ records: [record] }))
    await broker.advance(10)
  }
}

function left(broker: Turned, topic: string): string[] {
  const log = broker.log(topic)
  const found: string[] = []
  for (const { file, sizeInBytes: size } of log.segments) {
    const bytes = log.files.read(file.path)!.subarray(0, size)
    for (let at = 0; at < bytes.length; at += sizeInBytes(bytes, at))
      for (const { key, value } of readRecords(bytes, at)) found.push(`${key}=${value}`)
  }
  return found
}

/** What is left of the records after so long: by default, where a broker has the property, and where one topic has it. */
async function compacted(
  t: Test,
  {
    records = twice,
    ofBroker,
    ofTopic,
    always = {},
    afterMs,
    later = [],
  }: {
    records?: Written
    ofBroker: Settings
    ofTopic?: Settings
    always?: Record<string, string | null>
    afterMs: number
    later?: Written
  },
) {
  const see = async (properties: Settings, configs: Settings) => {
    const broker = await Turned.start(t, properties)
    const all = Object.entries({ ...compact, ...always, ...configs })
    await broker.create(
      'a',
      Object.fromEntries(all.flatMap(([name, value]) => (value === null ? [] : [[name, value]]))),
    )
    await write(broker, 'a', records)
    await broker.advance(afterMs)
    if (later.length > 0) {
      await write(broker, 'a', later)
      await broker.advance(afterMs)
    }
    return left(broker, 'a')
  }
  const set = await see(ofBroker, {})
  if (ofTopic !== undefined) t.same(await see({}, ofTopic), set, 'of a topic as of a broker')
  return { byDefault: await see({}, {}), set }
}

t.test('log.cleaner.backoff.ms says how soon it is looked for what can be compacted', async t => {
  const { byDefault, set } = await compacted(t, { ofBroker: { 'log.cleaner.backoff.ms': '500' }, afterMs: 3_000 })
  t.same(byDefault, ['a=old', 'a=new', 'b=last'])
  t.same(set, ['a=new', 'b=last'])
})

t.test('log.cleaner.min.compaction.lag.ms and min.compaction.lag.ms leave young records alone', async t => {
  const { byDefault, set } = await compacted(t, {
    ofBroker: { 'log.cleaner.min.compaction.lag.ms': '3600000' },
    ofTopic: { 'min.compaction.lag.ms': '3600000' },
    afterMs: 60_000,
  })
  t.same(byDefault, ['a=new', 'b=last'])
  t.same(set, ['a=old', 'a=new', 'b=last'])
})

t.test(
  'log.cleaner.max.compaction.lag.ms and max.compaction.lag.ms compact what is old, however little it is',
  async t => {
    const { byDefault, set } = await compacted(t, {
      records: Array.from({ length: 20 }, (_, i): [string, string] => [i === 0 ? 'a' : `k${i}`, 'old']),
      later: [
        ['a', 'new'],
        ['b', 'last'],
      ],
      ofBroker: { 'log.cleaner.max.compaction.lag.ms': '5000' },
      ofTopic: { 'max.compaction.lag.ms': '5000' },
      always: { 'min.cleanable.dirty.ratio': '1' },
      afterMs: 31_000,
    })
    t.equal(byDefault[0], 'a=old')
    t.equal(set[0], 'k1=old')
  },
)

t.test('log.cleaner.delete.retention.ms and delete.retention.ms say how long a tombstone stays', async t => {
  const { byDefault, set } = await compacted(t, {
    records: [
      ['a', 'x'],
      ['a', null],
      ['b', 'y'],
    ],
    later: [
      ['c', 'z'],
      ['d', 'z'],
    ],
    ofBroker: { 'log.cleaner.delete.retention.ms': '1000' },
    ofTopic: { 'delete.retention.ms': '1000' },
    afterMs: 31_000,
  })
  t.same(byDefault, ['a=null', 'b=y', 'c=z', 'd=z'])
  t.same(set, ['b=y', 'c=z', 'd=z'])
})

t.test('log.cleaner.dedupe.buffer.size is what the keys of a pass may take', async t => {
  const used: number[] = []
  for (const bytes of ['1100000', '134217728']) {
    const broker = await Turned.start(t, { 'log.cleaner.dedupe.buffer.size': bytes })
    await broker.create('a', compact)
    const records = Array.from({ length: 2_000 }, (_, i) => ({
      ...{ timestamp: broker.clock.now(), key: Buffer.from(`key ${i}`), value: Buffer.from('v') },
    }))
    await broker.send('a', buildBatch({ records }))
    await broker.advance(10)
    await write(broker, 'a', twice)
    await broker.advance(60_000)
    const figure = broker.metrics.find(({ name }) => name === 'max-buffer-utilization-percent')
    used.push(Number(figure?.value))
  }
  t.ok(used[0]! > 2 && used[1] === 0, `${used} percent`)
})

t.test('log.cleaner.io.buffer.size says how much is read of a log at a time', async t => {
  const reads: number[] = []
  for (const bytes of ['2000', '524288']) {
    let count = 0
    let counts = false
    const files: Files = faultyFiles(memoryFiles(), (call, path) => {
      if (counts && call === 'read' && path.endsWith('0.log')) count++
      return null
    })
    const broker = await Turned.start(t, { 'log.cleaner.io.buffer.size': bytes }, { files })
    await broker.create('a', compact)
    for (let i = 0; i < 100; i++)
      await broker.send(
        'a',
        buildBatch({ records: [{ timestamp: broker.clock.now(), key: Buffer.from('k'), value: Buffer.alloc(400) }] }),
      )
    await broker.advance(10)
    await write(broker, 'a', twice)
    counts = true
    await broker.advance(60_000)
    counts = false
    t.same(left(broker, 'a').length, 3)
    reads.push(count)
  }
  t.ok(reads[0]! > 10 * reads[1]!, `${reads} reads`)
})

t.test('log.cleaner.enable switches compaction off', async t => {
  const { byDefault, set } = await compacted(t, { ofBroker: { 'log.cleaner.enable': 'false' }, afterMs: 31_000 })
  t.same(byDefault, ['a=new', 'b=last'])
  t.same(set, ['a=old', 'a=new', 'b=last'])
})

t.test(
  'log.cleaner.min.cleanable.ratio and min.cleanable.dirty.ratio leave logs alone that are clean enough',
  async t => {
    const always = { 'min.cleanable.dirty.ratio': null }
    const again: Written = [
      ['a', 'newer'],
      ['c', 'last'],
    ]
    const { byDefault, set } = await compacted(t, {
      records: Array.from({ length: 20 }, (_, i): [string, string] => [i === 0 ? 'a' : `k${i}`, 'new']),
      later: again,
      ofBroker: { 'log.cleaner.min.cleanable.ratio': '0.01' },
      ofTopic: { 'min.cleanable.dirty.ratio': '0.01' },
      always,
      afterMs: 31_000,
    })
    t.equal(byDefault[0], 'a=new')
    t.equal(set[0], 'k1=new')
  },
)
