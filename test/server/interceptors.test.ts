/** What stands around requests: verdicts before the handler, throttling, delays, questions, and the bytes of answers. */
import t, { type Test } from 'tap'
import type { Client } from '../../lib/client/client.ts'
import type { CallInfo, Interceptor, Verdict } from '../../lib/server/server.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { FakeBroker, until } from './fake-broker.ts'

const beat = (client: Client, generationId: number) =>
  client.send(Heartbeat, 4, { groupId: 'g', generationId, memberId: `m${generationId}` })

async function start(t: Test, ...interceptors: Interceptor[]) {
  const clock = new ManualClock({ immediates: 'real' })
  const broker = await FakeBroker.start({ interceptors, clock })
  t.teardown(() => broker.stop())
  return { broker, clock, client: await broker.connect() }
}

/** A promise, and how to resolve it. */
function gate(): { open: () => void; opened: Promise<void> } {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { open, opened }
}

t.test('each request is told of with what it is, and once more with its answer', async t => {
  const seen: [string, CallInfo, unknown][] = []
  const { client } = await start(t, {
    before: call => void seen.push(['before', call, null]),
    after: (call, response) => void seen.push(['after', call, response]),
  })
  await beat(client, 3)
  const [[, before], [, after, response]] = seen as [(typeof seen)[0], (typeof seen)[0]]
  t.match(before, {
    apiVersion: 4,
    clientId: 'ottla',
    request: { generationId: 3 },
    connection: { listener: 'PLAINTEXT' },
  })
  t.equal(before.api.name, 'Heartbeat')
  t.ok(before.requestBytes > 20)
  t.equal(after, before, 'the same object, so that something can be kept by it')
  t.match(response, { errorCode: 3 })
})

t.test('a request is refused in the form of its API, or answered in place of its handler', async t => {
  const { client, broker } = await start(t, {
    before: ({ request }) => {
      const { generationId } = request as { generationId: number }
      if (generationId === 1) return { kind: 'refuse', error: new KafkaError(codes.GROUP_AUTHORIZATION_FAILED) }
      return generationId === 2 ? { kind: 'answer', response: { throttleTimeMs: 0, errorCode: 99 } } : undefined
    },
  })
  t.equal((await beat(client, 1)).errorCode, codes.GROUP_AUTHORIZATION_FAILED)
  t.equal((await beat(client, 2)).errorCode, 99)
  t.equal((await beat(client, 3)).errorCode, 3)
  t.same(broker.beats, ['m3'])
})

t.test('the first verdict counts, and the last interceptor hears of the answer first', async t => {
  const order: string[] = []
  const named = (name: string): Interceptor => ({
    before: () => void order.push(`${name} before`),
    after: () => void order.push(`${name} after`),
  })
  const { client } = await start(t, named('a'), named('b'))
  await beat(client, 1)
  t.same(order, ['a before', 'b before', 'b after', 'a after'])
})

t.test('a request that waits holds up those behind it on its connection, and nobody else', async t => {
  const { open, opened } = gate()
  const { client, broker } = await start(t, {
    before: call =>
      (call.request as { generationId: number }).generationId === 1 ? { kind: 'wait', until: opened } : undefined,
  })
  const answers = [beat(client, 1), beat(client, 2)]
  const other = await broker.connect()
  await beat(other, 3)
  t.same(broker.beats, ['m3'])
  open()
  t.same(
    (await Promise.all(answers)).map(({ errorCode }) => errorCode),
    [1, 2],
  )
  t.same(broker.beats, ['m3', 'm1', 'm2'])
})

t.test('a throttled client is told so at once, and its next request is looked at when the time is over', async t => {
  const { client, broker, clock } = await start(t, {
    after: call => ({ throttleMs: (call.request as { generationId: number }).generationId === 1 ? 500 : 0 }),
  })
  t.match(await beat(client, 1), { errorCode: 1, throttleTimeMs: 500 })
  const next = beat(client, 2)
  const other = await broker.connect()
  await beat(other, 3)
  clock.advance(499)
  await beat(other, 3)
  t.same(broker.beats, ['m1', 'm3', 'm3'])
  clock.advance(1)
  t.match(await next, { errorCode: 2, throttleTimeMs: 0 })
})

t.test('a throttled connection is not idle', async t => {
  const clock = new ManualClock({ immediates: 'real' })
  const interceptors: Interceptor[] = [{ after: () => ({ throttleMs: 5_000 }) }]
  const broker = await FakeBroker.start({ interceptors, clock, limits: { connectionIdleMsMax: 1_000 } })
  t.teardown(() => broker.stop())
  const client = await broker.connect()
  await beat(client, 1)
  clock.advance(4_500)
  const next = beat(client, 2)
  clock.advance(500)
  t.equal((await next).errorCode, 2)
})

