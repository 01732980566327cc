/** A kit that was stopped: nothing of it starts anew, and nobody waits for what cannot come. */
import t from 'tap'
import { StoppedError, TestKafka } from '../../lib/testing.ts'

const json = { 'content-type': 'application/json' }

t.test('whatever is asked of a kit after its stop is refused, and starts no broker', async t => {
  const kit = await TestKafka.start({ topics: { orders: 1 } })
  const snapshot = await kit.snapshot()
  const orders = kit.topic('orders')
  await kit.stop()
  await kit.stop()
  const words: Readonly<Record<string, () => unknown>> = {
    reset: () => kit.reset(),
    baseline: () => kit.baseline(),
    snapshot: () => kit.snapshot(),
    restore: () => kit.restore(snapshot),
    fork: () => kit.fork(),
    'fork of a snapshot': () => kit.fork(snapshot),
    cluster: () => kit.cluster('file'),
    advertise: () => kit.advertise('PLAINTEXT://localhost:1'),
    produce: () => orders.produce(['one']),
    records: () => orders.records(),
    expect: () => orders.expect(() => true),
    offset: () => orders.offset(0, 1),
    load: () => kit.load('{"topic":"orders","value":"a"}'),
    lines: () => kit.lines(),
    ready: () => kit.group('g').ready(),
    caughtUp: () => kit.group('g').caughtUp(),
    evict: () => kit.group('g').evict(),
    delete: () => kit.group('g').delete(),
    setOffsets: () => kit.group('g').setOffsets([]),
    request: () => kit.request({ api: 'Fetch' }),
    fault: () => kit.fault({ api: 'Fetch' }, { delay: 1 }),
  }
  for (const [name, ask] of Object.entries(words)) await t.rejects(async () => ask(), StoppedError, name)
  t.equal(kit.clock.state.frozen, false, 'what was seen can be looked at')
  t.same(kit.trace.since(), [])
})

t.test('who waits when a kit is stopped hears of it, and nothing keeps the process', async t => {
  const kit = await TestKafka.start({ topics: { orders: 1 }, timeoutMs: 3_600_000, http: 0 })
  const fork = await kit.fork()
  const fault = kit.fault({ api: 'Fetch' }, { delay: 1 })
  const overHttp = fetch(`http://${kit.http}/testing/await`, {
    ...{ method: 'POST', headers: json, body: JSON.stringify({ topic: 'orders', offset: 1 }) },
  })
  // It is waited for by then.
  await (await fetch(`http://${kit.http}/testing/faults`)).text()
  const waits = [
    kit.topic('orders').expect(() => false),
    kit.group('g').ready(),
    kit.request({ api: 'Fetch' }),
    fault.hit(),
    fork.topic('orders').offset(0, 1),
  ]
  const settled = Promise.allSettled(waits)
  await kit.stop()
  for (const each of await settled)
    t.match(each, { status: 'rejected', reason: { name: 'StoppedError', message: /this broker was stopped/ } })
  const answer = await overHttp
  t.equal(answer.status, 503)
  t.match(await answer.json(), { error: /this broker was stopped/ })
})

t.test('copies and clusters that are being made when a kit is stopped do not outlive it', async t => {
  const kit = await TestKafka.start({ topics: { orders: 1 } })
  const snapshot = await kit.snapshot()
  const made = [kit.fork(snapshot), kit.fork(), kit.cluster('file'), kit.cluster('bad', { by: 'serverName' })]
  const settled = Promise.allSettled(made)
  await kit.stop()
  for (const each of await settled) {
    if (each.status === 'fulfilled') await t.rejects(each.value.topic('orders').records(), StoppedError)
    else t.match(each.reason, { message: /this broker was stopped|clients name a server in TLS only/ })
  }
})
