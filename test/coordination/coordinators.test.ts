/** Which shards a broker runs, in which epochs, and when they are loaded again. */
import t from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { Coordinators } from '../../lib/coordination/coordinators.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { FakeCluster, topicLedBy } from './fake-cluster.ts'
import { FakePartition } from './fake-partition.ts'
import { format, Sum } from './sum.ts'

function setUp(partitions = [new FakePartition()]) {
  const cluster = new FakeCluster()
  const clock = new ManualClock()
  const shards: Sum[] = []
  const coordinators = new Coordinators<Sum, number>({
    topic: 'sums',
    nodeId: 1,
    shard: () => {
      shards.push(new Sum())
      return shards.at(-1)!
    },
    format,
    writeTimeoutMs: 5000,
    cluster,
    partitions: { get: (_, index) => partitions[index] },
    clock,
    logger: silentLogger,
  })
  const refused = (errorCode: number) => `refused ${errorCode}`
  const add = (...records: number[]) =>
    coordinators.write<string>(0, refused, sum => ({ records, response: `total ${sum.total}` }))
  const wait = () =>
    coordinators.write<string>(0, refused, (sum, _now, reply) => {
      sum.waiting.push(reply)
      return { records: [], response: undefined }
    })
  const led = (leader: number, leaderEpoch: number) => cluster.become(topicLedBy('sums', 'id', [leader], leaderEpoch))
  return { cluster, clock, coordinators, partition: partitions[0]!, shards, add, wait, led }
}

t.test('a new epoch of the same leader is a new loading: who waited is told, and the log counts', async t => {
  const { add, wait, led, partition, shards } = setUp()
  led(1, 0)
  t.equal(add(1, 2), 'total 0')
  const waits = wait()
  partition.commitsAtOnce = false
  const uncommitted = add(4)
  led(1, 0)
  t.equal(shards.length, 1, 'the same epoch is the same')
  led(1, 1)
  t.equal(await waits, `closed ${codes.NOT_COORDINATOR}`)
  t.equal(await uncommitted, `refused ${codes.NOT_COORDINATOR}`)
  const again = add()
  partition.commit()
  t.equal(await again, 'total 7')
  t.equal(shards.length, 2)
  t.equal(partition.watchers, 1)
  led(2, 2)
  t.equal(add(), `refused ${codes.NOT_COORDINATOR}`)
  t.equal(partition.watchers, 0)
})

t.test('a shard that could not be loaded is loaded again, later and later', async t => {
  const { add, led, partition, clock, shards, wait } = setUp()
  partition.log.failure = new KafkaError(codes.KAFKA_STORAGE_ERROR)
  partition.log.logEndOffset = 1
  led(1, 0)
  for (const [delayMs, tries] of [
    [100, 1],
    [200, 2],
    [400, 3],
    [800, 4],
    [1600, 5],
  ] as const) {
    t.equal(add(), `refused ${codes.NOT_COORDINATOR}`)
    clock.advance(delayMs - 1)
    t.equal(shards.length, tries)
    clock.advance(1)
    t.equal(shards.length, tries + 1)
  }
  clock.advance(1_000_000)
  t.ok(shards.length > 30, 'at least every half minute')
  partition.log.failure = null
  partition.log.logEndOffset = 0
  clock.advance(30_000)
  t.equal(add(5), 'total 0')
  t.equal(await add(), 'total 5')
  t.equal(clock.pendingTimers, 0)
  const waits = wait()
  partition.end()
  t.equal(await waits, `closed ${codes.NOT_COORDINATOR}`)
})

t.test('while the disk of a partition is away nobody tries', async t => {
  const { add, led, partition, clock, shards } = setUp()
  led(1, 0)
  partition.end('offline')
  clock.advance(1_000_000)
  t.equal(shards.length, 1)
  t.equal(clock.pendingTimers, 0)
  t.equal(add(), `refused ${codes.NOT_COORDINATOR}`)
  t.equal(add(), `refused ${codes.NOT_COORDINATOR}`)
})

t.test('whoever leads no more, or stops, does not load again', async t => {
  for (const end of ['led elsewhere', 'deleted', 'stopped']) {
    const { add, led, cluster, coordinators, partition, clock, shards } = setUp()
    partition.log.failure = new KafkaError(codes.KAFKA_STORAGE_ERROR)
    partition.log.logEndOffset = 1
    led(1, 0)
    if (end === 'led elsewhere') led(2, 1)
    else if (end === 'deleted') cluster.become()
    else coordinators.close()
    clock.advance(1_000_000)
    t.equal(shards.length, 1, end)
    t.equal(clock.pendingTimers, 0)
    if (end === 'stopped') led(1, 1)
    t.equal(shards.length, 1)
    t.equal(add(), `refused ${codes.NOT_COORDINATOR}`)
  }
})

t.test('transactions end in the partition that they wrote to', async t => {
  const { coordinators, led, add } = setUp()
  const end = { producerId: 5, producerEpoch: 0, coordinatorEpoch: 0, committed: true, transactionVersion: 2 }
  t.equal(coordinators.endTransaction(0, end), codes.NOT_COORDINATOR)
  led(1, 0)
  const refused = (errorCode: number) => errorCode
  t.equal(
    coordinators.write(0, refused, () => ({ records: [3], response: 0 }), end),
    0,
  )
  t.equal(add(), 'total 0')
  t.equal(coordinators.endTransaction(0, end), 0)
  t.equal(add(), 'total 3')
})

t.test('every shard hears of changes of the cluster, and all can be asked at once', async t => {
  const partitions = [new FakePartition(), new FakePartition(), new FakePartition()]
  const { coordinators, cluster, shards } = setUp(partitions)
  const sums = topicLedBy('sums', 'id', [1, 2, 1])
  cluster.become(sums, topicLedBy('5', 'five', [1]))
  cluster.become(sums)
  t.same(
    shards.map(({ images }) => images.map(({ deleted }) => deleted.map(({ name }) => name))),
    [
      [[], ['5']],
      [[], ['5']],
    ],
  )
  const answers = coordinators.readAll(
    errorCode => errorCode,
    sum => sum.total,
    totals => totals,
  )
  t.same(answers, [5, 5])
})
