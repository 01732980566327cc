/** Partitions that nobody uses: opened when they are asked for, made a few at a time, recovered after a crash. */
import t from 'tap'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { memoryFiles } from '../../storage/files.ts'
import { breakableFiles, PartitionsFixture, topicImage } from './fixture.ts'

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
  const figures = [...fixture.partitions.metrics()]
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

t.test('a log that turns out to be that of another topic is left alone when it is opened', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')], paths: ['/one', '/two'] })
  fixture.write('a', ['precious'])
  await fixture.close()
  const another = topicImage('a')
  fixture.image = {
    ...fixture.image,
    topics: new Map([['a', another]]),
    topicsById: new Map([[another.topicId, another]]),
  }
  fixture.open()
  t.equal(fixture.partition('a').logEndOffset, 0)
  t.equal(fixture.partitions.logDirectories.pathOf(fixture.partition('a')), '/two')
  t.equal(fixture.log.filter(line => line.includes('is left alone') && line.includes('/one/a-0')).length, 1)
  t.ok(fixture.files.file('/one/a-0/00000000000000000000.log').size() > 0)
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
