/** The runtime of coordinators with the smallest shard there is: what is written, when it is answered, and what happens when that fails. */
import t from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { Coordinator } from '../../lib/coordination/coordinator.ts'
import { Work } from '../../lib/coordination/work.ts'
import { EncodeError } from '../../protocol/codec.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { codecOf, codecs } from '../../protocol/records/compression.ts'
import { compressionType } from '../../protocol/records/header.ts'
import { prepareZstd } from '../../protocol/records/zstd.ts'
import { bench, writeTimeoutMs } from './bench.ts'
import { format, type Sum } from './sum.ts'

t.test(
  'records are appended, take effect at once, and the answer comes without a promise where they are committed',
  async t => {
    const { coordinator, partition, add, shard } = bench()
    coordinator.load()
    t.equal(add(3, 4), 'total 0')
    t.equal(shard.total, 7)
    t.equal(add(), 'total 7')
    t.same(
      partition.records.map(({ value }) => String(value)),
      ['3', '4'],
    )
  },
)

t.test('no answer leaves before everything that was appended before it is committed', async t => {
  const { coordinator, partition, add } = bench()
  coordinator.load()
  partition.commitsAtOnce = false
  const left: string[] = []
  const note = (answer: string | Promise<string>) => Promise.resolve(answer).then(text => left.push(text))
  const answers = [note(add(1)), note(add()), note(add(2)), note(add())]
  await Promise.resolve()
  t.same(left, [], 'not even of one that wrote nothing')
  partition.commit()
  await Promise.all(answers)
  t.same(left, ['total 0', 'total 1', 'total 1', 'total 3'])
})

t.test('a request may be answered by a later operation, or by a timer', async t => {
  const { coordinator, clock, shard, wait } = bench()
  coordinator.load()
  const later = wait()
  coordinator.write(
    () => null,
    sum => {
      sum.answerAll('by another')
      return { records: [], response: null }
    },
  )
  t.equal(await later, 'by another')
  const timed = wait()
  shard.timers.set(5, clock.monotonicMs() + 1000)
  shard.timers.set(6, clock.monotonicMs() + 1000)
  coordinator.write(
    () => null,
    () => ({ records: [], response: null }),
  )
  clock.advance(999)
  t.equal(shard.total, 0)
  clock.advance(1)
  t.equal(await timed, 'timer 5')
  t.equal(shard.total, 11)
  t.equal(clock.pendingTimers, 0)
})

t.test('a timer that is due counts for the next operation, though the clock has not rung', async t => {
  const { coordinator, clock, shard, add, wait } = bench()
  coordinator.load()
  const timed = wait()
  shard.timers.set(5, clock.monotonicMs() + 1000)
  add()
  clock.pass(1000)
  t.equal(add(1), 'total 5')
  t.equal(await timed, 'timer 5')
  clock.advance(0)
  t.equal(shard.total, 6, 'and counts once')
})

t.test(
  'operations that came in while the process was held up go before the timers that fell due meanwhile',
  async t => {
    for (const order of ['requests first', 'timers first']) {
      const { coordinator, clock, shard, add } = bench()
      coordinator.load()
      shard.timers.set(5, clock.monotonicMs() + 1000)
      add()
      if (order === 'timers first') clock.holdUp(60_000)
      else clock.pass(60_000)
      t.equal(add(), 'total 0', order)
      shard.timers.set(5, clock.monotonicMs() + 1000)
      add()
      clock.advance(999)
      t.equal(shard.total, 0, 'they may put the timer off')
      clock.advance(1)
      t.equal(shard.total, 5)
    }
    const { coordinator, clock, shard, add } = bench()
    coordinator.load()
    shard.timers.set(5, clock.monotonicMs() + 1000)
    add()
    clock.holdUp(60_000)
    add()
    clock.runImmediates()
    t.equal(shard.total, 5, 'or leave it to the end of the turn')
  },
)

