/** The clock of a test-kit, by itself. */
import t from 'tap'
import { ManualClock } from '../../lib/testing/clock.ts'
import { TurnableClock } from '../../lib/testing/turnable-clock.ts'

t.test('timers that were called off leave none of the machine behind, which would keep the process', async t => {
  const machine = new ManualClock()
  const clock = new TurnableClock(machine)
  const timers = [clock.schedule(1_000, () => t.fail('it was called off')), clock.schedule(2_000, () => {})]
  t.equal(machine.pendingTimers, 1)
  for (const timer of timers) timer.cancel()
  t.equal(machine.pendingTimers, 0)
  machine.advance(5_000)
})
