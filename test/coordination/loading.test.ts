/** What a coordinator does with its log, and with the time that requests leave it: loading, transactions, long work. */
import t from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { emptyImage, type ImageDelta } from '../../lib/cluster/image.ts'
import { LogReplay } from '../../lib/coordination/log-replay.ts'
import { Work } from '../../lib/coordination/work.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { endTransactionMarker, readEndTransactionMarker } from '../../protocol/records/control.ts'
import { baseSequence, isTransactional, producerEpoch, producerId } from '../../protocol/records/header.ts'
import { batch, bench } from './bench.ts'
import { FakePartition } from './fake-partition.ts'

t.test('loading replays what is in the log, and begins to serve at its end', async t => {
  const partition = new FakePartition()
  for (const text of ['1', '2', '3']) partition.put(batch(text))
  partition.commit()
  partition.log.batchesPerRead = 1
  const { coordinator, clock, add } = bench(partition)
  coordinator.load()
  t.equal(add(), `refused ${codes.COORDINATOR_LOAD_IN_PROGRESS}`)
  t.equal(coordinator.unavailable, codes.COORDINATOR_LOAD_IN_PROGRESS)
  clock.runImmediates()
  t.equal(add(), 'total 6')
  t.equal(partition.log.reads, 3)
  t.equal(partition.log.held, 0)
})

t.test('what an epoch that has just ended wrote is in the file before it is replayed', async t => {
  const partition = new FakePartition()
  partition.log.writeOut = () => {
    partition.put(batch('1'))
    partition.log.writeOut = () => t.fail('it is written once')
  }
  const { coordinator, shard } = bench(partition)
  coordinator.load()
  t.equal(shard.total, 1)
})

/** A clock whose time passes with each look at it. */
class BusyClock extends ManualClock {
  override monotonicMs(): number {
    this.pass(1)
    return super.monotonicMs()
  }
}

t.test('long work is done bit by bit, some milliseconds a turn, however many have some', async t => {
  const clock = new BusyClock()
  const work = new Work(clock)
  const stepsOf = new Map([1, 2, 3, 4, 5, 6, 7].map(who => [who, who < 3 ? 8 : 1]))
  const turns: number[][] = [[]]
  await work.idle()
  for (const [who, steps] of stepsOf) {
    let left = steps
    work.add(() => {
      turns.at(-1)!.push(who)
      return --left > 0
    })
  }
  let isIdle = false
  const idle = work.idle().then(() => {
    isIdle = true
  })
  const all = [...stepsOf.values()].reduce((sum, steps) => sum + steps)
  while (!isIdle) {
    const done = turns.flat().length
    t.ok(turns.at(-1)!.length > 0 && done < all, 'each turn gets on, and who waits for the end waits for all of it')
    turns.push([])
    clock.runOneImmediate()
    await new Promise(resolve => setImmediate(resolve))
  }
  await idle
  for (const [who, steps] of stepsOf) t.equal(turns.flat().filter(each => each === who).length, steps)
  for (const turn of turns) t.ok(turn.length <= 5, `a turn has five milliseconds, and a step takes one: ${turn}`)
  for (const turn of turns.slice(0, -1)) t.ok(turn.length >= 4, `and uses them where there is more: ${turn}`)
  const order = turns.flat()
  for (const who of [3, 4, 5, 6, 7])
    t.ok(
      order.indexOf(who) < Math.min(order.lastIndexOf(1), order.lastIndexOf(2)),
      'nobody waits for the end of long work',
    )
  clock.runImmediates()
  t.equal(turns.flat().length, all, 'and that was all')
})

