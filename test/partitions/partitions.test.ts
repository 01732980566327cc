/** Partitions: appends and who waits for them, topics that come and go, directories that fail, and the upkeep. */

import t from 'tap'
import { topicMaps } from '../../lib/cluster/topic-map.ts'
import { checkLeaderEpoch, divergence } from '../../lib/partitions/leader-epoch-checks.ts'
import { OffsetQueue } from '../../lib/partitions/waiting/offset-queue.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { memoryFiles } from '../../storage/files.ts'
import {
  batchOf,
  breakableFiles,
  PartitionsFixture,
  topicImage,
  valuesOf,
  whenCommitted,
  whenWritten,
} from './fixture.ts'

const everything = { bytesMax: 1_000_000, isolation: 'readUncommitted', minOneMessage: true } as const

function codeOf(work: () => unknown): number {
  try {
    work()
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
  return codes.NONE
}

t.test('a record has its offset at once, and can be read at the end of the turn', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const partition = fixture.partition('a')
  const { baseOffset, lastOffset } = partition.append(batchOf(['x', 'y']), { origin: 'client', requiredAcks: 1 })
  t.equal(baseOffset, 0)
  t.equal(lastOffset, 1)
  t.equal(partition.highWatermark, 0)
  t.same(partition.read(0, everything).records, [])
  fixture.turn()
  t.equal(partition.highWatermark, 2)
  t.equal(partition.lastStableOffset, 2)
  t.same(valuesOf(partition.read(0, everything).records), ['x', 'y'])
  t.end()
})

t.test('those who wait for an offset are told in order of offset, and at once where it is reached', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const partition = fixture.partition('a')
  const told: string[] = []
  partition.append(batchOf(['x', 'y', 'z']), { origin: 'client', requiredAcks: -1 })
  whenCommitted(partition, 2, code => told.push(`committed 2 ${code}`))
  whenCommitted(partition, 0, code => told.push(`committed 0 ${code}`))
  whenWritten(partition, 1, code => told.push(`written 1 ${code}`))
  t.same(told, [])
  fixture.turn()
  t.same(told, ['written 1 0', 'committed 0 0', 'committed 2 0'])
  whenCommitted(partition, 1, code => told.push(`again ${code}`))
  t.equal(told.at(-1), 'again 0')
  t.end()
})

t.test('what a client believes to be the leader epoch is checked', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const before = fixture.topic('a')
  const after = { ...before, partitions: [{ ...before.partitions[0]!, leaderEpoch: 3 }] }
  fixture.write('a', ['x'])
  fixture.apply({ changed: [after] })
  fixture.write('a', ['y'])
  const partition = fixture.partition('a')
  t.equal(partition.leaderEpoch, 3)
  t.equal(
    codeOf(() => checkLeaderEpoch(partition, 2)),
    codes.FENCED_LEADER_EPOCH,
  )
  t.equal(
    codeOf(() => checkLeaderEpoch(partition, 4)),
    codes.UNKNOWN_LEADER_EPOCH,
  )
  t.equal(
    codeOf(() => checkLeaderEpoch(partition, 3)),
    codes.NONE,
  )
  t.equal(
    codeOf(() => checkLeaderEpoch(partition, -1)),
    codes.NONE,
  )
  t.same(partition.log.endOffsetForEpoch(0), { leaderEpoch: 0, endOffset: 1 })
  t.same(divergence(partition, 0, 2), { epoch: 0, endOffset: 1 })
  t.equal(divergence(partition, 3, 2), null)
  t.equal(
    codeOf(() => divergence(partition, 7, 1)),
    codes.OFFSET_OUT_OF_RANGE,
  )
  t.end()
})