t.test('what cannot be appended has no effect, and everybody who heard of it is told', async t => {
  const { coordinator, partition, add, wait, shard } = bench()
  coordinator.load()
  const waits = wait()
  for (const [failure, told] of [
    [codes.NOT_ENOUGH_REPLICAS, codes.COORDINATOR_NOT_AVAILABLE],
    [codes.UNKNOWN_TOPIC_OR_PARTITION, codes.COORDINATOR_NOT_AVAILABLE],
    [codes.NOT_LEADER_OR_FOLLOWER, codes.NOT_COORDINATOR],
    [codes.KAFKA_STORAGE_ERROR, codes.NOT_COORDINATOR],
    [codes.MESSAGE_TOO_LARGE, codes.UNKNOWN_SERVER_ERROR],
    [codes.INVALID_RECORD, codes.INVALID_RECORD],
  ] as const) {
    partition.failAppendsWith = failure
    t.equal(add(9), `refused ${told}`)
  }
  t.equal(await waits, `reverted ${codes.COORDINATOR_NOT_AVAILABLE}`)
  t.equal(shard.total, 0)
  t.same(new Set(shard.reverted), new Set([9]))
  partition.failAppendsWith = 0
  t.equal(add(1), 'total 0')
})

t.test('whoever waits is told when the partition ends, and so is whoever comes later', async t => {
  for (const standing of ['offline', 'deleted'] as const) {
    const { coordinator, partition, events, add, wait, clock, shard } = bench()
    coordinator.load()
    partition.commitsAtOnce = false
    const waits = wait()
    const answer = add(1)
    shard.timers.set(5, clock.monotonicMs() + 1000)
    partition.end(standing)
    t.equal(await answer, `refused ${codes.NOT_COORDINATOR}`, 'of whom nobody knows whether it lasts')
    t.equal(await waits, `closed ${codes.NOT_COORDINATOR}`)
    t.equal(add(1), `refused ${codes.NOT_COORDINATOR}`)
    t.same(events, ['failed'])
    t.equal(clock.pendingTimers, 0)
    t.equal(partition.watchers, 0)
  }
})

t.test('a partition that ends within an operation refuses its answer, once', async t => {
  const { coordinator, partition, events, add, wait, shard } = bench()
  coordinator.load()
  const waits = wait()
  partition.append = () => {
    partition.end()
    throw new KafkaError(codes.KAFKA_STORAGE_ERROR)
  }
  t.equal(await add(1), `refused ${codes.NOT_COORDINATOR}`)
  t.equal(await waits, `reverted ${codes.NOT_COORDINATOR}`)
  t.equal(shard.total, 0)
  t.same(events, ['failed'])
  t.equal(add(), `refused ${codes.NOT_COORDINATOR}`)
})

t.test('whoever waits for a commit is told when the coordinator is given up', async t => {
  const { coordinator, partition, add, events } = bench()
  coordinator.load()
  partition.commitsAtOnce = false
  const answers = [add(1), add()]
  coordinator.close(codes.NOT_COORDINATOR)
  t.same(await Promise.all(answers), [`refused ${codes.NOT_COORDINATOR}`, `refused ${codes.NOT_COORDINATOR}`])
  partition.commit()
  t.same(events, [], 'giving up is no failure')
})

t.test('what is not committed in time is refused, and may count all the same', async t => {
  const { coordinator, partition, clock, add, wait, shard } = bench()
  coordinator.load()
  partition.commitsAtOnce = false
  const waits = wait()
  const first = add(1)
  clock.advance(1000)
  const second = add(2)
  let refused = 0
  void Promise.resolve(first).then(() => refused++)
  clock.advance(writeTimeoutMs - 1001)
  await Promise.resolve()
  t.equal(refused, 0)
  clock.advance(1)
  t.equal(await first, `refused ${codes.COORDINATOR_NOT_AVAILABLE}`)
  clock.advance(500)
  partition.commit()
  t.equal(await second, 'total 1', 'each has its own time')
  t.equal(shard.total, 3)
  coordinator.write(
    () => null,
    sum => {
      sum.answerAll('at last')
      return { records: [], response: null }
    },
  )
  t.equal(await waits, 'at last', 'who waits for others is given as long as it takes')
  clock.advance(writeTimeoutMs)
  t.equal(clock.pendingTimers, 0)
})

