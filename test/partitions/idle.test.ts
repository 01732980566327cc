/** Partitions that nobody uses: opened when they are asked for, made a few at a time, recovered after a crash. */
import t from 'tap'
import { topicMaps } from '../../lib/cluster/topic-map.ts'
import { figuresIn } from '../../lib/metrics/metrics.ts'
import type { Partition } from '../../lib/partitions/partition.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { memoryFiles } from '../../storage/files.ts'
import { breakableFiles, PartitionsFixture, topicImage, valuesOf } from './fixture.ts'

const everything = { bytesMax: 1_000_000, isolation: 'readUncommitted', minOneMessage: true } as const

function same(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function codeOf(work: () => unknown): number {
  try {
    work()
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
  return codes.NONE
}

t.test('after a clean stop a log is opened when it is first asked for, and costs nothing until then', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 3 }), topicImage('b')] })
  fixture.write('a', ['x', 'y'], 1)
  fixture.write('a', ['z'], 2)
  await fixture.close()
  const sizeInBytes = fixture.files.file('/data/a-1/00000000000000000000.log').size()
  fixture.open()
  const loaded = () => [...fixture.partitions.all()].filter(each => each.isLoaded).map(each => each.name)
  t.same(loaded(), [])
  t.equal(fixture.partition('a', 1).sizeInBytes, sizeInBytes)
  t.equal(fixture.partition('a', 1).standing, 'online')
  fixture.clock.advance(300_000)
  await fixture.settle()
  t.same(loaded(), [], 'not even by a look of retention, which has nothing to do')
  t.equal(fixture.partition('a', 1).highWatermark, 2)
  t.equal(fixture.write('a', ['more'], 2), 1)
  t.same(loaded(), ['a-1', 'a-2'])
  const figures = [...figuresIn(fixture.partitions.metrics())]
  const figure = (name: string, tags = {}) => figures.find(each => each.name === name && same(each.tags, tags))?.value
  t.equal(figure('PartitionCount'), 4)
  t.equal(figure('OpenLogCount'), 2)
  t.equal(figure('LogEndOffset', { topic: 'a', partition: '2' }), 2)
  t.equal(figure('LogDirectoryOffline', { logDirectory: '/data' }), 0)
  fixture.apply({
    changed: [
      topicImage('a', { partitions: 3, topicId: fixture.topic('a').topicId, configs: { 'retention.ms': '7' } }),
    ],
  })
  t.equal(fixture.partition('a', 0).log.config.retentionMs, 7)
  t.equal(fixture.partition('a', 2).log.config.retentionMs, 7)
  fixture.apply({ deleted: ['b'] })
  t.notOk(fixture.files.exists('/data/b-0'))

  const text = (name: string) => String(fixture.files.read(`/data/${name}`))
  await fixture.close()
  t.match(text('recovery-point-offset-checkpoint'), /a 1 2\n(.*\n)*a 2 2\n/)
  fixture.open()
  fixture.partitions.logDirectories
    .states()[0]!
    .directory!.openLog('a', 1, null, fixture.partition('a', 1).settings.log)
  t.notOk(fixture.files.exists('/data/.kafka_cleanshutdown'))
})

t.test('after a crash logs are recovered and opened at start', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 2 })] })
  fixture.write('a', ['x'])
  await fixture.close()
  fixture.files.unlink('/data/.kafka_cleanshutdown')
  fixture.open()
  await fixture.settle()
  t.ok([...fixture.partitions.all()].every(each => each.isLoaded))
  fixture.partition('a').unload()
  t.ok(fixture.partition('a').isLoaded, 'what was not closed well is not let go of')
})

t.test('what the cluster does while logs are recovered is taken over when they are', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a'), topicImage('b')] })
  fixture.write('a', ['x'])
  await fixture.close()
  fixture.files.unlink('/data/.kafka_cleanshutdown')
  fixture.open()
  fixture.apply({ deleted: ['a'] })
  fixture.apply({ created: [topicImage('c')] })
  t.ok(fixture.partitions.get('a', 0), 'nobody takes files away from a thread that reads them')
  await fixture.settle()
  t.equal(fixture.partitions.get('a', 0), undefined)
  t.ok(fixture.partition('b').isLoaded)
  t.equal(fixture.partition('c').logEndOffset, 0)
})

t.test('a start that is called off while logs are recovered leaves no mark of a clean shutdown', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 3 })] })
  fixture.write('a', ['x'])
  await fixture.close()
  fixture.files.unlink('/data/.kafka_cleanshutdown')
  fixture.open([], AbortSignal.abort())
  await fixture.settle()
  t.notOk([...fixture.partitions.all()].some(each => each.isLoaded))
  await fixture.close()
  t.notOk(fixture.files.exists('/data/.kafka_cleanshutdown'))
  fixture.open()
  await fixture.settle()
  t.equal(fixture.partition('a').highWatermark, 1)
  t.ok(fixture.log.some(line => /recovered 3 logs of \/data in \d+ ms/.test(line)))
})