t.test('acks=all needs the in-sync replicas that the topic asks for, as far as it has replicas', t => {
  const fixture = new PartitionsFixture({
    topics: [
      topicImage('one', { configs: { 'min.insync.replicas': '2' } }),
      topicImage('two', { configs: { 'min.insync.replicas': '2' }, replicas: [1, 2] }),
    ],
  })
  const two = fixture.partition('two')
  const before = fixture.topic('two')
  fixture.apply({ changed: [{ ...before, partitions: [{ ...before.partitions[0]!, isr: [1] }] }] })
  t.equal(
    codeOf(() => two.append(batchOf(['x']), { origin: 'client', requiredAcks: -1 })),
    codes.NOT_ENOUGH_REPLICAS,
  )
  t.equal(
    codeOf(() => two.append(batchOf(['x']), { origin: 'client', requiredAcks: 1 })),
    codes.NONE,
  )
  const one = fixture.partition('one')
  t.equal(
    codeOf(() => one.append(batchOf(['x']), { origin: 'client', requiredAcks: -1 })),
    codes.NONE,
  )
  t.end()
})

t.test('the high watermark waits for the other in-sync replicas', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { replicas: [1, 2] })] })
  const partition = fixture.partition('a')
  const told: number[] = []
  fixture.write('a', ['x', 'y'])
  whenWritten(partition, 1, code => told.push(code))
  whenCommitted(partition, 1, code => told.push(code))
  t.same(told, [0])
  t.equal(partition.highWatermark, 0)
  partition.advanceHighWatermark(2)
  t.same(told, [0, 0])
  fixture.write('a', ['z'])
  t.equal(partition.highWatermark, 2)
  const before = fixture.topic('a')
  fixture.apply({ changed: [{ ...before, partitions: [{ ...before.partitions[0]!, isr: [1] }] }] })
  t.equal(partition.highWatermark, 3, 'who left the in-sync replicas is not waited for')
  t.end()
})

t.test('whoever waits for records to be committed is told when another leads the partition', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { replicas: [1, 2] })] })
  const partition = fixture.partition('a')
  const led = (leader: number, leaderEpoch: number) => {
    const before = fixture.topic('a')
    fixture.apply({ changed: [{ ...before, partitions: [{ ...before.partitions[0]!, leader, leaderEpoch }] }] })
  }
  const told: number[] = []
  fixture.write('a', ['x'])
  whenCommitted(partition, 0, code => told.push(code))
  led(1, 1)
  t.same(told, [], 'a new epoch of the same leader takes nothing back')
  led(2, 2)
  t.same(told, [codes.NOT_LEADER_OR_FOLLOWER])
  whenCommitted(partition, 0, code => told.push(code))
  t.same(told, [codes.NOT_LEADER_OR_FOLLOWER, codes.NOT_LEADER_OR_FOLLOWER], 'at once, where it does so already')
  partition.advanceHighWatermark(1)
  whenCommitted(partition, 0, code => told.push(code))
  t.same(told.slice(2), [codes.NONE])
  t.end()
})

t.test('a queue of waiters that never runs dry is settled in order, and lets go of its past', t => {
  const queue = new OffsetQueue()
  const settled: number[] = []
  const waiter = { settled: (offset: number) => void settled.push(offset) }
  for (let offset = 0; offset < 5000; offset++) {
    queue.add(offset, waiter, offset)
    if (offset > 0) queue.settleBelow(offset, codes.NONE)
  }
  t.equal(queue.length, 1)
  queue.add(10, waiter, 10)
  queue.fail(codes.KAFKA_STORAGE_ERROR)
  t.same(settled, [...Array.from({ length: 4999 }, (_, offset) => offset), 10, 4999])
  t.equal(queue.length, 0)
  t.end()
})

