/** What a bug, and a process without file descriptors, do to partitions: the first ends the process, the second is answered and passes. */
import t, { type Test } from 'tap'
import { describeLogDirs } from '../../lib/handlers/describe-log-dirs.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { memoryFiles } from '../../storage/files.ts'
import { crashesIn } from '../base/crashes.ts'
import { faultyFiles, outOfDescriptors } from '../storage/faulty-files.ts'
import { SimulatedFiles } from '../storage/simulated-files.ts'
import { PartitionsFixture, topicImage, valuesOf } from './fixture.ts'

type Fails = (call: string, path: string) => boolean

/** Partitions on files of which some calls fail while `error` says with what. */
class FaultyFixture extends PartitionsFixture {
  readonly faults: { error: (() => Error) | null; fails: Fails }

  constructor(fails: Fails, options: ConstructorParameters<typeof PartitionsFixture>[0] = {}) {
    const faults = { error: null as (() => Error) | null, fails }
    const files = faultyFiles(options.files ?? memoryFiles(), (call, path) =>
      faults.error !== null && faults.fails(call, path) ? faults.error() : null,
    )
    super({ ...options, files })
    this.faults = faults
  }

  /** Lets time pass, and whatever waits for files have its turn. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.clock.advance(100)
      for (let turn = 0; turn < 3; turn++) {
        this.turn()
        await this.settle()
      }
    }
  }

  values(topic: string): string[] {
    const read = this.partition(topic).read(0, everything)
    const values = valuesOf(read.records)
    read.release()
    return values
  }
}

const everything = { bytesMax: 1_000_000, isolation: 'readUncommitted', minOneMessage: true } as const
const remedy = /ulimit -n.*max\.connections/

function codeOf(work: () => unknown): number {
  try {
    work()
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
  return codes.NONE
}

interface Place {
  readonly name: string
  readonly options?: ConstructorParameters<typeof PartitionsFixture>[0]
  readonly fails: Fails
  /** Makes all ready, with the files as they should be. */
  readonly before?: (fixture: FaultyFixture) => Promise<void> | void
  /** Meets the fault. */
  readonly use: (fixture: FaultyFixture) => Promise<unknown> | unknown
  /** Shows that what could not be done is done now that it can. */
  readonly after: (fixture: FaultyFixture, t: Test) => Promise<unknown> | unknown
}

const twoTopics = [topicImage('a'), topicImage('b')]

const places: readonly Place[] = [
  {
    name: 'the opening of a log',
    options: { topics: twoTopics },
    fails: (call, path) => call === 'list' && path === '/data/a-0',
    before: async fixture => {
      fixture.write('a', ['one'])
      await fixture.close()
      fixture.open()
    },
    use: fixture => fixture.partition('a').log,
    after: (fixture, t) => t.same(fixture.values('a'), ['one']),
  },
  {
    name: 'the topic id in the directory of a log',
    options: { topics: twoTopics },
    fails: (call, path) => call === 'read' && path === '/data/a-0/partition.metadata',
    before: async fixture => {
      fixture.write('a', ['one'])
      await fixture.close()
      fixture.open()
    },
    use: fixture => fixture.partition('a').highWatermark,
    after: (fixture, t) => t.equal(fixture.partition('a').highWatermark, 1),
  },
  {
    name: 'a checkpoint that an opened log has to lower',
    options: { topics: twoTopics, files: new SimulatedFiles() },
    fails: (call, path) => call === 'replace' && path.endsWith('recovery-point-offset-checkpoint'),
    before: async fixture => {
      fixture.write('a', ['one', 'two'])
      await fixture.close()
      fixture.files.file('/data/a-0/00000000000000000000.log').truncate(10)
      fixture.open()
    },
    use: fixture => fixture.partition('a').log,
    after: (fixture, t) => {
      t.equal(fixture.partition('a').logEndOffset, 0)
      t.match(String(fixture.files.read('/data/recovery-point-offset-checkpoint')), /^a 0 0$/m)
    },
  },
  {
    name: 'the directory of a new partition',
    fails: (call, path) => call === 'write' && path === '/data/new-0/partition.metadata',
    use: fixture => {
      fixture.apply({ created: [topicImage('new')] })
      return fixture.partition('new').log
    },
    after: (fixture, t) => t.equal(fixture.write('new', ['one']), 0),
  },
  {
    name: 'a directory of the same name as a new partition has',
    fails: (call, path) => call === 'read' && path === '/data/new-0/partition.metadata',
    before: async fixture => {
      fixture.files.mkdir('/data/new-0')
      await fixture.close()
      fixture.open()
    },
    use: fixture => {
      fixture.apply({ created: [topicImage('new')] })
      return fixture.partition('new').log
    },
    after: (fixture, t) => t.equal(fixture.write('new', ['one']), 0),
  },
  {
    name: 'a size that is counted',
    options: { topics: twoTopics },
    fails: (call, path) => call === 'list' && path === '/data/a-0',
    before: async fixture => {
      fixture.write('a', ['one'])
      await fixture.close()
      fixture.open()
    },
    use: fixture => {
      const { results } = describeLogDirs({ topics: null }, fixture.context(4))
      for (const { errorCode } of results) if (errorCode !== codes.NONE) throw new KafkaError(errorCode)
    },
    after: (fixture, t) => t.ok(fixture.partition('a').sizeInBytes > 0),
  },
  {
    name: 'the checkpoints',
    options: { topics: twoTopics, files: new SimulatedFiles() },
    fails: (call, path) => call === 'replaceLater' && path.endsWith('replication-offset-checkpoint'),
    before: fixture => void fixture.write('a', ['one']),
    use: fixture => fixture.pass(5_000),
    after: async (fixture, t) => {
      await fixture.pass(5_000)
      t.match(String(fixture.files.read('/data/replication-offset-checkpoint')), /^a 0 1$/m)
    },
  },
  {
    name: 'the removal of what was deleted',
    options: { topics: [topicImage('a', { configs: { 'file.delete.delay.ms': '0' } }), topicImage('b')] },
    fails: call => call === 'removeTree',
    before: fixture => void fixture.write('a', ['one']),
    use: async fixture => {
      fixture.apply({ deleted: ['a'] })
      await fixture.pass(100)
    },
    after: async (fixture, t) => {
      await fixture.pass(10_000)
      t.notOk(fixture.files.list('/data').some(({ name }) => name.startsWith('a-')))
    },
  },
  {
    name: 'retention',
    options: {
      topics: [topicImage('a', { configs: { 'retention.ms': '1000' } }), topicImage('b')],
      properties: { 'log.retention.check.interval.ms': '1000', 'log.initial.task.delay.ms': '1000' },
    },
    fails: (call, path) => call === 'create' && /\/a-0\/0*1\.log$/.test(path),
    before: fixture => void fixture.write('a', ['one']),
    use: fixture => fixture.pass(3_000),
    after: async (fixture, t) => {
      await fixture.pass(1_000)
      t.equal(fixture.partition('a').logStartOffset, 1)
    },
  },
  {
    name: 'a move that begins',
    options: { topics: [topicImage('a')], paths: ['/data', '/other'] },
    fails: (call, path) => call === 'write' && /^\/other\/a-0\..*-future\/partition\.metadata$/.test(path),
    before: fixture => void fixture.write('a', ['one']),
    use: fixture => fixture.partitions.relocations.move(fixture.partition('a'), other(fixture)),
    after: async (fixture, t) => {
      fixture.partitions.relocations.move(fixture.partition('a'), other(fixture))
      await movedWell(fixture, t)
    },
  },
  {
    name: 'a move that copies',
    options: { topics: [topicImage('a', { configs: { 'segment.bytes': '1048576' } })], paths: ['/data', '/other'] },
    fails: (call, path) => call === 'writev' && path.startsWith('/other/a-0.'),
    before: fixture => {
      fixture.write('a', ['one'])
      fixture.partition('a').log.roll()
    },
    use: async fixture => {
      fixture.partitions.relocations.move(fixture.partition('a'), other(fixture))
      await fixture.pass(500)
    },
    after: movedWell,
  },
  {
    name: 'a move whose copy takes its place',
    options: { topics: [topicImage('a')], paths: ['/data', '/other'] },
    fails: (call, path) => call === 'syncDirectoryNow' && path === '/other',
    before: fixture => void fixture.write('a', ['one']),
    use: async fixture => {
      fixture.partitions.relocations.move(fixture.partition('a'), other(fixture))
      await fixture.pass(500)
    },
    after: movedWell,
  },
]

