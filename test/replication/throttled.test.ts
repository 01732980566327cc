/** Replicas that are held to a rate while they are copied (KIP-73), on a network in memory whose time is turned. */
import t, { type Test } from 'tap'
import { configKey } from '../../lib/cluster/stored.ts'
import { codes } from '../../protocol/errors.ts'
import { Brokers } from './brokers.ts'

const [rate, batchBytes, batchCount] = [100_000, 40_000, 40]
const logBytes = batchBytes * batchCount
const sides = ['leader', 'follower'] as const

/** Broker 1 leads and has records; broker 2 is to copy them, and has nothing yet. */
async function brokers(
  test: Test,
  configs: Record<string, string>,
  properties: Record<string, string> = {},
): Promise<Brokers> {
  const all = new Brokers({ 'replica.lag.time.max.ms': '3000', ...properties })
  test.teardown(() => all.close())
  await all.start(1, 2, 3)
  await all.pass(1_000)
  await all.create('slow', [[1]], configs)
  const values = ['x'.repeat(batchBytes)]
  for (let i = 0; i < batchCount; i++) test.equal((await all.produced(1, 'slow', values)).errorCode, codes.NONE)
  return all
}

/** Settings of one broker, or of a topic; null for none any more. */
async function set(all: Brokers, kind: 'broker' | 'topic', name: string, settings: Record<string, string> | null) {
  const value = settings && JSON.stringify(settings)
  await all.passing(all.store.transact({ changes: [{ key: configKey(kind, name), value }] }))
  await all.settle()
}

async function join(all: Brokers, topic: string): Promise<void> {
  await all.become(topic, { replicas: [1, 2], isr: [1] } as never)
}

const sizeOf = (all: Brokers, topic: string) => all.partition(2, topic)?.sizeInBytes ?? 0

for (const side of sides) {
  const replicas =
    side === 'leader' ? 'leader.replication.throttled.replicas' : 'follower.replication.throttled.replicas'
  const named = side === 'leader' ? '0:1' : '0:2'
  const [limited, other] = side === 'leader' ? ['1', '2'] : ['2', '1']
  const limit = { [`${side}.replication.throttled.rate`]: String(rate) }

  t.test(
    `a replica that its ${side} throttles gets ahead no faster than the rate, and at once when that is taken away`,
    async t => {
      const all = await brokers(t, { [replicas]: named })
      await set(all, 'broker', limited, limit)
      await join(all, 'slow')
      const begunMs = all.clock.now()
      for (let i = 0; i < 20; i++) {
        await all.pass(500)
        const allowed = rate * ((all.clock.now() - begunMs) / 1_000 + 1) + 2 * (batchBytes + 200)
        t.ok(sizeOf(all, 'slow') <= allowed, `${sizeOf(all, 'slow')} of ${allowed} bytes after ${i + 1} half seconds`)
      }
      t.ok(sizeOf(all, 'slow') >= rate * 8, `it goes on, though: ${sizeOf(all, 'slow')} bytes in 10 s`)
      t.same(all.isr(1, 'slow'), [1])
      await set(all, 'broker', limited, null)
      await all.pass(2_000)
      t.ok(sizeOf(all, 'slow') >= logBytes)
      t.same(all.isr(1, 'slow'), [1, 2])
      t.equal(all.bytes(2, 'slow'), all.bytes(1, 'slow'))
    },
  )

  t.test(`a rate of the ${side} is not for replicas that are not named, nor for other topics`, async t => {
    const all = await brokers(t, { [replicas]: side === 'leader' ? '0:2,1:1' : '0:1,0:3,1:2' })
    await set(all, 'broker', limited, limit)
    await join(all, 'slow')
    await all.pass(2_000)
    t.same(all.isr(1, 'slow'), [1, 2])
  })

  t.test(`a rate of the ${side} at the other broker means nothing`, async t => {
    const all = await brokers(t, { [replicas]: named })
    await set(all, 'broker', other, limit)
    await join(all, 'slow')
    await all.pass(2_000)
    t.same(all.isr(1, 'slow'), [1, 2])
  })

  t.test(`a partition that is not throttled does not wait for one that its ${side} throttles`, async t => {
    const all = await brokers(t, { [replicas]: '*' })
    await all.create('free-one', [[1]])
    for (let i = 0; i < batchCount; i++) await all.produced(1, 'free-one', ['x'.repeat(batchBytes)])
    await set(all, 'broker', limited, limit)
    await join(all, 'slow')
    await all.pass(1_000)
    await join(all, 'free-one')
    await all.pass(2_000)
    t.same(all.isr(1, 'free-one'), [1, 2])
    t.ok(sizeOf(all, 'slow') < logBytes)
    await set(all, 'topic', 'slow', null)
    await all.pass(2_000)
    t.same(all.isr(1, 'slow'), [1, 2], 'not throttled any more')
  })
}

t.test('whoever is in sync is given all at once, however much has gone through, and producers do not wait', async t => {
  const throttled = Object.fromEntries(sides.map(side => [`${side}.replication.throttled.replicas`, '*']))
  const all = await brokers(t, {})
  await join(all, 'slow')
  await all.pass(2_000)
  t.same(all.isr(1, 'slow'), [1, 2])
  await set(all, 'topic', 'slow', throttled)
  await set(all, 'broker', '1', { 'leader.replication.throttled.rate': '1' })
  await set(all, 'broker', '2', { 'follower.replication.throttled.rate': '1' })
  for (let i = 0; i < 10; i++) {
    const beganMs = all.clock.now()
    t.equal((await all.produced(1, 'slow', ['y'.repeat(batchBytes)])).errorCode, codes.NONE)
    t.ok(all.clock.now() - beganMs < 1_000, 'acks=all is answered')
  }
  t.same(all.isr(1, 'slow'), [1, 2])
  t.equal(all.bytes(2, 'slow'), all.bytes(1, 'slow'))
})

for (const [property, value, bytesPerSecond, afterMs] of [
  // What is copied is forgotten sooner, and more comes at once.
  ['replication.quota.window.num', '1', 10_000, 10_000],
  ['replication.quota.window.size.seconds', '10', rate, 1_000],
] as const) {
  t.test(`${property} is what leader.replication.throttled.rate is measured over`, async t => {
    const copied = async (properties: Record<string, string>) => {
      const all = await brokers(t, { 'leader.replication.throttled.replicas': '*' }, properties)
      await set(all, 'broker', '1', { 'leader.replication.throttled.rate': String(bytesPerSecond) })
      await join(all, 'slow')
      await all.pass(afterMs)
      return sizeOf(all, 'slow')
    }
    const [usual, changed] = [await copied({}), await copied({ [property]: value })]
    t.ok(changed > 2 * usual, `${changed} of ${usual}`)
  })
}