t.test('topics come, grow, change and go with the cluster', async t => {
  const fixture = new PartitionsFixture()
  const names: string[] = []
  fixture.partitions.listen({
    opened: partition => names.push(`+${partition.name}`),
    closed: partition => names.push(`-${partition.name}`),
  })
  const created = topicImage('a', { partitions: 2 })
  fixture.apply({ created: [created] })
  t.same(names, ['+a-0', '+a-1'])
  t.equal(fixture.partitions.getById(created.topicId, 1), fixture.partition('a', 1))
  t.ok(fixture.files.exists('/data/a-1/partition.metadata'))

  const grown = topicImage('a', { partitions: 3, topicId: created.topicId, configs: { 'retention.ms': '5' } })
  fixture.apply({ changed: [grown] })
  t.equal(fixture.partition('a', 2).log.config.retentionMs, 5)
  t.equal(fixture.partition('a', 0).log.config.retentionMs, 5)
  fixture.write('a', ['x'], 2)
  t.equal(fixture.partitions.whyMissing('a', 3), codes.UNKNOWN_TOPIC_OR_PARTITION)

  const waiting: number[] = []
  const partition = fixture.partition('a')
  partition.append(batchOf(['x']), { origin: 'client', requiredAcks: -1 })
  whenCommitted(partition, 0, code => waiting.push(code))
  fixture.apply({ deleted: ['a'] })
  t.same(waiting, [codes.UNKNOWN_TOPIC_OR_PARTITION])
  t.equal(
    codeOf(() => partition.log),
    codes.UNKNOWN_TOPIC_OR_PARTITION,
  )
  t.equal(fixture.partitions.get('a', 0), undefined)
  t.equal(fixture.partitions.whyMissingById(created.topicId, 0), codes.UNKNOWN_TOPIC_ID)
  t.same(names.slice(3), ['-a-0', '-a-1', '-a-2'])
  const directories = () => fixture.files.list('/data').filter(entry => entry.directory)
  t.equal(directories().length, 3)
  t.ok(directories().every(({ name }) => /^a-\d\.[0-9a-f]{32}-delete$/.test(name)))
  fixture.turn()
  fixture.clock.advance(60_000)
  await fixture.settle()
  t.equal(directories().length, 0, 'the files are gone after file.delete.delay.ms')

  fixture.apply({ created: [topicImage('a')] })
  t.equal(fixture.partition('a').logEndOffset, 0, 'a topic of the same name begins anew')
})

t.test('what was written is there again after a restart, with its checkpoints', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 2 })] })
  fixture.write('a', ['x', 'y'], 1)
  await fixture.close()
  t.match(String(fixture.files.read('/data/replication-offset-checkpoint')), /^0\n\d\n(.*\n)*a 1 2\n/)
  t.match(String(fixture.files.read('/data/recovery-point-offset-checkpoint')), /a 1 2\n/)
  t.ok(fixture.files.exists('/data/.kafka_cleanshutdown'))
  fixture.open()
  t.equal(fixture.partition('a', 1).highWatermark, 2)
  t.same(valuesOf(fixture.partition('a', 1).read(0, everything).records), ['x', 'y'])
  t.equal(fixture.write('a', ['z'], 1), 2)
})

t.test('checkpoints are written some time after a write, and only then', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const checkpoint = () => String(fixture.files.read('/data/replication-offset-checkpoint'))
  fixture.write('a', ['x'])
  t.notMatch(checkpoint(), /a 0 1/)
  fixture.clock.advance(5_000)
  await fixture.settle()
  t.match(checkpoint(), /a 0 1/)
  const { size } = fixture.partitions.upkeepTimetable
  fixture.write('a', ['y'])
  t.equal(fixture.partitions.upkeepTimetable.size, size + 1)
  fixture.clock.advance(5_000)
  await fixture.settle()
  t.match(checkpoint(), /a 0 2/)
  t.equal(fixture.partitions.upkeepTimetable.size, size)
})

t.test('the checkpoints are written as often as the most urgent of them is wanted', async t => {
  for (const name of [
    'replica.high.watermark.checkpoint.interval.ms',
    'log.flush.offset.checkpoint.interval.ms',
    'log.flush.start.offset.checkpoint.interval.ms',
  ]) {
    const fixture = new PartitionsFixture({ topics: [topicImage('a')], properties: { [name]: '1000' } })
    const recoveryPoints = () => String(fixture.files.read('/data/recovery-point-offset-checkpoint') ?? '')
    fixture.write('a', ['x'])
    fixture.partition('a').log.flush()
    fixture.clock.advance(999)
    await fixture.settle()
    t.notMatch(recoveryPoints(), /a 0 1/, name)
    fixture.clock.advance(1)
    await fixture.settle()
    t.match(recoveryPoints(), /a 0 1/, name)
  }
})

