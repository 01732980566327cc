/** What can be waited for: groups, topics, requests; and what is said where it does not come. */
import t from 'tap'
import { ManualClock } from '../../lib/testing/clock.ts'
import { Waiting } from '../../lib/testing/waiting.ts'
import { WaitTimeoutError } from '../../lib/testing.ts'
import { Bench, send } from './kafkajs.ts'

t.test('what is so already is not waited for, and what comes is noticed', async t => {
  const clock = new ManualClock()
  const waiting = new Waiting(clock)
  t.equal(await waiting.until('now', () => ({ met: 1 })), 1)
  let value = 0
  const later = waiting.until('two', () => (value === 2 ? { met: value } : { seen: `it is ${value}` }))
  value = 2
  await Promise.resolve()
  waiting.changed()
  clock.runImmediates()
  t.equal(await later, 2)
  t.equal(clock.pendingTimers, 1, 'only the next look is left')
  clock.advance(1_000)
  t.equal(clock.pendingTimers, 0, 'and not repeated')
})

t.test('it is given up after a time, with what was seen, or where somebody calls it off', async t => {
  const clock = new ManualClock()
  const waiting = new Waiting(clock)
  const late = waiting.until('two', () => ({ seen: 'it is 1', state: 1 }))
  const off = new AbortController()
  const calledOff = waiting.until('three', () => ({ seen: '' }), { signal: off.signal })
  const faulty = waiting.until('four', () => {
    throw new RangeError('no four')
  })
  off.abort(new Error('called off'))
  await t.rejects(calledOff, /called off/)
  await t.rejects(
    waiting.until('three', () => ({ seen: '' }), { signal: off.signal }),
    /called off/,
  )
  await t.rejects(faulty, /no four/)
  const given = t.rejects(late, { name: 'WaitTimeoutError', seen: 1, message: 'two: not within 4000 ms; it is 1' })
  clock.advance(4_000)
  await given
})

t.test('a group is ready once each of so many members fetches what it was assigned', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  await t.rejects(kit.group('g').ready(1, { timeoutMs: 10 }), /there is no group g/)
  await bench.consumer()
  const [first] = await kit.group('g').ready()
  t.same([...first!.partitions].sort(), ['orders-0', 'orders-1', 'orders-2'])
  const second = kit.group('g').ready(2)
  await t.rejects(kit.group('g').ready(2, { timeoutMs: 10 }), /g is Stable with 1 members|no/)
  const { consumer } = await bench.consumer({}, { clientId: 'other' })
  const both = await second
  t.same(both.map(({ clientId }) => clientId).sort(), ['app', 'other'])
  t.same(both.flatMap(({ partitions }) => partitions).sort(), ['orders-0', 'orders-1', 'orders-2'])
  await consumer.disconnect()
  await kit.group('g').ready(1)
})

t.test('a member that does not fetch is not ready, and is named', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const { consumer } = await bench.consumer()
  consumer.pause([{ topic: 'orders', partitions: [1] }])
  await kit.request({ api: 'SyncGroup' })
  const told = async () =>
    String(
      await kit
        .group('g')
        .ready(1, { timeoutMs: 20 })
        .catch(error => error),
    )
  let missing = await told()
  // Until it has fetched the others.
  while (/has not fetched orders-[02]|asked for/.test(missing)) missing = await told()
  t.match(missing, /app-\S+ has not fetched orders-1$/)
  consumer.resume([{ topic: 'orders', partitions: [1] }])
  await kit.group('g').ready(1)
})

t.test('a group is caught up once it has committed up to the ends of now', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const producer = await bench.producer()
  await send(producer, 0, 'a', 'b')
  await using slow = kit.fault({ api: 'OffsetCommit' }, { error: 'COORDINATOR_LOAD_IN_PROGRESS' })
  const { read } = await bench.consumer()
  await kit.group('g').ready(1)
  const error = await kit
    .group('g')
    .caughtUp({ timeoutMs: 30 })
    .catch(thrown => thrown)
  t.ok(error instanceof WaitTimeoutError)
  t.match(error.message, /g has committed nothing, orders-0 is at no commit of 2/)
  await slow.hit(1)
  slow.remove()
  // A commit that was refused comes with the next record, or after a restart of the consumer.
  await send(producer, 0, 'c')
  t.match(await kit.group('g').caughtUp(), [{ topic: 'orders', partition: 0, committed: 3, end: 3 }])
  t.same([...new Set(read)], ['a', 'b', 'c'])
})

t.test('markers of transactions need no commit', async t => {
  const bench = await Bench.start(t)
  const producer = await bench.producer({ transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 })
  const transaction = await producer.transaction()
  await transaction.send({ topic: 'orders', messages: [{ partition: 0, value: 'a' }] })
  await transaction.commit()
  await bench.kit.topic('orders').offset(0, 2)
  await bench.consumer()
  t.match(await bench.kit.group('g').caughtUp(), [{ partition: 0, end: 2 }])
})

t.test('requests are counted since a mark, and what there was is told', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const producer = await bench.producer()
  await send(producer, 0, 'a')
  const since = kit.mark()
  await t.rejects(kit.request({ api: 'Produce', since, timeoutMs: 10 }), /there were 0; of all: none/)
  const two = kit.request({ api: 'Produce', topic: 'orders', partition: 1, since, count: 2 })
  await send(producer, 0, 'b')
  await send(producer, 1, 'c')
  await send(producer, 1, 'd')
  t.equal(await two, 2)
  t.equal(await kit.request({ api: ['Produce', 'Fetch'], clientId: /app/, since, count: 3 }), 3)
  await t.rejects(kit.request({ api: 'Fetch', since, timeoutMs: 10 }), /of all: 3 Produce/)
})
