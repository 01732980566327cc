/** Partitions that move to another data directory: the copy, the swap, what interrupts them, and AlterReplicaLogDirs. */
import t from 'tap'
import { seededRandom } from '../../../lib/base/random.ts'
import { alterReplicaLogDirs } from '../../../lib/handlers/alter-replica-log-dirs.ts'
import { describeLogDirs } from '../../../lib/handlers/describe-log-dirs.ts'
import { codes, KafkaError } from '../../../protocol/errors.ts'
import { diskFiles, memoryFiles } from '../../../storage/files.ts'
import { Died, SimulatedFiles, type StepKind } from '../../storage/simulated-files.ts'
import { batchOf, breakableFiles, PartitionsFixture, topicImage, valuesOf, whenCommitted } from '../fixture.ts'

const paths = ['/one', '/two', '/three']
const everything = { bytesMax: 100_000_000, isolation: 'readUncommitted', minOneMessage: true } as const
/** About 1.4 MB in segments of a megabyte. */
const configs = { 'segment.bytes': '1048576' }
const long = 'x'.repeat(10_000)

/** A topic of one partition in the first directory, with so many records of 10 KB. */
function filled(records: number, options: ConstructorParameters<typeof PartitionsFixture>[0] = {}): PartitionsFixture {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { configs })], paths, ...options })
  write(fixture, 0, records)
  return fixture
}

function write(fixture: PartitionsFixture, from: number, to: number): void {
  for (let index = from; index < to; index++) fixture.write('a', [`${index} ${long}`])
}

/** Asks for a move; gives the error code. */
function alter(fixture: PartitionsFixture, path: string, topic = 'a', index = 0): number {
  const request = { dirs: [{ path, topics: [{ name: topic, partitions: [index] }] }] }
  return alterReplicaLogDirs(request, fixture.context(2)).results[0]!.partitions[0]!.errorCode
}

/** Directories by what DescribeLogDirs says of the partition in them. */
function described(fixture: PartitionsFixture) {
  const { results } = describeLogDirs({ topics: [{ topic: 'a', partitions: [0] }] }, fixture.context(5))
  return results.flatMap(({ logDir, topics }) =>
    topics.flatMap(({ partitions }) => partitions.map(each => ({ logDir, ...each }))),
  )
}

const placeOf = (fixture: PartitionsFixture) => fixture.partitions.logDirectories.pathOf(fixture.partition('a'))

/** Lets time pass, and whatever waits for files have its turn. */
async function pass(fixture: PartitionsFixture, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    fixture.clock.advance(100)
    for (let turn = 0; turn < 5; turn++) {
      fixture.turn()
      await fixture.settle()
    }
  }
}