/** A coordinator whose records have so many bytes each, and what becomes of operations on it. */
function wideBench(bytes: number) {
  const { partition, shard, clock } = bench()
  const encode = (record: number) => {
    // As an encoder does with a name that is too long.
    if (record < 0) throw new EncodeError('a string of 40000 bytes')
    return { key: Buffer.from('n'), value: Buffer.from(String(record).padStart(bytes, '0')) }
  }
  const coordinator = new Coordinator<Sum, number>({
    shard,
    format: { ...format, encode },
    partition,
    writeTimeoutMs,
    work: new Work(clock),
    clock,
    logger: silentLogger,
  })
  coordinator.load()
  const write = (records: number[], divisible?: boolean) =>
    coordinator.write<string>(
      errorCode => `refused ${errorCode}`,
      () => ({ records, divisible, response: 'done' }),
    )
  return { partition, shard, write }
}

t.test('the records of an operation are one batch, or are refused with nothing done', async t => {
  const { partition, shard, write } = wideBench(200_000)
  t.equal(write([1, 2, 3, 4, 5]), 'done')
  t.equal(partition.batches.length, 1)
  t.equal(shard.total, 15)
  t.equal(write([1, 2, 3, 4, 5, 6]), `refused ${codes.UNKNOWN_SERVER_ERROR}`)
  t.same(shard.reverted, [1, 2, 3, 4, 5, 6])
  t.equal(partition.batches.length, 1)
  t.equal(shard.total, 15)
  const largest = wideBench(1_048_588 - 61 - 11)
  t.equal(largest.write([7]), `refused ${codes.UNKNOWN_SERVER_ERROR}`, 'a batch has a header, too')
  const fits = wideBench(1_048_588 - 61 - 12)
  t.equal(fits.write([7]), 'done')
  t.equal(fits.partition.batches[0]!.length, 1_048_588)
})

t.test('records that stand for themselves go into several batches, as far as they can be written', async t => {
  const { partition, shard, write } = wideBench(200_000)
  t.equal(write([1, 2, 3, 4, 5, 6, 7], true), 'done')
  t.equal(shard.total, 28)
  t.equal(partition.batches.length, 4)
  partition.batchBytesMax = 250_000
  t.equal(write([1, 2, 3], true), 'done')
  t.equal(partition.batches.length, 7)
  t.ok(partition.batches.every(({ length }) => length <= 1_048_588))
  t.equal(write([1, 2, -1, 3], true), `refused ${codes.UNKNOWN_SERVER_ERROR}`)
  t.equal(shard.total, 35, 'what was written counts')
  t.same(shard.reverted, [2, -1, 3])
})

t.test('records of the smallest size fill batches to the limit of the topic and not beyond', async t => {
  const { partition, write } = wideBench(1)
  partition.batchBytesMax = 700
  t.equal(
    write(
      Array.from({ length: 500 }, () => 1),
      true,
    ),
    'done',
  )
  t.ok(partition.batches.every(({ length }) => length <= 700))
})

t.test('a record that cannot be encoded is refused with nothing done', async t => {
  const { partition, shard, write } = wideBench(10)
  t.equal(write([1, -1]), `refused ${codes.UNKNOWN_SERVER_ERROR}`)
  t.equal(partition.batches.length, 0)
  t.equal(shard.total, 0)
  t.equal(write([1]), 'done')
})

t.test('a bug is not an answer', async t => {
  const { coordinator, add, wait } = bench()
  coordinator.load()
  const waits = wait()
  t.throws(
    () =>
      coordinator.write(
        () => null,
        sum => {
          sum.answerAll('too early')
          throw new TypeError('a bug')
        },
      ),
    TypeError,
  )
  t.equal(await waits, `refused ${codes.UNKNOWN_SERVER_ERROR}`, 'and what it gave to others is none')
  t.equal(add(), 'total 0')
})

t.test('what is written is compressed where that is wanted, and loaded again', async t => {
  await prepareZstd()
  for (const codec of codecs) {
    const { coordinator, partition, add } = bench(undefined, undefined, codec)
    coordinator.load()
    add(...Array.from({ length: 500 }, () => 7))
    t.same(
      partition.batches.map(batch => codecOf(compressionType(batch, 0))),
      [codec],
    )
    const again = bench(partition)
    again.coordinator.load()
    while (again.coordinator.unavailable !== 0) again.clock.runImmediates()
    t.equal(again.shard.total, 3_500, codec)
  }
})
