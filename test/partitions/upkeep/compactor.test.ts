/** Which partitions are compacted, when, and what is written down of it. */
import t from 'tap'
import { createLogger } from '../../../lib/base/logger.ts'
import { figuresIn } from '../../../lib/metrics/metrics.ts'
import { compactionMetrics } from '../../../lib/partitions/metrics.ts'
import type { Partition } from '../../../lib/partitions/partition.ts'
import { Compactor, type CompactorSettings } from '../../../lib/partitions/upkeep/compactor.ts'
import { Timetable } from '../../../lib/partitions/waiting/timetable.ts'
import { ManualClock } from '../../../lib/testing/clock.ts'
import { diskFiles } from '../../../storage/compaction/compaction.ts'
import { type Files, memoryFiles } from '../../../storage/files.ts'
import { crashesIn } from '../../base/crashes.ts'
import { faultyFiles, outOfDescriptors } from '../../storage/faulty-files.ts'
import { PartitionsFixture, topicImage, valuesOf } from '../fixture.ts'

const compact = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.3', 'file.delete.delay.ms': '0' }

/** Partitions, and a compactor that is looked after by the test. */
class CompactorFixture extends PartitionsFixture {
  readonly compacted: string[] = []
  readonly messages: string[] = []
  settings: CompactorSettings = {
    enabled: true,
    backoffMs: 15_000,
    keyBytesMax: 1_000_000,
    keyLoadFactor: 0.9,
    bufferBytes: 100_000,
    bytesPerSecondMax: Number.MAX_VALUE,
  }
  readonly compactor: Compactor

  constructor(files: Files, path: string, topics: Record<string, Record<string, string>>) {
    super({
      files,
      paths: [path],
      topics: Object.entries(topics).map(([name, configs]) => topicImage(name, { configs })),
    })
    this.compactor = new Compactor({
      all: () => this.partitions.all(),
      clocks: { broker: this.clock, wire: this.clock },
      timetable: new Timetable(this.clock),
      settings: () => this.settings,
      logger: createLogger('info', { clock: this.clock, write: line => void this.messages.push(line.trim()) }),
      compacted: (partition: Partition) => void this.compacted.push(partition.name),
    })
    this.compactor.start()
  }

  /** Writes versions of one key, a segment each. */
  versions(topic: string, count: number): void {
    for (let index = 0; index < count; index++) {
      const record = { timestamp: this.clock.now(), key: Buffer.from('k'), value: Buffer.from(`${topic}${index}`) }
      this.write(topic, [], 0, { records: [record] })
      this.partition(topic).log.roll()
    }
  }

  /** Lets the next round come and go. */
  async round(): Promise<void> {
    this.clock.advance(15_000)
    let over = false
    void this.compactor.idle.then(() => {
      over = true
    })
    while (!over) {
      this.turn()
      await this.settle()
    }
  }

  valuesIn(topic: string): string[] {
    const partition = this.partition(topic)
    const values: string[] = []
    for (let offset = partition.logStartOffset; offset < partition.highWatermark; ) {
      const read = partition.read(offset, { bytesMax: 1_000_000, isolation: 'readUncommitted', minOneMessage: true })
      if (read.sizeInBytes === 0) break
      values.push(...valuesOf(read.records))
      offset =
        partition.log.segments.find(segment => segment.baseOffset > offset)?.baseOffset ?? partition.highWatermark
      read.release()
    }
    return values
  }
}

for (const [kind, files] of [
  ['in memory', memoryFiles()],
  ['on a disk', diskFiles],
] as const) {
  t.test(`partitions ${kind} that are due are compacted, the dirtiest first, and it is noted how far`, async t => {
    const path = files === diskFiles ? t.testdir() : '/data'
    const fixture = new CompactorFixture(files, path, { a: compact, b: compact, kept: {} })
    t.teardown(() => fixture.compactor.stop())
    fixture.versions('a', 3)
    fixture.versions('kept', 3)
    await fixture.round()
    t.same(fixture.compacted, ['a-0'])
    t.same(fixture.valuesIn('a'), ['a2'])
    t.same(fixture.valuesIn('kept'), ['kept0', 'kept1', 'kept2'])

    const partitions = [...fixture.partitions.all()]
    t.equal([...fixture.compactor.survey()].length, partitions.length, 'others have their turn between any two of them')
    const figures = () =>
      Object.fromEntries(
        Array.from(
          figuresIn(compactionMetrics(fixture.compactor, fixture.partitions.logDirectories)),
          ({ name, value }) => [name, value],
        ),
      )
    t.match(figures(), { 'max-dirty-percent': 0, 'dirty-partitions-count': 0, 'uncleanable-partitions-count': 0 })
    t.ok(figures()['cleaner-recopy-percent']! < 50, 'one record of three is left')
    t.equal(fixture.compactor.last.bufferUtilization, 24 / fixture.settings.keyBytesMax)

    fixture.compacted.length = 0
    await fixture.round()
    t.same(fixture.compacted, [], 'nothing is dirty')
    fixture.versions('a', 1)
    fixture.versions('b', 4)
    t.match(figures(), { 'max-dirty-percent': 100, 'dirty-partitions-count': 2 })
    fixture.settings = { ...fixture.settings, enabled: false }
    await fixture.round()
    t.same(fixture.compacted, [], 'it is switched off')
    fixture.settings = { ...fixture.settings, enabled: true }
    await fixture.round()
    t.same(fixture.compacted, ['b-0', 'a-0'])
    t.equal(fixture.messages.filter(line => line.includes('compacted a partition')).length, 3)

    await fixture.compactor.stop()
    await fixture.close()
    t.equal(files.read(`${path}/cleaner-offset-checkpoint`)?.toString(), '0\n2\na 0 4\nb 0 4\n')
    fixture.open()
    t.equal(fixture.partition('a').log.cleanedOffset, 4)
    t.same(fixture.valuesIn('b'), ['b3'])
    await fixture.close()
  })
}

