/** The clock in the hands of a test: what goes by it, and how fast; with kafkajs, which is never cut off but where Kafka would. */
import t, { type Test } from 'tap'
import { ManualClock } from '../../lib/testing/clock.ts'
import { durationMs, momentMs } from '../../lib/testing/durations.ts'
import { TurnableClock } from '../../lib/testing/turnable-clock.ts'
import type { Advanced, AdvanceOptions, TestKafka } from '../../lib/testing.ts'
import { Bench, send } from './kafkajs.ts'
import { ownMsOf, turnedMsMax } from './own-time.ts'

const dayMs = 86_400_000

t.test('a clock that nobody has touched goes as the machine’s does', async t => {
  const machine = new ManualClock()
  const clock = new TurnableClock(machine)
  const ran: string[] = []
  clock.schedule(20, () => ran.push('b'))
  clock.schedule(10, () => ran.push('a'))
  clock.schedule(15, () => ran.push('never')).cancel()
  machine.advance(19)
  t.same(ran, ['a'])
  t.equal(clock.now(), machine.now())
  machine.advance(1)
  t.same(ran, ['a', 'b'])
  t.equal(machine.pendingTimers, 0)
})

t.test('one that stands still runs nothing, and goes on from there', async t => {
  const machine = new ManualClock()
  const clock = new TurnableClock(machine)
  let ran = 0
  clock.schedule(100, () => ran++)
  machine.advance(60)
  clock.freeze()
  const [now, monotonic] = [clock.now(), clock.monotonicMs()]
  machine.advance(1_000)
  t.same([clock.now(), clock.monotonicMs(), ran], [now, monotonic, 0])
  t.equal(clock.aheadMs, -1_000)
  clock.resume()
  machine.advance(39)
  t.equal(ran, 0)
  machine.advance(1)
  t.equal(ran, 1)
  t.equal(clock.monotonicMs(), monotonic + 40)
})

t.test(
  'an advance runs each timer at its own moment, with what it sets in turn, and lets all of it settle',
  async t => {
    const machine = new ManualClock()
    const clock = new TurnableClock(machine)
    const start = clock.monotonicMs()
    const ran: [string, number][] = []
    const note = (name: string) => ran.push([name, clock.monotonicMs() - start])
    clock.schedule(50, () => {
      note('first')
      clock.schedule(25, () => note('second'))
    })
    clock.schedule(50, () => note('same'))
    clock.schedule(101, () => note('late'))
    const settled: number[] = []
    t.equal(await clock.advance(100, async () => void settled.push(clock.monotonicMs() - start)), 3)
    t.same(ran, [
      ['first', 50],
      ['same', 50],
      ['second', 75],
    ])
    t.same(settled, [0, 50, 75, 100])
    t.equal(clock.aheadMs, 100)
    machine.advance(1)
    t.same(ran.at(-1), ['late', 101], 'it goes on')
  },
)

t.test('the time of day is set without the time that passes', async t => {
  const machine = new ManualClock()
  const clock = new TurnableClock(machine)
  let ran = 0
  clock.schedule(10, () => ran++)
  const monotonic = clock.monotonicMs()
  clock.set(machine.now() - dayMs)
  t.equal(clock.now(), machine.now() - dayMs)
  t.equal(clock.monotonicMs(), monotonic)
  machine.advance(10)
  t.equal(ran, 1)
})

t.test('durations and moments are read as people write them', async t => {
  t.same(['7d', '2h', '90m', '1.5s', '250ms', '40', 7].map(durationMs), [
    7 * dayMs,
    7_200_000,
    5_400_000,
    1_500,
    250,
    40,
    7,
  ])
  t.throws(() => durationMs('soon'), RangeError)
  t.throws(() => durationMs('-1s'), RangeError)
  t.equal(momentMs('2026-01-01T00:00:00Z'), Date.UTC(2026, 0, 1))
  t.equal(momentMs(new Date(5)), 5)
  t.equal(momentMs('5'), 5)
  t.throws(() => momentMs('tomorrow'), RangeError)
})

/** Passes a time, for which this process needs no second. */
async function advance(t: Test, kit: TestKafka, by: string, options?: AdvanceOptions): Promise<Advanced> {
  const { result, ms } = await ownMsOf(() => kit.clock.advance(by, options))
  t.ok(ms < turnedMsMax, `${by} took ${ms} ms`)
  return result
}

t.test('a week passes, and who is connected is still a member', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const { consumer, read } = await bench.consumer()
  const joined: unknown[] = []
  consumer.on('consumer.group_join', event => joined.push(event))
  const [{ memberId } = {}] = await kit.group('g').ready(1)
  const before = kit.clock.state.now
  const { now, fired } = await advance(t, kit, '7d')
  t.ok(now - before >= 7 * dayMs)
  t.ok(fired > 0)
  const [still] = await kit.group('g').ready(1)
  t.equal(still!.memberId, memberId)
  const producer = await bench.producer()
  await send(producer, 0, 'after a week')
  await kit.group('g').caughtUp()
  t.same(read, ['after a week'])
  t.same(joined, [])
})

