/** Figures cost the broker little: no log is opened for them, and others have their turn between any two things that are looked at. */
import t from 'tap'
import { clusterFamilies } from '../../lib/metrics/cluster.ts'
import { kafkaFamilies } from '../../lib/metrics/kafka-names.ts'
import { inPieces } from '../../lib/metrics/lag/pieces.ts'
import { topicFamilies } from '../../lib/metrics/topics.ts'
import { bytesOf, offsetsOf } from '../../lib/partitions/figures.ts'
import { PartitionsFixture, topicImage } from '../partitions/fixture.ts'

const loadedIn = (fixture: PartitionsFixture) =>
  [...fixture.partitions.all()].filter(({ isLoaded }) => isLoaded).map(({ name }) => name)

t.test('offsets and sizes of logs that nobody has open are told as they are, and none is opened for it', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 4 })] })
  fixture.write('a', ['one', 'two', 'three'], 1)
  fixture.write('a', ['one'], 2)
  fixture.turn()
  fixture.partition('a', 1).deleteRecordsBefore(2)
  const told = () =>
    [0, 1, 2, 3].map(index => {
      const partition = fixture.partition('a', index)
      return { ...offsetsOf(partition, fixture.partitions.logDirectories), bytes: bytesOf(partition) }
    })
  const before = told()
  t.match(before, [
    { start: 0, end: 0, highWatermark: 0, bytes: 0 },
    { start: 2, end: 3, highWatermark: 3 },
    { start: 0, end: 1, highWatermark: 1 },
    { start: 0, end: 0 },
  ])
  t.ok(before[1]!.bytes! > before[2]!.bytes!)
  for (const partition of fixture.partitions.all()) partition.letGo()
  t.same(loadedIn(fixture), [])
  t.same(told(), before, 'let go of')
  t.equal(fixture.write('a', ['more'], 2), 1)
  fixture.turn()
  fixture.partition('a', 2).letGo()
  t.match(told()[2], { end: 2, highWatermark: 2 }, 'after it was opened in between')
  const last = told()
  await fixture.close()
  fixture.open()
  t.same(told(), last, 'after a stop and a start')
  t.same(loadedIn(fixture), [])
  await fixture.close()
})

t.test('of a log that has yet to be recovered nothing is told', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  fixture.write('a', ['one'])
  await fixture.close()
  fixture.files.unlink('/data/.kafka_cleanshutdown')
  fixture.open()
  const offsets = () => offsetsOf(fixture.partition('a'), fixture.partitions.logDirectories)
  if (!fixture.partition('a').isLoaded) t.equal(offsets(), null)
  await fixture.settle()
  t.match(offsets(), { end: 1 })
  await fixture.close()
})

t.test('it is told what the recovery of a directory took at the start', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 3 })] })
  const told = () => {
    const found: Record<string, unknown> = {}
    for (const family of kafkaFamilies(fixture.partitions.metrics()))
      if (family?.name.startsWith('ottla_recover')) found[family.name] = [...family.series]
    return found
  }
  const dir = '/data'
  t.same(told(), { ottla_recovered_logs: [[{ dir }, 0]], ottla_recovery_seconds: [[{ dir }, 0]] })
  fixture.write('a', ['one'])
  fixture.write('a', ['two'], 2)
  fixture.turn()
  await fixture.close()
  fixture.files.unlink('/data/.kafka_cleanshutdown')
  fixture.open()
  await fixture.settle()
  t.match(told(), { ottla_recovered_logs: [[{ dir }, 3]], ottla_recovery_seconds: [[{ dir }, Number]] })
  await fixture.close()
})

/** The most of what is counted that comes between two turns of others. */
function mostBetween(steps: Iterable<unknown>, counted: () => number): number {
  let [most, before] = [0, counted()]
  for (const _ of steps) {
    most = Math.max(most, counted() - before)
    before = counted()
  }
  return Math.max(most, counted() - before)
}

t.test('between two partitions that are looked at others have their turn', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 300 })] })
  let looks = 0
  for (const partition of fixture.partitions.all()) {
    Object.defineProperty(partition, 'settings', {
      get: () => {
        looks++
        return { log: { cleanupPolicy: [] } }
      },
    })
    Object.defineProperty(partition, 'standing', {
      get: () => {
        looks++
        return 'online'
      },
    })
  }
  const most = mostBetween(fixture.partitions.metrics(), () => looks)
  t.ok(looks >= 300, 'all of them were looked at')
  t.ok(most <= 2, `${most} looks`)
  let topics = 0
  const families = clusterFamilies({
    isController: true,
    brokers: () => null,
    partitions: () => [],
    *leaderless() {
      for (; topics < 300; topics++) yield 1
    },
  })
  t.ok(mostBetween(families, () => topics) <= 1)
  await fixture.close()
})

t.test('of many topics that other brokers hold each lets others go on', t => {
  let topics = 0
  const figures = {
    *topics() {
      for (; topics < 300; topics++) yield null
    },
    bytesOf: () => 0,
    offsetsOf: () => null,
    directories: () => [],
  }
  for (const family of topicFamilies(figures, { byPartition: true })) {
    if (family === null) continue
    topics = 0
    const isOfTopics = !family.name.startsWith('ottla_log_dir')
    t.equal(
      mostBetween(family.series, () => topics),
      isOfTopics ? 1 : 0,
      family.name,
    )
    t.equal(topics, isOfTopics ? 300 : 0)
  }
  t.end()
})

t.test('leaders are asked for where logs end in pieces', async t => {
  const indexes = (count: number) => new Set(Array.from({ length: count }, (_, index) => index))
  const wanted = new Map([
    ['large', indexes(1_100)],
    ['small', indexes(3)],
  ])
  const pieces = inPieces(wanted, (topic, index) => (topic === 'small' && index === 2 ? -1 : 7 + (index % 2)))
  const sizes = (leader: number) =>
    pieces.get(leader)!.map(piece => [...piece.values()].reduce((sum, { length }) => sum + length, 0))
  t.same(sizes(7), [500, 51])
  t.same(sizes(8), [500, 51])
  t.same(pieces.get(8)!.at(-1)!.get('small'), [1])
  const all = inPieces(new Map([['vast', indexes(20_000)]]), () => 7)
  t.equal(all.get(7)!.length, 20, 'no more than are asked for in a second')
})