t.test('ten thousand idle partitions share one timer', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('many', { partitions: 10_000 })] })
  fixture.clock.advance(1)
  t.equal(fixture.clock.pendingTimers, 1)
  t.ok(fixture.partitions.upkeepTimetable.size <= 3, `${fixture.partitions.upkeepTimetable.size} deadlines`)
  t.equal([...fixture.partitions.all()].length, 10_000)
  t.end()
})

t.test('new partitions go where the fewest are, and are found again where they lie', async t => {
  const topics = [topicImage('a', { partitions: 3 }), topicImage('b', { partitions: 3 })]
  const fixture = new PartitionsFixture({ topics, paths: ['/one', '/two'] })
  const { logDirectories } = fixture.partitions
  const places = () => [...fixture.partitions.all()].map(each => fixture.partitions.logDirectories.pathOf(each))
  t.equal(places().filter(path => path === '/one').length, 3)
  fixture.write('b', ['x'], 1)
  const before = places()
  t.same(
    logDirectories.states().map(({ path, failed }) => [path, failed]),
    [
      ['/one', false],
      ['/two', false],
    ],
  )
  await fixture.close()
  fixture.open()
  t.same(places(), before)
  t.equal(fixture.partition('b', 1).logEndOffset, 1)
})

t.test('while a directory is away, partitions that may lie in it are offline and new ones go elsewhere', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 2 })], paths: ['/one', '/two'] })
  await fixture.close()
  fixture.open(['/one'])
  t.equal(fixture.partition('a', 0).standing, 'offline')
  t.equal(
    codeOf(() => fixture.partition('a', 0).checkLeads()),
    codes.KAFKA_STORAGE_ERROR,
  )
  t.equal(fixture.partition('a', 1).standing, 'online')
  fixture.apply({ created: [topicImage('b')] })
  t.equal(fixture.partitions.logDirectories.pathOf(fixture.partition('b')), '/two')
  t.ok(fixture.log.some(line => line.includes('a-0') && line.includes('offline')))
})

t.test('a disk error takes its directory offline, and the others go on', t => {
  let broken = ''
  const files = breakableFiles(memoryFiles(), path => broken !== '' && path.startsWith(broken))
  const fixture = new PartitionsFixture({
    topics: [topicImage('a', { partitions: 4 })],
    paths: ['/one', '/two'],
    files,
  })
  const told: number[] = []
  const partition = fixture.partition('a', 0)
  const path = fixture.partitions.logDirectories.pathOf(partition)!
  partition.append(batchOf(['x']), { origin: 'client', requiredAcks: -1 })
  whenCommitted(partition, 0, code => told.push(code))
  broken = path
  fixture.turn()
  t.same(told, [codes.KAFKA_STORAGE_ERROR])
  for (const each of fixture.partitions.all()) {
    const here = fixture.partitions.logDirectories.pathOf(each) === path
    t.equal(each.standing, here ? 'offline' : 'online')
    const code = codeOf(() => each.append(batchOf(['x']), { origin: 'client', requiredAcks: 1 }))
    t.equal(code, here ? codes.KAFKA_STORAGE_ERROR : codes.NONE)
  }
  fixture.turn()
  fixture.apply({ created: [topicImage('b', { partitions: 2 })] })
  t.not(fixture.partitions.logDirectories.pathOf(fixture.partition('b', 0)), path)
  t.not(fixture.partitions.logDirectories.pathOf(fixture.partition('b', 1)), path)
  t.equal(fixture.log.filter(line => line.includes('a data directory failed')).length, 1)
  t.end()
})

t.test('directories of no known topic are left alone, and put aside where another topic gets that name', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a'), topicImage('b')] })
  fixture.write('a', ['precious'])
  await fixture.close()
  fixture.image = { ...fixture.image, ...topicMaps([fixture.topic('b')]) }
  fixture.open()
  t.equal(fixture.log.filter(line => line.includes('is left alone') && line.includes('/data/a-0')).length, 1)
  t.notOk(fixture.log.some(line => line.includes('b-0')))
  fixture.apply({ created: [topicImage('a')] })
  fixture.write('a', ['new'])
  t.equal(fixture.partition('a').logEndOffset, 1)
  t.ok(fixture.log.some(line => line.includes('they are put aside')))
  const aside = fixture.files.list('/data').filter(({ name }) => name.endsWith('-stray'))
  t.equal(aside.length, 1)
  t.ok(fixture.files.file(`/data/${aside[0]!.name}/00000000000000000000.log`).size() > 0)
})

