/** The pace of ottla perf produce, which counts from the beginning as Kafka's throttle does. */
import t from 'tap'
import { Pace } from '../../../lib/cli/tools/perf-pace.ts'
import { ManualClock } from '../../../lib/testing/clock.ts'

t.test('each record waits until it is due', async t => {
  const clock = new ManualClock()
  const pace = new Pace(500, clock)
  const wait = pace.due(10)
  t.equal(clock.nextTimerMs - clock.now(), 20)
  clock.advance(20)
  await wait
  t.equal(pace.due(10), null, 'no sooner, and at once')
  t.equal(clock.pendingTimers, 0)
})

t.test('what came due while the producer was kept from sending goes at once', async t => {
  const clock = new ManualClock()
  const pace = new Pace(1_000, clock)
  clock.advance(250)
  const due = Array.from({ length: 251 }, (_, n) => pace.due(n))
  t.ok(due.every(wait => wait === null))
  t.not(pace.due(252), null, 'then they have to wait again')
})

t.test('without a limit none waits', async t => {
  const pace = new Pace(-1, new ManualClock())
  t.equal(pace.due(1_000_000), null)
})

t.test('who is stopped leaves no timer and waits no more', async t => {
  const clock = new ManualClock()
  const pace = new Pace(1, clock)
  t.not(pace.due(1), null)
  pace.stop()
  t.equal(clock.pendingTimers, 0)
  t.equal(pace.due(1), null)
})