t.test('a log that turns out to be that of another topic is put aside when it is opened', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')], paths: ['/one', '/two'] })
  fixture.write('a', ['precious'])
  await fixture.close()
  const another = topicImage('a')
  fixture.image = { ...fixture.image, ...topicMaps([another]) }
  fixture.open()
  t.equal(fixture.partition('a').logEndOffset, 0)
  t.equal(fixture.partitions.logDirectories.pathOf(fixture.partition('a')), '/one')
  t.equal(fixture.log.filter(line => line.includes('they are put aside') && line.includes('/one')).length, 1)
  const [aside] = fixture.files.list('/one').filter(({ name }) => name.endsWith('-stray'))
  t.ok(fixture.files.file(`/one/${aside!.name}/00000000000000000000.log`).size() > 0)
})

t.test('a log that cannot be opened when it is asked for takes its directory offline', async t => {
  const broken = { path: '' }
  const files = breakableFiles(memoryFiles(), path => path === broken.path)
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 2 })], files })
  fixture.write('a', ['x'])
  await fixture.close()
  fixture.open()
  broken.path = '/data/a-0/00000000000000000000.log'
  t.equal(fixture.partition('a').highWatermark, 0)
  t.equal(fixture.partition('a').standing, 'offline')
  t.equal(
    codeOf(() => fixture.partition('a').read(0, everything)),
    codes.KAFKA_STORAGE_ERROR,
  )
  t.equal(fixture.partition('a', 1).standing, 'offline')
})

t.test('many new partitions are made a few at a time, and sooner where they are asked for', async t => {
  const fixture = new PartitionsFixture()
  fixture.clock.monotonicMs = (() => {
    let reads = 0
    const monotonicMs = fixture.clock.monotonicMs.bind(fixture.clock)
    return () => monotonicMs() + reads++
  })()
  fixture.apply({ created: [topicImage('many', { partitions: 1_000 })] })
  const made = () => fixture.files.list('/data').filter(({ name }) => name.startsWith('many-')).length
  t.ok(made() < 100, `${made()} were made at once`)
  t.equal(fixture.write('many', ['x'], 999), 0)
  t.ok(fixture.files.exists('/data/many-999/partition.metadata'))
  for (let turns = 0; made() < 1_000 && turns < 1_000; turns++) fixture.clock.advance(10)
  t.equal(made(), 1_000)
  t.equal([...fixture.partitions.all()].filter(each => each.isLoaded).length, 1)
})

t.test('retention looks at idle logs when something of them may have expired', async t => {
  const fixture = new PartitionsFixture({
    topics: [topicImage('a', { partitions: 2, configs: { 'retention.ms': '100000' } })],
    properties: { 'log.retention.check.interval.ms': '10000' },
  })
  fixture.write('a', ['x'])
  await fixture.close()
  fixture.open()
  fixture.clock.advance(50_000)
  const partition = fixture.partition('a')
  t.notOk(partition.isLoaded)
  t.equal(partition.retentionDueMs, fixture.clock.now() + 50_001)
  t.equal(fixture.partition('a', 1).retentionDueMs, Number.POSITIVE_INFINITY)
  fixture.clock.advance(60_000)
  t.ok(partition.isLoaded)
  t.equal(partition.logStartOffset, 1)
})

t.test(
  'a log that was written is let go of when nobody uses it for some minutes, and comes back as it was',
  async t => {
    const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 3 }), topicImage('b')] })
    const producer = { producerId: 7, producerEpoch: 0 }
    fixture.write('a', ['x', 'y'], 0, { ...producer, baseSequence: 0 })
    fixture.write('a', ['z'], 0, { ...producer, baseSequence: 2 })
    fixture.write('a', ['open'], 1, { ...producer, baseSequence: 0, isTransactional: true })
    fixture.write('b', ['x'])
    const before = stateOf(fixture.partition('a'))
    const loaded = () => [...fixture.partitions.all()].filter(each => each.isLoaded).map(each => each.name)
    fixture.clock.advance(300_000)
    t.same(loaded(), ['a-0', 'a-1', 'a-2', 'b-0'], 'they were in use until now')
    fixture.clock.advance(200_000)
    fixture.write('b', ['y'])
    fixture.clock.advance(100_000)
    await fixture.settle()
    t.same(loaded(), ['b-0'])
    t.equal(fixture.partition('a').sizeInBytes, before.sizeInBytes, 'sizes are known')
    fixture.clock.advance(900_000)
    await fixture.settle()
    t.same(loaded(), [], 'and nothing opens them again')

    const partition = fixture.partition('a')
    t.same(stateOf(partition), before)
    t.equal(partition.log.recoveryPoint, 0, 'the disk has no more than it had')
    const again = () => fixture.write('a', ['z'], 0, { ...producer, baseSequence: 2 })
    t.equal(again(), 2, 'a batch that is there already is known as such')
    t.equal(
      codeOf(() => fixture.write('a', ['gap'], 0, { ...producer, baseSequence: 4 })),
      codes.OUT_OF_ORDER_SEQUENCE_NUMBER,
    )
    t.equal(fixture.write('a', ['next'], 0, { ...producer, baseSequence: 3 }), 3)
    t.equal(fixture.partition('a', 1).lastStableOffset, 0, 'a transaction is still open')
    fixture.clock.advance(1_200_000)
    t.same(loaded(), [])

    await fixture.close()
    t.match(
      String(fixture.files.read('/data/recovery-point-offset-checkpoint')),
      /a 0 4\n(.*\n)*a 1 1\n(.*\n)*b 0 2\n/,
      'a clean stop brings to the disk what was let go of',
    )
    t.ok(fixture.files.exists('/data/.kafka_cleanshutdown'))
    fixture.open()
    t.same(valuesOf(fixture.partition('a').read(0, everything).records), ['x', 'y', 'z', 'next'])
  },
)

