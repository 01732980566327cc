/** The trace: what clients asked and were answered, in words, and why errors were given. */
import t from 'tap'
import { lineInWords, TracedBroker, type TraceLine } from '../../lib/testing.ts'
import { Bench, send } from './kafkajs.ts'

/** Lines about an API, without those of other clients. */
function about(lines: readonly TraceLine[], api: string, kind?: TraceLine['kind']): TraceLine[] {
  return lines.filter(line => line.api === api && (kind === undefined || line.kind === kind))
}

t.test('a request and its answer are told in words, and a fault as what it is', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const producer = await bench.producer()
  kit.fault({ api: 'Produce', times: 1 }, { error: 'NOT_ENOUGH_REPLICAS' })
  const before = kit.trace.last
  await send(producer, 1, 'a', 'b')
  const lines = about(kit.trace.since(before), 'Produce')
  t.match(lines, [
    { kind: 'request', clientId: 'app', text: /^2 records to orders-1, acks all/ },
    { kind: 'fault', text: /^fault 1: Produce 1 times: NOT_ENOUGH_REPLICAS$/ },
    { kind: 'answer', errors: ['NOT_ENOUGH_REPLICAS'], text: 'orders-1: NOT_ENOUGH_REPLICAS' },
    { kind: 'request' },
    { kind: 'answer', text: 'orders-1 at 0', tookMs: Number },
  ])
  t.equal(lines[0]!.correlationId, lines[2]!.correlationId)
  t.same(
    lines.map(({ number }) => number),
    lines.map(({ number }) => number).sort((a, b) => a - b),
  )
  t.match(
    lineInWords(lines[2]!),
    /^\d\d:\d\d:\d\d\.\d{3} ← \d+ app {2}Produce v\d+ #\d+: orders-1: NOT_ENOUGH_REPLICAS {2}[\d.]+ ms$/,
  )
  await bench.consumer()
  await kit.group('g').caughtUp()
  t.ok(about(kit.trace.since(), 'Fetch', 'answer').some(({ text }) => /^\d+ bytes of orders-1$/.test(text)))
  t.ok(about(kit.trace.since(), 'OffsetCommit', 'request').some(({ text }) => /^group g: orders-1 at 2/.test(text)))
  t.ok(about(kit.trace.since(), 'JoinGroup', 'answer').some(({ text }) => /leads 1 members, generation 1/.test(text)))
})

t.test('who is fenced is told by whom', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const transactional = { transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1, retry: { retries: 1 } }
  const old = await bench.producer(transactional, { clientId: 'client-a' })
  const first = await old.transaction()
  await first.send({ topic: 'orders', messages: [{ partition: 0, value: 'a' }] })
  const anew = await bench.producer(transactional, { clientId: 'client-b' })
  await anew.transaction()
  const before = kit.trace.last
  await t.rejects(first.send({ topic: 'orders', messages: [{ partition: 0, value: 'b' }] }))
  const fenced = kit.trace.since(before).find(({ cause }) => cause !== undefined)
  t.match(fenced?.cause, /^producer epoch 0 < \d, as client-b \(connection \d+\) began anew$/)
  t.match(lineInWords(fenced!), /\(producer epoch 0 < /)
})

t.test('a rebalance is told by whose coming it was', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  await bench.consumer({}, { clientId: 'first' })
  await kit.group('g').ready(1)
  await bench.consumer({}, { clientId: 'second' })
  await kit.group('g').ready(2)
  const beats = about(kit.trace.since(), 'Heartbeat', 'answer').filter(({ errors }) =>
    errors?.includes('REBALANCE_IN_PROGRESS'),
  )
  t.match(beats[0]?.cause, /^the members of g gather anew, as second \(connection \d+\) joins( again)?$/)
})

t.test('a broker that is not for tests tells of its clients, too', async t => {
  const lines: TraceLine[] = []
  await using broker = await TracedBroker.trace(
    { port: 0, ephemeral: true, topics: { orders: 1 } },
    line => void lines.push(line),
  )
  const { default: kafkajs } = await import('kafkajs')
  const admin = new kafkajs.Kafka({ brokers: [broker.bootstrap], logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.fetchTopicOffsets('orders')
  await admin.disconnect()
  t.match(about(lines, 'ListOffsets'), [{ kind: 'request', text: 'orders-0' }, { kind: 'answer' }])
})

t.test('nothing is traced before somebody asks', async t => {
  const bench = await Bench.start(t, { trace: false, http: 0 })
  const { kit } = bench
  const producer = await bench.producer()
  await send(producer, 0, 'before')
  const cluster = await kit.cluster('apart')
  const answer = await fetch(`http://${kit.http}/testing/clusters/apart/trace`)
  t.same(await answer.json(), { lines: [], last: 0 })
  await cluster.topic('orders').produce(['not by a client'])
  t.same(kit.trace.since(), [])
  await send(producer, 0, 'after')
  const apis = new Set(kit.trace.since().map(({ api }) => api))
  t.same([...apis], ['Produce'])
})
