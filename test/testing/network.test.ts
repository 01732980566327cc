/** The network between clients and a broker for tests: cut, blocked, slow, narrow. */
import t from 'tap'
import { Bench, send } from './kafkajs.ts'

t.test('connections that are cut are made anew', async t => {
  const bench = await Bench.start(t)
  const producer = await bench.producer()
  await send(producer, 0, 'a')
  const since = bench.kit.trace.last
  t.ok(bench.kit.network.cut() >= 1)
  await send(producer, 0, 'b')
  t.equal(await bench.kit.topic('orders').offset(0, 2), 2)
  t.ok(bench.kit.trace.since(since).some(({ kind }) => kind === 'closed'))
  t.equal(bench.kit.network.cut('PLAINTEXT'), 1)
  t.throws(() => bench.kit.network.cut('NONE'), /no listener 'NONE'/)
})

t.test('what is blocked on its way in does not happen before it is let through', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const producer = await bench.producer()
  await send(producer, 0, 'a')
  const block = kit.network.disturb({ blocked: 'in' })
  const sent = send(producer, 0, 'b')
  await t.rejects(kit.topic('orders').offset(0, 2, { timeoutMs: 50 }))
  await block[Symbol.asyncDispose]()
  await sent
  await kit.topic('orders').offset(0, 2)
})

t.test('what is blocked on its way out has happened', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const producer = await bench.producer()
  await send(producer, 0, 'a')
  kit.network.disturb({ blocked: 'out', listener: 'PLAINTEXT' })
  let isAnswered = false
  const sent = send(producer, 0, 'b').then(() => {
    isAnswered = true
  })
  await kit.topic('orders').offset(0, 2)
  await new Promise(resolve => setImmediate(resolve))
  t.notOk(isAnswered)
  kit.network.restore()
  await sent
})

t.test('bytes come later, and fewer of them', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const producer = await bench.producer()
  await send(producer, 0, 'a')
  const took = async (value: string) => {
    const began = performance.now()
    await send(producer, 0, value)
    return performance.now() - began
  }
  {
    await using _ = kit.network.disturb({ latencyMs: 100 })
    t.ok((await took('b')) >= 199, 'there and back')
  }
  {
    await using _ = kit.network.disturb({ bytesPerSecond: 100_000 })
    t.ok((await took('c'.repeat(20_000))) >= 199)
  }
  t.equal(await kit.topic('orders').offset(0, 3), 3)
})

t.test('who comes is refused, and who is there is served', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const producer = await bench.producer()
  await send(producer, 0, 'a')
  kit.network.disturb({ refused: true })
  await send(producer, 0, 'b')
  await t.rejects(bench.producer({ retry: { retries: 0 } }, { retry: { retries: 0 } }))
  kit.network.restore()
  await bench.producer()
  for (const wrong of [{ latencyMs: -1 }, { bytesPerSecond: 0 }, { blocked: 'up' as never }, { listener: 'NONE' }]) {
    t.throws(() => kit.network.disturb(wrong), RangeError)
  }
})