t.test('what a power failure left of a deleted topic is put aside where a new one of its name is made', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a'), topicImage('b')] })
  fixture.write('a', ['deleted'])
  await fixture.close()
  fixture.files.unlink('/data/a-0/partition.metadata')
  fixture.image = { ...fixture.image, ...topicMaps([fixture.topic('b')]) }
  fixture.open()
  fixture.apply({ created: [topicImage('a')] })
  t.equal(fixture.partition('a').standing, 'online')
  t.equal(fixture.partition('a').log.logEndOffset, 0)
  fixture.write('a', ['new'])
  t.equal(fixture.partition('a').log.logEndOffset, 1)
  const aside = fixture.files.list('/data').filter(({ name }) => name.endsWith('-stray'))
  t.match(aside, [{ name: /^a-0\./ }])
  t.ok(fixture.log.some(line => line.includes('are put aside') && line.includes('a-0')))
})

t.test('a directory that was found at the start and is gone stands in nobody’s way', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a'), topicImage('b')] })
  fixture.write('a', ['deleted'])
  await fixture.close()
  fixture.image = { ...fixture.image, ...topicMaps([fixture.topic('b')]) }
  fixture.open()
  fixture.files.rename('/data/a-0', '/data/elsewhere')
  fixture.apply({ created: [topicImage('a')] })
  t.equal(fixture.partition('a').standing, 'online')
  fixture.write('a', ['new'])
  t.same(fixture.failedDirectories, [])
})

t.test('retention lets go of old segments, and their files later', async t => {
  const fixture = new PartitionsFixture({
    topics: [topicImage('a', { configs: { 'retention.ms': '1000' } })],
    properties: { 'log.initial.task.delay.ms': '10000' },
  })
  const partition = fixture.partition('a')
  const changes: number[] = []
  fixture.write('a', ['x'.repeat(1000)])
  partition.log.roll()
  fixture.write('a', ['y'])
  partition.watch({ partitionChanged: (_, bytes) => changes.push(bytes) })
  fixture.clock.advance(10_000)
  t.equal(partition.logStartOffset, 2)
  t.same(changes, [0])
  const logs = () => fixture.files.list('/data/a-0').filter(({ name }) => name.endsWith('.deleted'))
  t.ok(logs().length > 0)
  await fixture.settle()
  fixture.clock.advance(60_000)
  await fixture.settle()
  t.equal(logs().length, 0)
})

t.test('flush.ms brings what was written to the disk in time', async t => {
  const fixture = new PartitionsFixture({
    topics: [topicImage('a', { configs: { 'flush.ms': '50' } }), topicImage('b')],
  })
  fixture.write('a', ['x'])
  fixture.write('b', ['x'])
  t.equal(fixture.partition('a').log.recoveryPoint, 0)
  fixture.clock.advance(50)
  await fixture.settle()
  t.equal(fixture.partition('a').log.recoveryPoint, 1)
  t.equal(fixture.partition('b').log.recoveryPoint, 0)
})

t.test('deleting records moves the log start, up to the high watermark', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  fixture.write('a', ['x', 'y', 'z'])
  const partition = fixture.partition('a')
  t.equal(
    codeOf(() => partition.deleteRecordsBefore(4)),
    codes.OFFSET_OUT_OF_RANGE,
  )
  t.equal(
    codeOf(() => partition.deleteRecordsBefore(-2)),
    codes.OFFSET_OUT_OF_RANGE,
  )
  t.equal(partition.deleteRecordsBefore(2), 2)
  t.equal(partition.deleteRecordsBefore(1), 2)
  t.equal(partition.deleteRecordsBefore(-1), 3)
  t.equal(
    codeOf(() => partition.read(1, everything)),
    codes.OFFSET_OUT_OF_RANGE,
  )
  t.end()
})