t.test('work that nobody waits for goes on between requests, and begins with changes of the cluster', async t => {
  const { coordinator, clock, shard, add, partition } = bench(new FakePartition(), new BusyClock())
  const image = emptyImage('c', 1)
  const deleted = ['1', '2', '3', '4', '5', '6'].map(name => ({
    name,
    topicId: name,
    internal: false,
    partitions: [],
    made: [],
    configs: new Map(),
  }))
  const noAcls = { aclsAdded: [], aclsRemoved: [] }
  const unchanged = { brokersChanged: false, brokerConfigsChanged: [], groupConfigsChanged: [], ...noAcls }
  const delta: ImageDelta = { image, created: [], deleted, changed: [], ...unchanged }
  coordinator.load()
  coordinator.imageChanged(delta)
  const before = shard.total
  t.ok(before < 21, 'not all of it at once')
  t.equal(add(100), `total ${before}`)
  clock.runImmediates()
  t.equal(shard.total, 121)
  t.equal(shard.chores.length, 0)
  t.equal(partition.records.length, 7, 'and is recorded')

  const loading = new FakePartition()
  for (const text of ['1', '2', '3']) loading.put(batch(text))
  loading.commit()
  loading.log.batchesPerRead = 1
  const other = bench(loading)
  other.coordinator.load()
  other.coordinator.imageChanged(delta)
  t.equal(other.shard.images.length, 1, 'also a shard that is loading hears of them')
  t.equal(other.shard.total, 1)
  other.clock.runImmediates()
  t.equal(other.shard.total, 27)
})

t.test('what cannot be read is passed over: null keys, records of others, garbled ones, damaged batches', async t => {
  const partition = new FakePartition()
  partition.put(batch('1', ['other', 'x'], ['bad', 'y'], [null, 'z'], '2'))
  const damaged = buildBatch({
    compression: 'gzip',
    records: [{ timestamp: 0, key: Buffer.from('n'), value: Buffer.from('70') }],
  })
  damaged.fill(7, damaged.length - 12)
  partition.put(damaged)
  partition.put(batch('4'))
  partition.commit()
  const { coordinator, add } = bench(partition)
  coordinator.load()
  t.equal(add(), 'total 7')
})

t.test('transactions count as their markers say', async t => {
  const partition = new FakePartition()
  const producer = { producerEpoch: 0, coordinatorEpoch: 0, timestamp: 0 }
  const put = (producerId: number, value: string) => {
    const records = [{ timestamp: 0, key: Buffer.from('n'), value: Buffer.from(value) }]
    partition.put(buildBatch({ producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true, records }))
  }
  put(1, '10')
  put(2, '100')
  partition.put(batch('1'))
  partition.put(endTransactionMarker({ type: 'COMMIT', producerId: 1, ...producer }))
  partition.put(endTransactionMarker({ type: 'ABORT', producerId: 2, ...producer }))
  partition.commit()
  const { coordinator, add } = bench(partition)
  coordinator.load()
  t.equal(add(), 'total 11')
})

t.test('a transaction ends while it is served: its records count once it is committed', async t => {
  const { coordinator, partition, add, shard } = bench()
  coordinator.load()
  const producer = { producerId: 1, producerEpoch: 3 }
  const write = (...records: number[]) =>
    coordinator.write<string>(
      errorCode => `refused ${errorCode}`,
      sum => ({ records, response: `total ${sum.total}` }),
      producer,
    )
  t.equal(write(10), 'total 0')
  t.equal(add(1), 'total 0')
  t.equal(shard.total, 1)
  const [bytes] = partition.batches
  t.ok(isTransactional(bytes!, 0))
  t.same([producerId(bytes!, 0), producerEpoch(bytes!, 0), baseSequence(bytes!, 0)], [1, 3, -1])
  t.equal(coordinator.endTransaction({ ...producer, committed: true, coordinatorEpoch: 7, transactionVersion: 0 }), 0)
  t.equal(shard.total, 11)
  t.match(readEndTransactionMarker(partition.batches.at(-1)!, 0), { type: 'COMMIT', coordinatorEpoch: 7 })
  write(100)
  partition.failAppendsWith = codes.NOT_LEADER_OR_FOLLOWER
  t.equal(
    coordinator.endTransaction({ ...producer, committed: true, coordinatorEpoch: 7, transactionVersion: 0 }),
    codes.NOT_COORDINATOR,
  )
  t.equal(shard.total, 11, 'an end that is not written is none')
  partition.failAppendsWith = 0
  coordinator.endTransaction({ ...producer, committed: false, coordinatorEpoch: 7, transactionVersion: 0 })
  t.equal(shard.total, 11)
  const again = bench(partition)
  again.coordinator.load()
  again.clock.runImmediates()
  t.equal(again.shard.total, 11, 'and the log says the same')
})

