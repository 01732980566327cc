/** Rates and buckets on which quotas rest: the figures are what Apache Kafka's measures give for the same. */
import t from 'tap'
import { SampledRate, sinceOldest } from '../../lib/quotas/sampled-rate.ts'
import { TokenBucket } from '../../lib/quotas/token-bucket.ts'

const windows = { count: 11, ms: 1_000 }

t.test('a burst counts as spread over all windows but one', async t => {
  const rate = new SampledRate()
  rate.record(10_000, 0, windows)
  t.equal(rate.throttleMs(1_000, 0, windows), 0, 'as much as ten seconds allow')
  rate.record(2_000, 0, windows)
  t.equal(rate.throttleMs(1_000, 0, windows), 2_000)
  t.equal(rate.throttleMs(1_000, 500, windows), 1_500, 'time that passes counts')
  t.equal(rate.throttleMs(1_000, 2_000, windows), 2_000, 'by whole windows, what is missing is less')
})

t.test(
  'as it is measured of replication, a burst counts in the time since it came, and one window at the least',
  async t => {
    const rate = new SampledRate(sinceOldest)
    t.equal(rate.perSecond(0, windows), 0)
    rate.record(10_000, 0, windows)
    t.equal(rate.perSecond(0, windows), 10_000)
    t.equal(rate.perSecond(500, windows), 10_000, 'the first window counts as a whole one')
    t.equal(rate.perSecond(4_000, windows), 2_500)
    t.equal(rate.perSecond(4_000, windows, 6_000), 4_000, 'with what comes at this moment')
    t.equal(rate.throttleMs(1_000, 4_000, windows), 6_000)
    t.equal(rate.throttleMs(1_000, 10_000, windows), 0)
    t.equal(rate.perSecond(11_000, windows), 0, 'the window is gone')
  },
)

t.test('what is older than all windows is forgotten', async t => {
  const rate = new SampledRate()
  for (let second = 0; second < 30; second++) rate.record(1_000, second * 1_000, windows)
  t.equal(rate.throttleMs(1_000, 29_000, windows), 1_000, 'eleven windows of which ten have passed')
  t.equal(rate.isOver(39_000, windows), false)
  t.equal(rate.isOver(40_000, windows), true)
  t.equal(rate.throttleMs(1, 40_000, windows), 0)
})

t.test('one window alone is no division by nothing', async t => {
  const rate = new SampledRate()
  rate.record(5, 0, { count: 1, ms: 1_000 })
  t.ok(Number.isFinite(rate.throttleMs(1, 0, { count: 1, ms: 1_000 })))
})

t.test('a bucket gives a burst, goes below nothing once, and fills again', async t => {
  const bucket = new TokenBucket()
  t.equal(bucket.throttleMs(1, 11, 0), 0)
  bucket.spend(20, 1, 11, 0)
  t.equal(bucket.throttleMs(1, 11, 0), 9_000)
  t.equal(bucket.throttleMs(1, 11, 4_000), 5_000)
  t.equal(bucket.throttleMs(1, 11, 9_000), 0)
  t.equal(bucket.isFull(1, 11, 19_000), false)
  t.equal(bucket.isFull(1, 11, 20_000), true)
})
