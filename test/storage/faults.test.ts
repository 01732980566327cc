/** What an error tells of, and what becomes of a log by it: a disk that fails, a process without file descriptors, a bug of ours. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { AssertionError } from '../../lib/base/assert.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { CheckpointError } from '../../storage/checkpoints.ts'
import { CompactionThread } from '../../storage/compaction/compaction.ts'
import { DamagedLogError } from '../../storage/compaction/frame-reader.ts'
import { ExhaustionError, exhausted, faultOf, warnOfExhaustion } from '../../storage/faults.ts'
import { diskFiles, memoryFiles } from '../../storage/files.ts'
import { DirectoryError } from '../../storage/identity.ts'
import type { LogConfig } from '../../storage/log.ts'
import { RecompressionThread } from '../../storage/recompression/thread.ts'
import { faultFrom, faultMessage } from '../../storage/worker.ts'
import { crashesIn } from '../base/crashes.ts'
import { faultyFiles, outOfDescriptors } from './faulty-files.ts'
import { batchOf, LogFixture } from './fixture.ts'
import { SimulatedFiles } from './simulated-files.ts'

const withCode = (code: string) => Object.assign(new Error(`${code}: it failed`), { code })

t.test('each error tells of a request, a disk, of what is used up, of damage or of a bug', async t => {
  for (const code of ['EIO', 'ENOSPC', 'EROFS', 'EDQUOT', 'ENOENT', 'EACCES', 'ENXIO', 'ENODEV', 'ESTALE', 'EFBIG']) {
    t.equal(faultOf(withCode(code)), 'disk', code)
  }
  t.equal(faultOf(withCode('Unknown system error -117')), 'disk', 'EUCLEAN, which Node has no name for')
  t.equal(faultOf(withCode('ERR_FS_EISDIR')), 'disk')
  for (const code of ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'ERR_WORKER_INIT_FAILED', 'ERR_WORKER_OUT_OF_MEMORY']) {
    t.equal(faultOf(withCode(code)), 'exhaustion', code)
    t.equal(faultOf(exhausted(withCode(code))), 'exhaustion')
  }
  for (const code of ['EBADF', 'EFAULT', 'ERR_INVALID_ARG_TYPE', 'ERR_OUT_OF_RANGE']) {
    t.equal(faultOf(withCode(code)), 'bug', code)
  }
  for (const bug of [new TypeError('x'), new RangeError('x'), new AssertionError('x'), new Error('x'), 'x', null]) {
    t.equal(faultOf(bug), 'bug', String(bug))
  }
  t.equal(faultOf(new KafkaError(codes.CORRUPT_MESSAGE)), 'refusal')
  for (const error of [new DirectoryError('x'), new CheckpointError('x', 'y'), new DamagedLogError('x', 1)]) {
    t.equal(faultOf(error), 'damage', error.name)
  }
})

t.test('an error tells another thread the same that it told its own, and a bug is none to be told', async t => {
  const errors = [
    withCode('EIO'),
    withCode('EMFILE'),
    new DamagedLogError('/x', 1),
    new KafkaError(codes.CORRUPT_MESSAGE),
  ]
  for (const error of errors) {
    const arrived = faultFrom(structuredClone(faultMessage(error)))
    t.same(
      [faultOf(arrived), arrived.message, arrived.name, (arrived as NodeJS.ErrnoException).code],
      [faultOf(error), error.message, error.name, (error as NodeJS.ErrnoException).code],
    )
  }
  const bug = new TypeError('x')
  t.throws(() => faultMessage(bug), bug)
})

t.test('of what is used up a line now and then tells the remedy, and how much was left out', async t => {
  const lines: { message: string; fields?: object }[] = []
  const logger = { warn: (message: string, fields?: object) => void lines.push({ message, fields }) }
  for (const now of [0, 1, 9_999, 10_000]) warnOfExhaustion(logger, now, 'it failed', outOfDescriptors(), { dir: '/x' })
  t.match(lines, [
    {
      message: 'it failed; it can be tried again',
      fields: { dir: '/x', error: /EMFILE: .*ulimit -n.*max\.connections/, leftOut: undefined },
    },
    { fields: { leftOut: 2 } },
  ])
  t.equal(lines.length, 2)
})

interface Place {
  readonly name: string
  readonly config?: Partial<LogConfig>
  /** Makes the log ready; then all of its files are closed. */
  readonly before: (fixture: LogFixture) => void
  /** The call that fails. */
  readonly fails: (call: string, path: string) => boolean
  /** What is done then. */
  readonly use: (fixture: LogFixture) => unknown
}

