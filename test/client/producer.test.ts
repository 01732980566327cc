/** A producer beside a real broker: what it sends is there, once and in order, whatever becomes of connections and answers. */
import t from 'tap'
import { Admin } from '../../lib/admin/admin.ts'
import { listOffsets, offsetSpecs } from '../../lib/admin/offsets.ts'
import { seededRandom } from '../../lib/base/random.ts'
import type { Connection } from '../../lib/client/connections.ts'
import { Partitioner } from '../../lib/client/partitioner.ts'
import { type Delivery, Producer } from '../../lib/client/producer.ts'
import type { Routes } from '../../lib/client/routes.ts'
import { partitionOfRecordKey } from '../../lib/contents/partition-of-key.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { ClusterOfOne, recordOf } from './cluster-of-one.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index))

t.test('records are there in order, with each codec and each kind of acks', async t => {
  const cluster = await ClusterOfOne.start(t, { a: 1 })
  const told: Delivery[] = []
  let offset = 0
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    await cluster.produce('a', numbers(500), { compression, delivered: each => told.push(each), batchBytesMax: 2_000 })
    t.equal(told[0]!.baseOffset, offset)
    offset += told.splice(0).reduce((sum, { records }) => sum + records.length, 0)
  }
  for (const acks of [0, 1] as const) await cluster.produce('a', numbers(500), { acks })
  const values = await cluster.valuesOf('a', 3_500)
  t.same(
    values,
    Array.from({ length: 3_500 }, (_, index) => `0@${index} ${index % 500}`),
  )
})

t.test('keys choose the partition as in Java, and records without one are spread by the batch', async t => {
  const view = { name: 'a', topicId: '', errorCode: 0, isInternal: false, partitions: partitionsOf(3) }
  const partitioner = new Partitioner(seededRandom(1), 100)
  t.same(
    ['a', 'b', 'orders', ''].map(key => partitioner.partitionOf(view, Buffer.from(key), 10)),
    ['a', 'b', 'orders', ''].map(key => partitionOfRecordKey(Buffer.from(key), 3)),
  )
  const chosen = Array.from({ length: 400 }, () => partitioner.partitionOf(view, null, 10))
  t.same([...new Set(chosen)].sort(), [0, 1, 2])
  const runs = Array.from({ length: 40 }, (_, run) => new Set(chosen.slice(10 * run, 10 * run + 10)).size)
  t.same(new Set(runs), new Set([1]))
})

function partitionsOf(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    ...{ index, errorCode: 0, leader: 1, leaderEpoch: 0, replicas: [1], isr: [1], offlineReplicas: [] },
  }))
}

type Trouble = 'lost before' | 'lost after' | 'refused' | 'none'

/** Ways on which requests to produce and their answers are lost, or are refused for good. */
function troubled(routes: Routes, trouble: (call: number) => Trouble): Routes {
  let calls = 0
  const wrapped = new WeakMap<Connection, Connection>()
  return Object.create(routes, {
    clock: { value: routes.clock },
    random: { value: routes.random },
    ask: { value: routes.ask.bind(routes) },
    again: { value: routes.again.bind(routes) },
    drop: { value: () => undefined },
    connectionTo: {
      value: async (...args: Parameters<Routes['connectionTo']>) => {
        const connection = await routes.connectionTo(...args)
        const known = wrapped.get(connection)
        if (known) return known
        const bad = {
          ask: async (api: unknown, ...rest: unknown[]) => {
            const ask = () => (connection.ask as (...all: unknown[]) => Promise<unknown>)(api, ...rest)
            if (api !== Produce) return ask()
            const what = trouble(calls++)
            if (what === 'lost before') throw new Error('the connection broke')
            if (what === 'refused') return { responses: [{ name: 'a', partitionResponses: [refusal] }] }
            const answer = await ask()
            if (what === 'lost after') throw new Error('the connection broke')
            return answer
          },
        } as unknown as Connection
        wrapped.set(connection, bad)
        return bad
      },
    },
  })
}

const refusal = { index: 0, errorCode: codes.INVALID_RECORD, errorMessage: null, baseOffset: -1 }

t.test('requests and answers that are lost neither lose nor double nor reorder a record', async t => {
  const cluster = await ClusterOfOne.start(t, { a: 1 })
  for (const seed of [1, 2, 3]) {
    const random = seededRandom(seed)
    const routes = troubled(
      cluster.admin,
      () => (['lost before', 'lost after', 'none', 'none'] as const)[random.int(4)]!,
    )
    const errors: Error[] = []
    const producer = new Producer({
      ...{ routes, batchBytesMax: 500, retryBackoffMs: 1 },
      delivered: ({ error }) => {
        if (error) errors.push(error)
      },
    })
    await producer.find('a')
    for (const value of numbers(2_000)) producer.send('a', recordOf(value))
    await producer.close()
    t.same(errors, [])
  }
  const values = await cluster.valuesOf('a', 6_000)
  t.same(
    values,
    Array.from({ length: 6_000 }, (_, index) => `0@${index} ${index % 2_000}`),
  )
})

t.test('where the first request is lost, none that follows it takes its place', async t => {
  const cluster = await ClusterOfOne.start(t, { a: 1 })
  const routes = troubled(cluster.admin, call => (call === 0 ? 'lost before' : 'none'))
  const delivered = ({ error }: Delivery) => void t.equal(error, null)
  const producer = new Producer({ ...{ routes, batchBytesMax: 500, retryBackoffMs: 1 }, delivered })
  await producer.find('a')
  for (const value of numbers(200)) producer.send('a', recordOf(value))
  await producer.close()
  const values = await cluster.valuesOf('a', 200)
  t.same(
    values,
    numbers(200).map(value => `0@${value} ${value}`),
  )
})

