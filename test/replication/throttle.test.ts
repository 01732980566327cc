/** The rate to which copies between brokers are held (KIP-73), and of which replicas. */
import t from 'tap'
import { BrokerConfig } from '../../lib/config/config.ts'
import { longMax } from '../../lib/config/property.ts'
import { kafkaFamilies } from '../../lib/metrics/kafka-names.ts'
import { isThrottled, nothingThrottled, throttledOn } from '../../lib/partitions/throttled.ts'
import { Throttle } from '../../lib/replication/throttle.ts'
import { openThrottles } from '../../lib/replication/throttles.ts'
import { ManualClock } from '../../lib/testing/clock.ts'

const windows = { count: 11, ms: 1_000 }

t.test('a rate is exceeded by what was recorded and by what is about to be, until time has made up for it', async t => {
  const clock = new ManualClock()
  let rate = 1_000
  const throttle = new Throttle({ bytesPerSecondMax: () => rate, windows, clock })
  t.equal(throttle.isExceeded(), false)
  t.equal(throttle.isExceeded(1_000), false, 'as much as a window holds')
  t.equal(throttle.isExceeded(1_001), true)
  throttle.record(3_000)
  t.equal(throttle.isExceeded(), true)
  t.equal(throttle.waitMs(), 2_000)
  clock.advance(2_999)
  t.equal(throttle.isExceeded(), true)
  clock.advance(1)
  t.equal(throttle.isExceeded(), false)
  t.equal(throttle.isExceeded(1), true)
  rate = 2_000
  t.equal(throttle.isExceeded(1), false, 'another rate holds at once')
  t.equal(throttle.bytes, 3_000)
})

t.test('an answer is no larger than a window, and without a rate nothing is held back', async t => {
  const clock = new ManualClock()
  let rate = 500
  const throttle = new Throttle({ bytesPerSecondMax: () => rate, windows: { count: 2, ms: 2_000 }, clock })
  t.equal(throttle.bytesMax, 1_000)
  rate = 0
  t.equal(throttle.bytesMax, 1, 'one batch is given whatever its size')
  rate = longMax
  t.equal(throttle.bytesMax, Infinity)
  throttle.record(1e12)
  t.equal(throttle.isExceeded(), false)
})

t.test(
  'whoever goes on as soon as the rate is not exceeded gets what it allows, and no more than a window and a batch ahead',
  async t => {
    const clock = new ManualClock()
    const throttle = new Throttle({ bytesPerSecondMax: () => 1_000, windows, clock })
    const batch = 700
    let aheadMax = 0
    for (let ms = 0; ms < 120_000; ms += 50) {
      if (!throttle.isExceeded()) throttle.record(batch)
      aheadMax = Math.max(aheadMax, throttle.bytes - ms)
      clock.advance(50)
    }
    t.ok(aheadMax <= 1_000 + 2 * batch, `${aheadMax} bytes ahead`)
    t.ok(throttle.bytes >= 118_000, `${throttle.bytes} bytes in 120 s`)
  },
)

t.test('replicas are named by partition and broker, or all of them', async t => {
  t.equal(throttledOn([], 1), null)
  t.equal(throttledOn([''], 1), null)
  t.equal(throttledOn(['*'], 1), 'all')
  t.same(throttledOn(['0:1', '1:2', '7:1'], 1), new Set([0, 7]))
  t.equal(throttledOn(['0:1'], 11), null)
  const of = (leader: ReturnType<typeof throttledOn>, index: number) =>
    isThrottled({ settings: { throttled: { leader, follower: null } }, index }, 'leader')
  t.equal(of('all', 3), true)
  t.equal(of(new Set([3]), 3), true)
  t.equal(of(new Set([3]), 2), false)
  t.equal(of(null, 3), false)
  t.equal(isThrottled({ settings: { throttled: nothingThrottled }, index: 0 }, 'follower'), false)
})

t.test('bytes of both sides are told, and without settings neither holds anything back', async t => {
  const throttles = openThrottles(BrokerConfig.parse({}), new ManualClock())
  throttles.leader.record(5)
  throttles.follower.record(7)
  t.equal(throttles.leader.isExceeded(), false)
  t.equal(throttles.follower.bytesMax, Infinity)
  const families = [...kafkaFamilies(throttles.metrics())].filter(family => family !== null)
  t.match(families, [
    {
      name: 'ottla_throttled_replication_bytes_total',
      type: 'counter',
      series: [
        [{ side: 'leader' }, 5],
        [{ side: 'follower' }, 7],
      ],
    },
  ])
})