const places: readonly Place[] = [
  {
    name: 'a roll that cannot make the new segment',
    before: fixture => fixture.fill(3),
    fails: (call, path) => call === 'create' && path.endsWith('3.log'),
    use: ({ log }) => log.roll(),
  },
  {
    name: 'a roll that cannot make an index of the new segment',
    before: fixture => fixture.fill(3),
    fails: (call, path) => call === 'create' && path.endsWith('3.timeindex'),
    use: ({ log }) => log.roll(),
  },
  {
    name: 'a roll that cannot write the producers down',
    before: fixture => fixture.fill(3),
    fails: (call, path) => call === 'write' && path.endsWith('.snapshot'),
    use: ({ log }) => log.roll(),
  },
  {
    name: 'an append that begins a segment',
    config: { segmentBytes: 600 },
    before: fixture => fixture.fill(3),
    fails: (call, path) => call === 'create' && path.endsWith('3.log'),
    use: fixture => fixture.append(batchOf(['x'.repeat(400)])),
  },
  {
    name: 'an append that asks the first batch for its time',
    config: { segmentMs: 1_000_000 },
    before: fixture => {
      fixture.fill(3)
      fixture.open({})
      fixture.log.segments[0].firstTimestamp = Number.NaN
    },
    fails: (call, path) => call === 'read' && path.endsWith('.log'),
    use: fixture => fixture.append(batchOf(['x'])),
  },
  {
    name: 'an append to a file that is not open',
    before: fixture => {
      fixture.fill(3)
      fixture.log.segments[0].file.close()
    },
    fails: (call, path) => call === 'create' && path.endsWith('.log'),
    use: fixture => fixture.append(batchOf(['x'])),
  },
  {
    name: 'an append in a new epoch',
    before: fixture => fixture.fill(3),
    fails: (call, path) => call === 'write' && path.endsWith('leader-epoch-checkpoint'),
    use: fixture => fixture.append(batchOf(['x']), 7),
  },
  {
    name: 'a read of an old segment',
    config: { segmentBytes: 600 },
    before: fixture => {
      fixture.fill(9)
      for (const segment of fixture.log.segments) segment.file.close()
    },
    fails: (call, path) => call === 'read' && path.endsWith('0.log'),
    use: ({ log }) => log.read(1, { maxBytes: 1, maxOffset: 9, minOneMessage: true }).release(),
  },
  {
    name: 'a look for a time',
    before: fixture => {
      fixture.fill(9)
      fixture.log.segments[0].file.close()
    },
    fails: call => call === 'read',
    use: ({ log }) => log.offsetForTimestamp(1),
  },
  {
    name: 'retention that ends the last segment',
    config: { retentionMs: 1_000 },
    before: fixture => {
      fixture.fill(3)
      fixture.now += 10_000
    },
    fails: (call, path) => call === 'create' && path.endsWith('3.log'),
    use: ({ log }) => log.deleteOldSegments(3),
  },
  {
    name: 'a flush',
    before: fixture => {
      fixture.fill(3)
      fixture.log.segments[0].file.close()
    },
    fails: (call, path) => call === 'sync' && path.endsWith('.log'),
    use: ({ log }) => log.flush(),
  },
  {
    name: 'a flush that brings names to the disk',
    before: fixture => fixture.fill(3),
    fails: call => call === 'syncDirectory',
    use: ({ log }) => log.flush(),
  },
  {
    name: 'a log that is let go of',
    before: fixture => fixture.fill(3),
    fails: (call, path) => call === 'write' && path.endsWith('.snapshot'),
    use: ({ log }) => log.release(),
  },
]

/** A log of which a call fails, as long as `error` says with what. */
class FaultyLog {
  error: (() => Error) | null = null
  readonly fixture: LogFixture

  constructor(place: Place) {
    const faulty = faultyFiles(new SimulatedFiles(), (call, path) =>
      this.error !== null && place.fails(call, path) ? this.error() : null,
    )
    this.fixture = new LogFixture({ indexIntervalBytes: 0, ...place.config }, faulty)
    place.before(this.fixture)
  }
}

for (const place of places) {
  t.test(`${place.name}, without descriptors, is refused and changes nothing`, async t => {
    const faulty = new FaultyLog(place)
    const { fixture } = faulty
    const { log } = fixture
    const values = fixture.values()
    faulty.error = outOfDescriptors
    await t.rejects(
      Promise.resolve().then(() => place.use(fixture)),
      { code: codes.KAFKA_STORAGE_ERROR, message: /ulimit -n/ },
    )
    t.same([log.failure, fixture.failures, log.logEndOffset], [null, [], values.length])
    t.match(fixture.warnings, [/could not do what it was asked for; it can be tried again/])
    faulty.error = null
    t.same(fixture.values(), values, 'all is there, and can be read')

    fixture.append(batchOf(['more']))
    fixture.turn()
    await place.use(fixture)
    fixture.turn()
    const { logEndOffset, logStartOffset } = log
    const rest = log.isOpen ? fixture.values() : null
    fixture.open({})
    t.equal(fixture.log.logEndOffset, logEndOffset)
    t.same(fixture.values(logStartOffset), rest ?? fixture.values(logStartOffset), 'another process finds the same')
  })

  t.test(`${place.name}, on a disk that fails, takes the log offline`, async t => {
    const faulty = new FaultyLog(place)
    const { fixture } = faulty
    faulty.error = () => withCode('EIO')
    await t.rejects(
      Promise.resolve().then(() => place.use(fixture)),
      { code: codes.KAFKA_STORAGE_ERROR, message: /offline/ },
    )
    t.match(fixture.failures, [{ code: 'EIO' }])
    t.throws(() => fixture.append(batchOf(['more'])), { code: codes.KAFKA_STORAGE_ERROR })
  })

  t.test(`${place.name}, with a bug, ends the process`, async t => {
    const faulty = new FaultyLog(place)
    const bug = new TypeError('a bug')
    faulty.error = () => bug
    t.same(await crashesIn(() => place.use(faulty.fixture)), [bug])
    t.same(faulty.fixture.failures, [], 'the disk is not blamed')
    t.throws(
      () => faulty.fixture.append(batchOf(['more'])),
      { code: codes.KAFKA_STORAGE_ERROR },
      'nothing is written any more',
    )
  })
}

