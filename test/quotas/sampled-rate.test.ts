/** Rates and buckets on which quotas rest: the figures are what Apache Kafka's measures give for the same. */
import t from 'tap'
import { SampledRate } from '../../lib/quotas/sampled-rate.ts'
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