function valuesFrom(fixture: PartitionsFixture): number[] {
  const partition = fixture.partition('a')
  const values: number[] = []
  for (let offset = partition.logStartOffset; offset < partition.highWatermark; ) {
    const read = partition.read(offset, everything)
    const numbers = valuesOf(read.records).map(value => Number.parseInt(value, 10))
    read.release()
    values.push(...numbers)
    offset += numbers.length
  }
  return values
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

t.test('a partition moves while it is written to, and nothing is lost or told twice', async t => {
  const fixture = filled(250, { relocationBytesPerSecondMax: 1_000_000 })
  t.equal(alter(fixture, '/two'), codes.NONE)
  const bytes = fixture.partition('a').sizeInBytes
  t.same(described(fixture), [
    { logDir: '/one', partitionIndex: 0, partitionSize: bytes, offsetLag: 0, isFutureKey: false },
    { logDir: '/two', partitionIndex: 0, partitionSize: 0, offsetLag: 250, isFutureKey: true },
  ])
  await pass(fixture, 1_500)
  const [, future] = described(fixture)
  t.ok(future!.partitionSize > 0 && future!.partitionSize < bytes, 'no faster than it may')
  t.ok(future!.offsetLag > 0 && future!.offsetLag < 250)
  write(fixture, 250, 300)
  await pass(fixture, 5_000)
  t.equal(placeOf(fixture), '/two')
  t.equal(described(fixture).length, 1)
  t.same(valuesFrom(fixture), upTo(300))
  t.ok(fixture.files.list('/one').some(({ name }) => /^a-0\.[0-9a-f]{32}-delete$/.test(name)))
  write(fixture, 300, 310)
  await pass(fixture, 70_000)
  t.notOk(
    fixture.files.list('/one').some(({ name }) => name.startsWith('a-0')),
    'the old files are gone in time',
  )
  await fixture.close()
  fixture.open()
  t.equal(placeOf(fixture), '/two')
  t.same(valuesFrom(fixture), upTo(310))
})

t.test('who waits for records, or for them to be written, does not notice a move', async t => {
  const fixture = filled(3)
  const told: number[] = []
  alter(fixture, '/two')
  const partition = fixture.partition('a')
  const producer = { producerId: 7, producerEpoch: 0 }
  for (const baseSequence of [0, 1, 2]) fixture.write('a', ['p'], 0, { ...producer, baseSequence })
  partition.append(batchOf(['late']), { origin: 'client', requiredAcks: -1 })
  whenCommitted(partition, 6, code => told.push(code))
  await fixture.settle()
  await pass(fixture, 1_000)
  t.equal(placeOf(fixture), '/two')
  t.same(told, [codes.NONE])
  t.equal(fixture.write('a', ['p'], 0, { ...producer, baseSequence: 0 }), 3, 'duplicates are known as before')
  t.equal(partition.logEndOffset, 7)
})

t.test('records that are let go of during a move are not in the copy either', async t => {
  const fixture = filled(250, { relocationBytesPerSecondMax: 1_000_000 })
  alter(fixture, '/two')
  await pass(fixture, 1_500)
  fixture.partition('a').deleteRecordsBefore(150)
  await pass(fixture, 5_000)
  t.equal(placeOf(fixture), '/two')
  t.equal(fixture.partition('a').logStartOffset, 150)
  t.same(valuesFrom(fixture), upTo(250).slice(150))
  await fixture.close()
  fixture.open()
  t.equal(fixture.partition('a').logStartOffset, 150)
})

t.test('a move goes on after a restart with what is copied already', async t => {
  const fixture = filled(400, { relocationBytesPerSecondMax: 1_000_000 })
  alter(fixture, '/two')
  await pass(fixture, 2_500)
  const { partitionSize } = described(fixture)[1]!
  t.ok(partitionSize > 1_000_000)
  const closed = fixture.close()
  await pass(fixture, 500)
  await closed
  fixture.open()
  t.equal(placeOf(fixture), '/one')
  await fixture.settle()
  const again = described(fixture)[1]
  t.ok(again!.partitionSize > 900_000 && again!.partitionSize <= partitionSize, `${again!.partitionSize} are there`)
  await pass(fixture, 5_000)
  t.equal(placeOf(fixture), '/two')
  t.same(valuesFrom(fixture), upTo(400))
})

t.test('a move ends with another one, with one back, and with the topic', async t => {
  const fixture = filled(250, { relocationBytesPerSecondMax: 100_000 })
  const futures = () => paths.flatMap(path => fixture.files.list(path).filter(({ name }) => name.endsWith('-future')))
  alter(fixture, '/two')
  await pass(fixture, 500)
  t.equal(alter(fixture, '/three'), codes.NONE)
  t.equal(described(fixture)[1]!.logDir, '/three')
  t.equal(alter(fixture, '/one'), codes.NONE)
  t.equal(described(fixture).length, 1)
  t.equal(futures().length, 0)
  alter(fixture, '/two')
  await pass(fixture, 500)
  t.equal(futures().length, 1)
  fixture.apply({ deleted: ['a'] })
  await pass(fixture, 500)
  t.equal(futures().length, 0)
})

t.test('a move is refused where Kafka refuses it, and a partition to come is made where it was wished', t => {
  const state = { broken: '' }
  const files = breakableFiles(memoryFiles(), path => state.broken !== '' && path.startsWith(state.broken))
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 3 })], paths, files })
  t.equal(alter(fixture, '/nowhere'), codes.LOG_DIR_NOT_FOUND)
  t.equal(alter(fixture, '/three/'), codes.LOG_DIR_NOT_FOUND)
  t.equal(alter(fixture, '/three', 'later', 1), codes.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(alter(fixture, '/three', 'a', 7), codes.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(alter(fixture, '/three', 'a', -1), codes.UNKNOWN_TOPIC_OR_PARTITION)
  fixture.apply({ created: [topicImage('later', { partitions: 2 })] })
  t.equal(fixture.partitions.logDirectories.pathOf(fixture.partition('later', 1)), '/three')
  state.broken = '/two'
  t.equal(alter(fixture, '/two'), codes.KAFKA_STORAGE_ERROR, 'the copy cannot be begun')
  t.equal(alter(fixture, '/two'), codes.KAFKA_STORAGE_ERROR, 'the directory has failed')
  t.equal(alter(fixture, '/one', 'a', 1), codes.KAFKA_STORAGE_ERROR, 'the partition has failed')
  t.equal(fixture.partition('a').standing, 'online')
  fixture.forbidden.add('kafka-cluster')
  t.equal(alter(fixture, '/three'), codes.CLUSTER_AUTHORIZATION_FAILED)
  t.end()
})