t.test('silent members lose their sessions, as where they are away', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  // Before it comes, so that its session begins at no other moment.
  await kit.clock.freeze()
  const { consumer, read } = await bench.consumer({ heartbeatInterval: 60_000, sessionTimeout: 300_000 })
  await kit.group('g').ready(1)
  await advance(t, kit, '299s', { members: 'silent' })
  await kit.group('g').ready(1)
  await advance(t, kit, '1s', { members: 'silent' })
  await t.rejects(kit.group('g').ready(1, { timeoutMs: 20 }), /g is Empty with 0 members|no group/)
  await consumer.disconnect()
  await kit.clock.resume()
  t.same(read, [])
})

t.test('records grow old, and transactions time out, all at once', async t => {
  const bench = await Bench.start(t, {
    topics: {
      orders: 1,
      old: { partitions: 1, config: { 'retention.ms': `${dayMs}`, 'segment.ms': `${dayMs / 2}` } },
    },
  })
  const { kit } = bench
  const admin = bench.kafka().admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  const producer = await bench.producer()
  const earliest = async (topic: string) => Number((await admin.fetchTopicOffsets(topic))[0]!.low)
  await producer.send({ topic: 'old', messages: [{ value: 'a' }] })
  const writer = await bench.producer({
    transactionalId: 'tx',
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: 900_000,
  })
  const transaction = await writer.transaction()
  await transaction.send({ topic: 'orders', messages: [{ value: 'never committed' }] })
  await advance(t, kit, '14m')
  t.equal(Number((await admin.fetchTopicOffsets('orders'))[0]!.high), 0, 'the transaction is open')
  await advance(t, kit, '2m')
  t.equal(Number((await admin.fetchTopicOffsets('orders'))[0]!.high), 2, 'and was aborted by a marker')
  await t.rejects(transaction.commit())
  t.equal(await earliest('old'), 0)
  const { warnings } = await advance(t, kit, '3d')
  t.match(warnings, [/clock is 3 days ahead.*due for deletion at once in old/])
  await producer.send({ topic: 'old', messages: [{ value: 'b', timestamp: String(kit.clock.state.now) }] })
  await advance(t, kit, '12h')
  t.equal(await earliest('old'), 1)
})

t.test('records are compacted once they are as old as they have to be', async t => {
  const config = {
    ...{ 'cleanup.policy': 'compact', 'min.compaction.lag.ms': `${dayMs}`, 'segment.ms': `${dayMs / 24}` },
    'min.cleanable.dirty.ratio': '0.01',
  }
  const { kit } = await Bench.start(t, { topics: { latest: { partitions: 1, config } } })
  const latest = kit.topic('latest')
  const values = async () => (await latest.records()).map(({ value }) => String(value))
  await latest.produce([
    { key: 'a', value: '1' },
    { key: 'b', value: '1' },
  ])
  await advance(t, kit, '2h')
  await latest.produce([{ key: 'a', value: '2', timestamp: kit.clock.state.now }])
  await advance(t, kit, '2h')
  await latest.produce([{ key: 'c', value: '1', timestamp: kit.clock.state.now }])
  await advance(t, kit, '12h')
  t.same(await values(), ['1', '1', '2', '1'])
  await advance(t, kit, '2d')
  t.same(await values(), ['1', '2', '1'])
})

t.test('a clock behind the machine’s warns that records of clients are refused', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  t.same(kit.clock.state.warnings, [])
  const { warnings, frozen } = await kit.clock.freeze('2020-01-01T00:00:00Z')
  t.ok(frozen)
  t.match(warnings, [/behind the machine's: records with times of clients are refused \(INVALID_TIMESTAMP\) in orders/])
  const producer = await bench.producer({ retry: { retries: 0 } })
  await t.rejects(send(producer, 0, 'from the future'), /timestamp/i)
  t.equal((await kit.clock.set('2020-01-02T00:00:00Z')).now, Date.UTC(2020, 0, 2))
  await kit.clock.resume()
  t.ok(kit.clock.state.now - Date.UTC(2020, 0, 2) < 60_000)
})

t.test('what is asked of a clock is done in turn', async t => {
  const { kit } = await Bench.start(t)
  await kit.clock.freeze(0)
  const all = await Promise.all([
    kit.clock.advance('1s'),
    kit.clock.advance('1s'),
    kit.clock.set(5),
    kit.clock.advance(5),
  ])
  t.same(
    all.map(({ now }) => now),
    [1_000, 2_000, 5, 10],
  )
  await t.rejects(async () => kit.clock.advance('1 fortnight'), RangeError)
  await t.rejects(async () => kit.clock.advance(1, { members: 'absent' as never }), RangeError)
})
