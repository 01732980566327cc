/** Clocks, deadlines and alarms: what is due happens once, in order, and not before. */
import t from 'tap'
import { Alarm } from '../../lib/base/alarm.ts'
import { systemClock } from '../../lib/base/clock.ts'
import { Deadlines } from '../../lib/base/deadlines.ts'
import { LogLimit } from '../../lib/base/log-limit.ts'
import { Queue } from '../../lib/base/queue.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { ManualClock } from '../../lib/testing/clock.ts'

t.test('deadlines expire as a sorted list would', async t => {
  const random = seededRandom(1)
  const deadlines = new Deadlines<string>()
  const model = new Map<string, { atMs: number; sequence: number }>()
  let now = 0
  for (let step = 0; step < 20_000; step++) {
    const key = `k${random.int(200)}`
    const action = random.int(10)
    if (action < 6) {
      const atMs = now + random.int(100)
      deadlines.set(key, atMs)
      model.set(key, { atMs, sequence: step })
    } else if (action < 8) {
      if (deadlines.cancel(key) !== model.delete(key)) t.fail('cancel says whether there was one')
    } else {
      now += random.int(20)
      const expected = [...model]
        .filter(([, { atMs }]) => atMs <= now)
        .sort(([, a], [, b]) => a.atMs - b.atMs || a.sequence - b.sequence)
        .map(([name]) => name)
      for (const name of expected) model.delete(name)
      const expired = deadlines.expire(now)
      if (expired.join() !== expected.join()) t.same(expired, expected)
    }
    const next = Math.min(...[...model.values()].map(({ atMs }) => atMs))
    if (deadlines.nextMs() !== next || deadlines.size !== model.size) t.fail(`step ${step}`)
    if (deadlines.get(key) !== model.get(key)?.atMs || deadlines.has(key) !== model.has(key)) t.fail(`step ${step}`)
  }
  deadlines.clear()
  t.equal(deadlines.size, 0)
  t.equal(deadlines.nextMs(), Number.POSITIVE_INFINITY)
})

t.test('a manual clock runs what falls due, in order, each at its moment', async t => {
  const clock = new ManualClock({ now: 1000 })
  const ran: string[] = []
  const note = (name: string) => () => ran.push(`${name}@${clock.now()}`)
  clock.schedule(20, note('b'))
  clock.schedule(10, () => {
    note('a')()
    clock.schedule(5, note('nested'))
    clock.immediate(note('at the end of the turn'))
  })
  const cancelled = clock.schedule(15, note('cancelled'))
  clock.schedule(10, () => cancelled.cancel())
  clock.schedule(-5, note('past'))
  clock.schedule(31, note('late'))
  clock.immediate(note('first'))
  clock.advance(30)
  t.same(ran, ['first@1000', 'past@1000', 'a@1010', 'at the end of the turn@1010', 'nested@1015', 'b@1020'])
  t.equal(clock.now(), 1030)
  t.equal(clock.monotonicMs(), 30)
  t.equal(clock.pendingTimers, 1)
})

t.test('the system clock fires late rather than early, and not what was cancelled', async t => {
  const began = systemClock.monotonicMs()
  systemClock.schedule(1, () => t.fail('cancelled')).cancel()
  // Beyond what the platform takes, which would fire at once.
  const far = systemClock.schedule(2 ** 31 + 5, () => t.fail('in 24 days'))
  await new Promise<void>(resolve => systemClock.schedule(5, resolve))
  t.ok(systemClock.monotonicMs() - began >= 4)
  await new Promise<void>(resolve => systemClock.immediate(resolve))
  far.cancel()
  t.ok(Math.abs(systemClock.now() - Date.now()) < 1000)
})

t.test('an alarm rings once, at the moment that it was last set to', async t => {
  for (const scale of ['now', 'monotonicMs'] as const) {
    const clock = new ManualClock()
    const rang: number[] = []
    const start = clock[scale]()
    const alarm = new Alarm(clock, () => rang.push(clock[scale]() - start), scale)
    alarm.set(start + 10)
    alarm.set(start + 30)
    alarm.set(start + 20)
    clock.advance(100)
    t.same(rang, [20])
    alarm.set(start + 50)
    clock.advance(0)
    t.same(rang, [20, 100], 'what lies in the past rings at once')
    alarm.set(start + 200)
    alarm.set(Number.POSITIVE_INFINITY)
    clock.advance(1000)
    t.same(rang, [20, 100])
    t.equal(clock.pendingTimers, 0)
    alarm.set(start + 2000)
    alarm.cancel()
    t.equal(clock.pendingTimers, 0)
  }
})

t.test('an alarm of a process that was held up lets what came in meanwhile be read first', async t => {
  const clock = new ManualClock()
  let rang = 0
  const alarm = new Alarm(clock, () => rang++, 'monotonicMs')
  alarm.set(10)
  clock.holdUp(15)
  t.equal(rang, 1, 'a few milliseconds are those of any timer')
  alarm.set(100)
  clock.holdUp(1000)
  t.equal(rang, 1, 'requests are read next')
  clock.runImmediates()
  t.equal(rang, 2)
  alarm.set(1100)
  clock.holdUp(1000)
  alarm.set(3000)
  clock.runImmediates()
  t.equal(rang, 2, 'what was read may put the moment off')
  clock.advance(984)
  t.equal(rang, 2)
  clock.advance(1)
  t.equal(rang, 3)
  alarm.set(3500)
  clock.holdUp(1000)
  alarm.cancel()
  alarm.set(9000)
  clock.runImmediates()
  t.equal(rang, 3)
  clock.advance(9000)
  t.equal(rang, 4, 'it rings once')
  t.equal(clock.pendingTimers, 0)
})

t.test('a log limit lets some lines through and counts the others', async t => {
  const clock = new ManualClock()
  const limit = new LogLimit(clock, 2, 1000)
  t.same(
    [limit.take(), limit.take(), limit.take(), limit.take()],
    [{ leftOut: undefined }, { leftOut: undefined }, null, null],
  )
  clock.advance(1000)
  t.same([limit.take(), limit.take(), limit.take()], [{ leftOut: 2 }, { leftOut: undefined }, null])
})

t.test('a queue gives back what was put in, in order', async t => {
  const random = seededRandom(2)
  const queue = new Queue<number>()
  const model: number[] = []
  for (let step = 0; step < 10_000; step++) {
    if (random.int(100) < (step < 5000 ? 60 : 40)) {
      queue.push(step)
      model.push(step)
    } else if (queue.shift() !== model.shift()) {
      t.fail(`step ${step}`)
    }
    if (queue.length !== model.length || queue.peek() !== model[0]) t.fail(`step ${step}`)
  }
  t.pass('ten thousand steps')
})