t.test('a partition that is named for two directories is answered once, and moves to the last', async t => {
  const fixture = filled(1)
  const topics = [{ name: 'a', partitions: [0, 0] }]
  const dirs = ['/two', '/three'].map(path => ({ path, topics }))
  t.same(alterReplicaLogDirs({ dirs }, fixture.context(2)).results, [
    { topicName: 'a', partitions: [{ partitionIndex: 0, errorCode: codes.NONE }] },
  ])
  await pass(fixture, 500)
  t.equal(placeOf(fixture), '/three')
})

t.test(
  'a disk that fails during a move takes its own directory offline, and the partition stays where it is',
  async t => {
    const state = { broken: '' }
    const files = breakableFiles(memoryFiles(), path => state.broken !== '' && path.startsWith(state.broken))
    const fixture = filled(250, { relocationBytesPerSecondMax: 1_000_000, files })
    alter(fixture, '/two')
    await pass(fixture, 1_500)
    state.broken = '/two'
    await pass(fixture, 5_000)
    t.same(fixture.failedDirectories, [{ path: '/two', anyUsable: true }])
    t.equal(placeOf(fixture), '/one')
    t.same(valuesFrom(fixture), upTo(250))
    t.equal(described(fixture).length, 1)
  },
)

t.test(
  'of two directories of one partition, as a crash in the middle of a swap leaves them, the one that has all counts',
  async t => {
    const fixture = filled(3)
    await fixture.close()
    const { files } = fixture
    files.mkdir('/two/a-0')
    for (const { name } of files.list('/one/a-0')) files.write(`/two/a-0/${name}`, files.read(`/one/a-0/${name}`)!)
    fixture.open()
    t.equal(placeOf(fixture), '/one')
    t.ok(files.list('/two').some(({ name }) => /^a-0\.[0-9a-f]{32}-stray$/.test(name)))
    write(fixture, 3, 4)
    await fixture.close()
    files.mkdir('/three/a-0')
    for (const { name } of files.list('/one/a-0')) files.write(`/three/a-0/${name}`, files.read(`/one/a-0/${name}`)!)
    files.file('/one/a-0/00000000000000000000.log').truncate(100)
    fixture.open()
    t.equal(placeOf(fixture), '/three')
    t.same(valuesFrom(fixture), upTo(4))
  },
)