t.test('an answer that is delayed holds up those behind it', async t => {
  const { open, opened } = gate()
  const { client, broker } = await start(t, {
    after: call => ((call.request as { generationId: number }).generationId === 1 ? { until: opened } : undefined),
  })
  const answered: number[] = []
  const both = [1, 2].map(async n => answered.push((await beat(client, n)).errorCode))
  await until(() => broker.beats.length === 2)
  t.same(answered, [])
  open()
  await Promise.all(both)
  t.same(answered, [1, 2])
})

t.test('a connection is closed, or hangs', async t => {
  const { broker } = await start(t, {
    before: ({ request }) =>
      (request as { generationId: number }).generationId === 1
        ? { kind: 'close', reason: 'as told' }
        : { kind: 'stall' },
  })
  const closed = await broker.connect()
  await t.rejects(beat(closed, 1), { message: /closed the connection/ })
  t.match(broker.log.join(''), /as told/)
  const stalled = await broker.connect()
  let isAnswered = false
  void beat(stalled, 2).then(
    () => {
      isAnswered = true
    },
    () => {},
  )
  await t.rejects(beat(await broker.connect(), 1))
  t.notOk(isAnswered)
})

t.test('bytes of an answer are seen as they are sent, and may be others, or none', async t => {
  let count = 0
  const { client, broker } = await start(t, {
    encoded: (_call, chunks) => {
      count++
      if (count === 1) return chunks
      return []
    },
  })
  t.equal((await beat(client, 1)).errorCode, 1)
  void beat(client, 2).catch(() => {})
  await until(() => count === 2)
  t.equal(broker.beats.length, 2)
})

t.test('the list may change while the server runs', async t => {
  const interceptors: Interceptor[] = []
  const broker = await FakeBroker.start({ interceptors })
  t.teardown(() => broker.stop())
  const client = await broker.connect()
  t.equal((await beat(client, 1)).errorCode, 1)
  interceptors.push({ before: () => ({ kind: 'answer', response: { throttleTimeMs: 0, errorCode: 77 } }) })
  t.equal((await beat(client, 1)).errorCode, 77)
  interceptors.pop()
  t.equal((await beat(client, 1)).errorCode, 1)
})

t.test('what comes of a wait may be a verdict', async t => {
  const { open, opened } = gate()
  const { client, broker } = await start(t, {
    before: () => ({
      kind: 'wait',
      until: opened.then((): Verdict => ({ kind: 'answer', response: { errorCode: 44 } })),
    }),
  })
  const answer = beat(client, 1)
  open()
  t.equal((await answer).errorCode, 44)
  t.same(broker.beats, [])
})

t.test('a request may take effect twice, and is answered once', async t => {
  const { client, broker } = await start(t, {
    before: ({ request }) => ({ kind: 'twice', copy: { ...request, memberId: 'twin' } }),
  })
  t.equal((await beat(client, 1)).errorCode, 1)
  t.equal((await beat(client, 2)).errorCode, 2)
  t.same(broker.beats, ['twin', 'm1', 'twin', 'm2'])
})

t.test('after an answer the connection is closed, with what was left of it as the last bytes', async t => {
  const { client, broker } = await start(t, {
    after: ({ request }) => ((request as { generationId: number }).generationId === 2 ? { cut: 'close' } : undefined),
    encoded: ({ request }, chunks) => ((request as { generationId: number }).generationId === 2 ? [] : chunks),
  })
  const answers = [1, 2, 3].map(n => beat(client, n))
  t.equal((await answers[0])!.errorCode, 1, 'what came before is answered')
  await t.rejects(answers[1]!, { message: /closed the connection/ })
  await t.rejects(answers[2]!, { message: /closed the connection/ })
  t.same(broker.beats, ['m1', 'm2', 'm3'].slice(0, broker.beats.length))
  t.ok(broker.beats.includes('m2'), 'the request took effect')
})

t.test('after an answer the connection may stay open in silence', async t => {
  const closed: number[] = []
  const { client, broker } = await start(t, {
    after: () => ({ cut: 'stall' }),
    closed: ({ id }) => void closed.push(id),
  })
  t.equal((await beat(client, 1)).errorCode, 1)
  let isAnswered = false
  const over = () => {
    isAnswered = true
  }
  void beat(client, 2).then(over, over)
  const other = await broker.connect()
  await beat(other, 3)
  t.notOk(isAnswered)
  t.same(closed, [])
  await client.close()
  await until(() => closed.length === 1)
})