t.test('how far a topic was compacted is written down at once when it is to be compacted no more', async t => {
  const fixture = new CompactorFixture(memoryFiles(), '/data', { a: compact })
  fixture.versions('a', 3)
  await fixture.round()
  await fixture.compactor.stop()
  const noted = () => String(fixture.files.read('/data/cleaner-offset-checkpoint'))
  t.notMatch(noted(), /a 0/)
  fixture.apply({ changed: [topicImage('a', { configs: {} })] })
  fixture.clock.advance(0)
  await fixture.settle()
  t.match(noted(), /^a 0 3$/m)
  await fixture.close()
})

t.test('a damaged partition is left alone, and stopping does not wait for a slow one', async t => {
  const files = memoryFiles()
  const fixture = new CompactorFixture(files, '/data', { a: compact, b: compact })
  fixture.versions('a', 3)
  fixture.versions('b', 3)
  const { path } = fixture.partition('a').log.segments[1]!.file
  const bytes = files.read(path)!
  bytes[70]! ^= 1
  files.file(path).writev([bytes], 0)
  await fixture.round()
  t.same(fixture.compacted, ['b-0'])
  t.equal(fixture.messages.filter(line => line.includes('cannot be compacted')).length, 1)
  await fixture.round()
  t.equal(fixture.messages.filter(line => line.includes('cannot be compacted')).length, 1)

  fixture.settings = { ...fixture.settings, bytesPerSecondMax: 1 }
  fixture.versions('b', 3)
  fixture.clock.advance(15_000)
  await fixture.settle()
  await fixture.compactor.stop()
  t.same(fixture.compacted, ['b-0'])
  await fixture.close()
})

t.test('a cleaning without descriptors is done when there are some, and a bug in one ends the process', async t => {
  let error: Error | null = null
  // Reading the dirty part, making the new segment, and putting it into the log.
  for (const fails of [
    (call: string, path: string) => call === 'read' && /[1-9]\.log$/.test(path),
    (call: string, path: string) => call === 'create' && path.endsWith('0.log.cleaned'),
    (call: string, path: string) => call === 'read' && path.endsWith('0.timeindex.cleaned'),
  ]) {
    const files = faultyFiles(memoryFiles(), (call, path) => (error !== null && fails(call, path) ? error : null))
    const fixture = new CompactorFixture(files, '/data', { a: compact })
    fixture.versions('a', 3)
    for (const { file } of fixture.partition('a').log.segments) file.close()
    error = outOfDescriptors()
    await fixture.round()
    t.same([fixture.compacted, fixture.failedDirectories], [[], []])
    t.match(fixture.messages, [/cannot be compacted; it can be tried again.*ulimit -n/])
    error = null
    t.same(fixture.valuesIn('a'), ['a0', 'a1', 'a2'])
    await fixture.round()
    t.same(fixture.compacted, ['a-0'])
    t.same(fixture.valuesIn('a'), ['a2'])

    fixture.versions('a', 3)
    for (const { file } of fixture.partition('a').log.segments) file.close()
    const bug = new TypeError('a bug')
    error = bug
    const bugs = await crashesIn(async () => {
      fixture.clock.advance(15_000)
      for (let turn = 0; turn < 10; turn++) {
        fixture.turn()
        await fixture.settle()
      }
    })
    error = null
    t.ok(bugs.length > 0 && bugs.every(each => each === bug))
  }
})

t.test(
  'among many partitions what is due is looked for in slices, and what is gone meanwhile is left alone',
  async t => {
    const fixture = new CompactorFixture(memoryFiles(), '/data', { a: compact, b: compact })
    t.teardown(() => fixture.close())
    fixture.versions('a', 5)
    fixture.versions('b', 3)
    const clock = new ManualClock({ immediates: 'real' })
    const [a, b] = [fixture.partition('a'), fixture.partition('b')]
    const compacted: string[] = []
    let [heldMs, heldMsMax, isFirst] = [0, 0, true]
    const compactor = new Compactor({
      *all() {
        for (let i = 0; i < 40; i++) {
          clock.advance(1)
          heldMsMax = Math.max(heldMsMax, ++heldMs)
          yield i % 2 === 0 ? a : b
        }
        if (isFirst) void compactor.pause(a)
        isFirst = false
      },
      clocks: { broker: fixture.clock, wire: clock },
      timetable: new Timetable(clock),
      settings: () => fixture.settings,
      logger: createLogger('error', { clock, write: () => {} }),
      compacted: partition => void compacted.push(partition.name),
    })
    let isOver = false
    const others = () => {
      heldMs = 0
      if (!isOver) setImmediate(others)
    }
    setImmediate(others)
    compactor.start()
    clock.advance(15_000)
    await compactor.idle
    isOver = true
    await compactor.stop()
    t.same(compacted, ['b-0'])
    t.ok(heldMsMax <= 6, `${heldMsMax} ms`)
  },
)