t.test('a log stays while somebody waits for it, something is to be flushed, or files are to be removed', async t => {
  const fixture = new PartitionsFixture({
    topics: [
      topicImage('waited'),
      topicImage('flushed', { configs: { 'flush.ms': '3600000' } }),
      topicImage('__consumer_offsets'),
      topicImage('plain'),
    ],
  })
  for (const name of ['waited', 'flushed', '__consumer_offsets', 'plain']) fixture.write(name, ['x'])
  const watcher = { partitionChanged: () => undefined }
  fixture.partition('waited').watch(watcher)
  const loaded = () => [...fixture.partitions.all()].filter(each => each.isLoaded).map(each => each.name)
  fixture.clock.advance(1_200_000)
  t.same(
    loaded(),
    ['waited', 'flushed', '__consumer_offsets'].map(name => `${name}-0`),
  )
  fixture.partition('waited').unwatch(watcher)
  for (let minutes = 0; minutes < 60; minutes += 5) {
    fixture.clock.advance(300_000)
    await fixture.settle()
  }
  t.same(loaded(), ['__consumer_offsets-0'], 'the coordinator has its own at hand')
  t.equal(fixture.partition('flushed').log.recoveryPoint, 1)
  await fixture.close()
})

t.test('a crash finds the same of a log that was let go of as of one that was not', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 2 })] })
  fixture.write('a', ['x', 'y'])
  fixture.clock.advance(1_200_000)
  await fixture.settle()
  t.notOk(fixture.partition('a').isLoaded)
  const recovery = String(fixture.files.read('/data/recovery-point-offset-checkpoint'))
  t.match(recovery, /a 0 0\n/)
  fixture.partitions.logDirectories.states()[0]!.directory!.abandon()
  fixture.open()
  await fixture.settle()
  t.equal(fixture.partition('a').highWatermark, 2)
  t.ok(fixture.log.some(line => /recovered 2 logs of \/data in \d+ ms/.test(line)))
})

t.test('retention and other settings reach logs that were let go of', async t => {
  const fixture = new PartitionsFixture({
    topics: [topicImage('a', { partitions: 2, configs: { 'retention.ms': '3600000' } }), topicImage('gone')],
  })
  fixture.write('a', ['x'])
  fixture.write('gone', ['x'])
  fixture.clock.advance(1_200_000)
  t.notOk([...fixture.partitions.all()].some(each => each.isLoaded))
  fixture.apply({ deleted: ['gone'] })
  t.notOk(fixture.files.exists('/data/gone-0'))
  fixture.clock.advance(2_700_000)
  t.equal(fixture.partition('a').logStartOffset, 1, 'retention took what it was to take')
  for (let minutes = 0; minutes < 20; minutes += 5) {
    fixture.clock.advance(300_000)
    await fixture.settle()
  }
  t.notOk(fixture.partition('a').isLoaded)
  t.equal(fixture.partition('a').logStartOffset, 1)
  t.equal(fixture.write('a', ['y']), 1)
  await fixture.close()
  t.ok(fixture.files.exists('/data/.kafka_cleanshutdown'))
})

/** All that a partition is known to hold. */
function stateOf(partition: Partition) {
  const { log } = partition
  return {
    sizeInBytes: partition.sizeInBytes,
    highWatermark: partition.highWatermark,
    logStartOffset: partition.logStartOffset,
    logEndOffset: partition.logEndOffset,
    writtenOffset: log.writtenOffset,
    epochs: log.endOffsetForEpoch(0),
    timestamp: log.maxTimestampOffset(),
    producers: [...log.activeProducers()].map(({ batches, ...state }) => ({ ...state, last: batches.at(-1) })),
    values: valuesOf(partition.read(0, everything).records),
  }
}
