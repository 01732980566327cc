/** The runtime of coordinators with the smallest shard there is: what is written, when it is answered, and what happens when that fails. */
import t from 'tap'
import { Deadlines } from '../../lib/base/deadlines.ts'
import { silentLogger } from '../../lib/base/logger.ts'
import { Coordinator } from '../../lib/coordination/coordinator.ts'
import { LogReplay } from '../../lib/coordination/log-replay.ts'
import type { Outcome } from '../../lib/coordination/shard.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { EncodeError } from '../../protocol/codec.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { endTransactionMarker } from '../../protocol/records/control.ts'
import { FakePartition } from './fake-partition.ts'

/** A shard that adds up numbers, as small as one can be. */
class Sum {
  total = 0
  readonly timers = new Deadlines<number>()
  readonly waiting: ((response: string) => void)[] = []
  readonly open = new Map<number, number>()
  reverted: number[] = []
  failTimers = false

  replay(record: number, producerId: number): void {
    if (producerId >= 0) this.open.set(producerId, (this.open.get(producerId) ?? 0) + record)
    else this.total += record
  }

  endTransaction(producerId: number, committed: boolean): void {
    if (committed) this.total += this.open.get(producerId) ?? 0
    this.open.delete(producerId)
  }

  loaded(): Outcome<number, null> {
    return { records: [], response: null }
  }

  revert(records: readonly number[], errorCode: number): void {
    this.reverted.push(...records)
    this.answerAll(`reverted ${errorCode}`)
  }

  close(errorCode: number): void {
    this.answerAll(`closed ${errorCode}`)
    this.timers.clear()
  }

  get nextTimerMs(): number {
    return this.timers.nextMs()
  }

  expire({ monotonicMs }: { monotonicMs: number }): Outcome<number, null> | null {
    const record = this.timers.expireOne(monotonicMs)
    if (record === undefined) return null
    this.answerAll(`timer ${record}`)
    return { records: [record], response: null }
  }

  answerAll(response: string): void {
    for (const reply of this.waiting.splice(0)) reply(response)
  }
}

const format = {
  encode: (record: number) => ({ key: Buffer.from('n'), value: Buffer.from(String(record)) }),
  decode: (key: Buffer, value: Buffer | null) => {
    if (key.toString() === 'other') return null
    if (key.toString() === 'bad') return key.readInt32BE(0)
    return Number(value)
  },
}

function bench(partition = new FakePartition()) {
  const shard = new Sum()
  const clock = new ManualClock()
  const coordinator = new Coordinator<Sum, number>({ shard, format, partition, clock, logger: silentLogger })
  const add = (...records: number[]) =>
    coordinator.write<string>(
      errorCode => `refused ${errorCode}`,
      sum => ({ records, response: `total ${sum.total}` }),
    )
  const wait = () =>
    coordinator.write<string>(
      errorCode => `refused ${errorCode}`,
      (sum, _now, reply) => {
        sum.waiting.push(reply)
        return { records: [], response: undefined }
      },
    )
  return { shard, clock, coordinator, partition, add, wait }
}

function batch(...values: (string | [key: string | null, value: string | null])[]): Buffer {
  const records = values.map(value => {
    const [key, text] = typeof value === 'string' ? ['n', value] : value
    return {
      timestamp: 0,
      key: key === null ? null : Buffer.from(key),
      value: text === null ? null : Buffer.from(text),
    }
  })
  return buildBatch({ records })
}

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

t.test('what was appended and is never committed ends the shard', async t => {
  const { coordinator, partition, add, wait, clock } = bench()
  coordinator.load()
  partition.commitsAtOnce = false
  const waits = wait()
  const answer = add(1)
  partition.commit(codes.KAFKA_STORAGE_ERROR)
  t.equal(await answer, `refused ${codes.NOT_COORDINATOR}`)
  t.equal(await waits, `closed ${codes.NOT_COORDINATOR}`)
  t.equal(add(1), `refused ${codes.NOT_COORDINATOR}`)
  t.equal(clock.pendingTimers, 0)
})

/** A coordinator whose records have so many bytes each, and what becomes of operations on it. */
function wideBench(bytes: number) {
  const { partition, shard } = bench()
  const encode = (record: number) => {
    // As an encoder does with a name that is too long.
    if (record < 0) throw new EncodeError('a string of 40000 bytes')
    return { key: Buffer.from('n'), value: Buffer.from(String(record).padStart(bytes, '0')) }
  }
  const clock = new ManualClock()
  const wide = { ...format, encode }
  const coordinator = new Coordinator<Sum, number>({ shard, format: wide, partition, clock, logger: silentLogger })
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

t.test('loading replays what is in the log, and begins to serve at its end', async t => {
  const partition = new FakePartition()
  for (const text of ['1', '2', '3']) partition.put(batch(text))
  partition.commit()
  partition.log.batchesPerRead = 1
  const { coordinator, clock, add, shard } = bench(partition)
  coordinator.load()
  t.equal(add(), `refused ${codes.COORDINATOR_LOAD_IN_PROGRESS}`)
  t.equal(coordinator.unavailable, codes.COORDINATOR_LOAD_IN_PROGRESS)
  clock.runImmediates()
  t.equal(add(), 'total 6')
  t.equal(partition.log.reads, 3)
  t.equal(partition.log.held, 0)
  t.ok(shard)
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
})

t.test('a bug is not an answer', async t => {
  const { coordinator, add } = bench()
  coordinator.load()
  t.throws(
    () =>
      coordinator.write(
        () => null,
        () => {
          throw new TypeError('a bug')
        },
      ),
    TypeError,
  )
  t.equal(add(), 'total 0')
})