function other(fixture: FaultyFixture) {
  return fixture.partitions.logDirectories.usable('/other')
}

async function movedWell(fixture: FaultyFixture, t: Test): Promise<void> {
  await fixture.pass(2_000)
  t.equal(fixture.partitions.logDirectories.pathOf(fixture.partition('a')), '/other')
  t.same(fixture.values('a'), ['one'])
}

for (const { name, options, fails, before, use, after } of places) {
  const fresh = () => new FaultyFixture(fails, { ...options, files: options?.files && new SimulatedFiles() })

  t.test(`${name}, without descriptors, is answered and logged, and done when there are some`, async t => {
    const fixture = fresh()
    await before?.(fixture)
    fixture.faults.error = outOfDescriptors
    await Promise.resolve()
      .then(() => use(fixture))
      .catch(error => void t.match(error, { code: codes.KAFKA_STORAGE_ERROR }))
    t.same(fixture.failedDirectories, [])
    t.ok([...fixture.partitions.all()].every(({ standing }) => standing === 'online'))
    t.match(fixture.log.join('\n'), remedy)
    fixture.faults.error = null
    await after(fixture, t)
    await fixture.pass(1_000)
    await fixture.close()
  })

  t.test(`${name}, with a bug, ends the process`, async t => {
    const fixture = fresh()
    await before?.(fixture)
    const bug = new TypeError('a bug')
    fixture.faults.error = () => bug
    const bugs = await crashesIn(() => use(fixture))
    t.ok(bugs.length > 0)
    t.ok(bugs.every(each => each === bug))
    t.same(fixture.failedDirectories, [], 'no disk is blamed')
  })
}

t.test(
  'what clients send to a partition that cannot be opened is answered each time, and served once it can be',
  async t => {
    const fixture = new FaultyFixture((call, path) => call === 'list' && path === '/data/a-0', { topics: twoTopics })
    fixture.write('a', ['one'])
    await fixture.close()
    fixture.open()
    fixture.faults.error = outOfDescriptors
    const partition = fixture.partition('a')
    for (const ask of [
      () => partition.append(Buffer.alloc(0), { origin: 'client', requiredAcks: -1 }),
      () => partition.read(0, everything),
      () => partition.highWatermark,
      () => partition.logStartOffset,
      () => partition.deleteRecordsBefore(0),
      () => partition.lastStableOffset,
    ]) {
      t.equal(codeOf(ask), codes.KAFKA_STORAGE_ERROR)
    }
    t.equal(fixture.log.filter(line => remedy.test(line)).length, 1, 'not a line for each')
    t.equal(fixture.write('b', ['other']), 0, 'others are served')
    fixture.faults.error = null
    t.equal(fixture.write('a', ['two']), 1)
    await fixture.close()
  },
)