t.test(
  'records that cannot be written for want of descriptors are written when there are some, and nothing is taken meanwhile',
  async t => {
    let isFull = false
    const files = faultyFiles(memoryFiles(), (call, path) =>
      isFull && (call === 'writev' || call === 'create') && path.endsWith('.log') ? outOfDescriptors() : null,
    )
    const later: (() => void)[] = []
    const fixture = new LogFixture({}, files, '/data/t-0', { later: run => void later.push(run) })
    fixture.append(batchOf(['one']))
    isFull = true
    fixture.turn()
    t.same([fixture.log.writtenOffset, fixture.written, fixture.failures], [0, [], []])
    t.throws(() => fixture.append(batchOf(['two'])), ExhaustionError)
    t.equal(fixture.log.logEndOffset, 1)
    t.equal(later.length, 1)
    for (const run of later.splice(0)) run()
    t.equal(later.length, 1, 'it is tried again and again')
    isFull = false
    for (const run of later.splice(0)) run()
    t.same([fixture.log.writtenOffset, fixture.written], [1, [1]])
    fixture.append(batchOf(['two']))
    fixture.turn()
    t.same(fixture.values(), ['one', 'two'])
  },
)

t.test(
  'a flush that flush.messages asks for is done when there are descriptors, and who waits for it is told then',
  async t => {
    let isFull = true
    const files = faultyFiles(new SimulatedFiles(), call => (isFull && call === 'sync' ? outOfDescriptors() : null))
    const later: (() => void)[] = []
    const fixture = new LogFixture({ flushMessages: 1 }, files, '/data/t-0', { later: run => void later.push(run) })
    fixture.append(batchOf(['one']))
    fixture.turn()
    await new Promise(setImmediate)
    t.same([fixture.log.writtenOffset, later.length, fixture.failures], [0, 1, []])
    isFull = false
    for (const run of later.splice(0)) run()
    await new Promise(setImmediate)
    t.same([fixture.log.writtenOffset, fixture.log.recoveryPoint], [1, 1])
  },
)

t.test('a bug in the compaction thread is told as one', async t => {
  const thread = new CompactionThread()
  await t.rejects(
    thread.run({} as never, () => true),
    TypeError,
  )
  await thread.stop()
  const missing = {
    dir: t.testdir(),
    sources: [{ baseOffset: 0, endOffset: 1, sizeInBytes: 10, offsetIndexBytes: 0, timeIndexBytes: 0 }],
  }
  const job = { firstDirtyOffset: 0, aborted: [], lastRecords: [], now: 0, deleteRetentionMs: 0, indexIntervalBytes: 0 }
  const limits = { segmentBytes: 1, segmentIndexBytes: 1, decompressedBytesMax: 1, keyBytesMax: 96, keyLoadFactor: 0.5 }
  const wrong = { ...missing, ...job, ...limits, bufferBytes: 100, bytesPerSecondMax: 1e9 }
  await t.rejects(
    thread.run(wrong, () => true),
    { code: 'ENOENT' },
    'and an error of the disk as that',
  )
  await thread.stop()
})

t.test('a bug in the thread that packs batches ends the process, and who waits is told', async t => {
  const thread = new RecompressionThread()
  let refusal: unknown
  const bugs = await crashesIn(() => thread.run(batchOf(['x']), null as never, 0).catch(error => (refusal = error)))
  t.match(bugs, [{ name: 'TypeError' }])
  t.match(refusal, { code: codes.UNKNOWN_SERVER_ERROR })
  await thread.stop()
})

t.test('half of the descriptors, at the most, are kept for files', async t => {
  const { openFilesMax } = await import('../../storage/files.ts')
  const limits = diskFiles.exists('/proc/self/limits') ? readFileSync('/proc/self/limits', 'utf8') : ''
  const soft = /^Max open files +(\d+)/m.exec(limits)?.[1]
  t.equal(openFilesMax(), soft === undefined ? Number.POSITIVE_INFINITY : Number(soft))
})