t.test('what is under way behind a batch that is given up is sent again', async t => {
  const cluster = await ClusterOfOne.start(t, { a: 1 })
  const routes = troubled(cluster.admin, call => (call === 2 ? 'refused' : 'none'))
  const told: Delivery[] = []
  const delivered = (each: Delivery) => void told.push(each)
  const producer = new Producer({ ...{ routes, batchBytesMax: 500, retryBackoffMs: 1 }, delivered })
  await producer.find('a')
  for (const value of numbers(200)) producer.send('a', recordOf(value))
  await producer.close()
  const failed = told.filter(({ error }) => error !== null)
  t.match(failed, [{ error: { code: codes.INVALID_RECORD } }])
  t.equal(failed.length, 1)
  const lost = new Set(failed.flatMap(({ records }) => records.map(({ value }) => value!.toString())))
  const values = await cluster.valuesOf('a', 200 - lost.size)
  t.same(
    values.map(text => text.split(' ')[1]),
    numbers(200).filter(value => !lost.has(value)),
  )
})

t.test('what is given up is told, and what follows is sent in another epoch', async t => {
  const cluster = await ClusterOfOne.start(t, { a: 1 }, { 'message.max.bytes': '1000' })
  const told: Delivery[] = []
  const producer = await cluster.producer('a', { delivered: each => told.push(each), batchBytesMax: 10_000 })
  producer.send('a', recordOf('first'))
  await producer.flush()
  producer.send('a', recordOf('x'.repeat(5_000)))
  await producer.flush()
  for (const value of numbers(200)) producer.send('a', recordOf(value))
  await producer.flush()
  const failed = told.filter(({ error }) => error !== null)
  t.match(failed, [{ error: { code: codes.MESSAGE_TOO_LARGE }, records: [{}] }])
  const values = await cluster.valuesOf('a', 201)
  t.same(
    values.map(text => text.split(' ')[1]),
    ['first', ...numbers(200)],
    'a batch that is too large is divided',
  )
})

t.test('there is no room beyond the bound until something is confirmed', async t => {
  const cluster = await ClusterOfOne.start(t, { a: 1 })
  const producer = await cluster.producer('a', { bufferBytesMax: 1_000, lingerMs: 60_000 })
  let sent = 0
  while (producer.send('a', recordOf('x'.repeat(86)))) sent++
  t.equal(sent, 9)
  await producer.room()
  t.equal(producer.send('a', recordOf('x')), true)
  await producer.close()
})

t.test('a batch is waited for in whole milliseconds, by which timers tick', async t => {
  const { broker } = await ClusterOfOne.start(t, { a: 1 })
  const clock = new ManualClock({ immediates: 'real' })
  const routes = new Admin({ bootstrap: [broker.bootstrap], clock, network: systemNetwork, random: seededRandom(1) })
  t.teardown(() => routes.close())
  let told = (_delivery: Delivery) => {}
  const delivered = new Promise<Delivery>(resolve => {
    told = resolve
  })
  const producer = new Producer({ routes, lingerMs: 5, delivered: each => told(each) })
  t.teardown(() => producer.destroy())
  await producer.find('a')
  clock.advance(0.75 - (clock.monotonicMs() % 1))
  producer.send('a', recordOf('x'))
  const wholeMs = Math.floor(clock.monotonicMs())
  t.equal(clock.nextTimerMs - clock.now(), 4.25, 'it is due as the fifth millisecond begins')
  clock.advance(4.25)
  t.equal(clock.monotonicMs(), wholeMs + 5)
  t.match(await delivered, { error: null })
})

t.test('transactions are seen whole or not at all, with the offsets that belong to them', async t => {
  const cluster = await ClusterOfOne.start(t, { a: 2 })
  const producer = await cluster.producer('a', { transactionalId: 'tx' })
  await producer.begin()
  producer.send('a', recordOf('kept'), 0)
  producer.send('a', recordOf('kept'), 1)
  await producer.sendOffsets('g', [{ topic: 'a', partition: 0, offset: 7 }])
  await producer.commit()
  await producer.begin()
  producer.send('a', recordOf('dropped'), 0)
  await producer.flush()
  await producer.abort()
  await producer.begin()
  await producer.commit()
  const [open] = await listOffsets(cluster.admin, [{ topic: 'a', partition: 0 }], offsetSpecs.latest, {
    committedOnly: true,
  })
  t.equal(open!.value.offset, 4, 'two records, each with its marker')
  const { groupOffsets } = await import('../../lib/admin/groups.ts')
  t.match(await groupOffsets(cluster.admin, 'g'), [{ topic: 'a', partition: 0, value: { offset: 7 } }])
  const values = await cluster.valuesOf('a', 2, { isolationLevel: 'read_committed' })
  t.same(values.sort(), ['0@0 kept', '1@0 kept'])
})

t.test('a producer that was fenced says so', async t => {
  const cluster = await ClusterOfOne.start(t, { a: 1 })
  const old = await cluster.producer('a', { transactionalId: 'tx' })
  await old.begin()
  old.send('a', recordOf('one'))
  await old.flush()
  const young = await cluster.producer('a', { transactionalId: 'tx' })
  await young.begin()
  old.send('a', recordOf('two'))
  await t.rejects(old.commit(), KafkaError)
  young.send('a', recordOf('three'))
  await young.commit()
  t.same(await cluster.valuesOf('a', 1, { isolationLevel: 'read_committed' }), ['0@2 three'])
})