t.test('a log that ends before it says, as one that is still being written, is replayed as far as it goes', async t => {
  const partition = new FakePartition()
  partition.put(batch('1'))
  partition.log.logEndOffset = 99
  const seen: number[] = []
  const target = { record: ({ offset }: { offset: number }) => seen.push(offset), transactionEnded: () => {} }
  const replay = new LogReplay(partition.log, target, silentLogger)
  while (!replay.step());
  t.same(seen, [0])
})

t.test('a log that cannot be read, or is given up while it loads, has no coordinator', async t => {
  const partition = new FakePartition()
  for (const text of ['1', '2', '3']) partition.put(batch(text))
  partition.commit()
  partition.log.batchesPerRead = 1
  const first = bench(partition)
  first.coordinator.load()
  partition.log.failure = new KafkaError(codes.KAFKA_STORAGE_ERROR)
  first.clock.runImmediates()
  t.equal(first.add(), `refused ${codes.NOT_COORDINATOR}`)
  const second = bench(partition)
  second.coordinator.load()
  t.equal(second.add(), `refused ${codes.NOT_COORDINATOR}`)
  partition.log.failure = null
  const third = bench(partition)
  third.coordinator.load()
  third.coordinator.close(codes.NOT_COORDINATOR)
  third.coordinator.close(codes.NOT_COORDINATOR)
  third.clock.runImmediates()
  t.equal(third.add(), `refused ${codes.NOT_COORDINATOR}`)
  t.same([first.events, second.events, third.events], [['failed'], ['failed'], []])
})

t.test('a batch of many records is replayed bit by bit, and given back where loading ends before', async t => {
  const partition = new FakePartition()
  partition.put(batch(...Array.from({ length: 2000 }, () => '1')))
  partition.commit()
  const seen: number[] = []
  const target = { record: ({ offset }: { offset: number }) => seen.push(offset), transactionEnded: () => {} }
  const replay = new LogReplay(partition.log, target, silentLogger)
  const atOnce: number[] = []
  for (let before = 0, isOver = false; !isOver; before = seen.length) {
    isOver = replay.step()
    atOnce.push(seen.length - before)
  }
  t.ok(Math.max(...atOnce) <= 512, `${atOnce}`)
  t.same(
    seen,
    Array.from({ length: 2000 }, (_, i) => i),
  )
  t.equal(partition.log.reads, 1)
  t.equal(partition.log.held, 0)

  const { coordinator, clock, shard } = bench(partition, new BusyClock())
  coordinator.load()
  t.equal(partition.log.held, 1)
  const { total } = shard
  coordinator.close(codes.NOT_COORDINATOR)
  t.equal(partition.log.held, 0)
  clock.runImmediates()
  t.equal(shard.total, total, 'nobody goes on')
})

t.test('what is to be done before work begins is done bit by bit, and nobody is served before', async t => {
  const { coordinator, clock, shard, add } = bench()
  shard.beginnings = 3
  coordinator.load()
  t.equal(add(), `refused ${codes.COORDINATOR_LOAD_IN_PROGRESS}`)
  t.ok(shard.beginnings > 0)
  clock.runImmediates()
  t.equal(add(), 'total 0')
  t.equal(shard.beginnings, -1)
})