t.test('on a disk, where a copy may be called off at any moment, no directory is blamed for it', async t => {
  const dir = t.testdir({ one: {}, two: {} })
  const onDisk = [`${dir}/one`, `${dir}/two`]
  const fixture = filled(250, { files: diskFiles, paths: onDisk, relocationBytesPerSecondMax: 50_000_000 })
  for (let turns = 0; turns < 12; turns++) {
    t.equal(alter(fixture, onDisk[1]!), codes.NONE)
    for (let turn = 0; turn < turns; turn++) {
      fixture.clock.advance(20)
      await fixture.settle()
    }
    if (placeOf(fixture) === onDisk[1]) break
    alter(fixture, onDisk[0]!)
  }
  alter(fixture, onDisk[1]!)
  while (placeOf(fixture) !== onDisk[1]) await pass(fixture, 100)
  t.same(fixture.failedDirectories, [])
  t.same(valuesFrom(fixture), upTo(250))
  const closed = fixture.close()
  await pass(fixture, 100)
  await closed
  fixture.open()
  t.same(valuesFrom(fixture), upTo(250))
  await fixture.close()
})

/** Files of a process that dies before a given step. */
class MortalFiles extends SimulatedFiles {
  stepsLeft = Number.POSITIVE_INFINITY

  override enter(kind: StepKind): void {
    if (kind === 'read') return
    if (this.stepsLeft <= 0) throw new Died()
    this.stepsLeft--
  }
}

/** Writes, moves and writes until the process dies; gives what was acknowledged, and whether it came to the end. */
async function moveAndDie(files: MortalFiles, steps: number): Promise<{ acknowledged: number; done: boolean }> {
  let acknowledged = 0
  const fixture = new PartitionsFixture({ topics: [topic], paths, files, relocationBytesPerSecondMax: 5_000_000 })
  const produce = (index: number) => {
    const partition = fixture.partition('a')
    partition.append(batchOf([`${index} ${long}`]), { origin: 'client', requiredAcks: -1 })
    whenCommitted(partition, index, code => {
      if (code === codes.NONE) acknowledged = index + 1
    })
    fixture.turn()
  }
  for (let index = 0; index < 150; index++) produce(index)
  await fixture.partition('a').log.flush()
  files.stepsLeft = steps
  try {
    alter(fixture, '/two')
    for (let index = 150; index < 170; index++) {
      produce(index)
      await pass(fixture, 100)
    }
  } catch (error) {
    // A disk that suddenly does nothing looks like one that fails.
    if (!(error instanceof Died || error instanceof KafkaError)) throw error
  }
  return { acknowledged, done: files.stepsLeft > 0 }
}

const topic = topicImage('a', { configs })

t.test('a process that dies at any step of a move, or loses its power, loses nothing', async t => {
  const random = seededRandom(5)
  let deaths = 0
  for (let steps = 0; ; steps += 3) {
    const files = new MortalFiles()
    const { acknowledged, done } = await moveAndDie(files, steps)
    for (const isPowerLoss of [false, true]) {
      const found = isPowerLoss ? files.lostPower(() => random.next()) : files.killed()
      found.stepsLeft = Number.POSITIVE_INFINITY
      deaths++
      const fixture = new PartitionsFixture({ topics: [topic], paths, files: found })
      const values = valuesFrom(fixture)
      const least = isPowerLoss ? 150 : acknowledged
      if (values.length < least || values.some((value, index) => value !== index)) {
        t.fail(`after ${steps} steps ${values.length} of ${least} records are there`)
      }
      await pass(fixture, 1_000)
      if (valuesFrom(fixture).length !== values.length) t.fail(`after ${steps} steps the move lost records`)
      const closed = fixture.close()
      await pass(fixture, 100)
      await closed
    }
    if (done) break
  }
  t.ok(deaths > 50, `${deaths} deaths`)
})
