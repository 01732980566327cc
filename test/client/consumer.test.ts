/** A consumer beside a real broker: from where it begins, what it sees, and how a group shares partitions. */
import t from 'tap'
import { deleteRecords } from '../../lib/admin/offsets.ts'
import { createPartitions, createTopics } from '../../lib/admin/topics.ts'
import { assignors } from '../../lib/client/assignors.ts'
import type { Connection } from '../../lib/client/connections.ts'
import { type Consumer, recordsOf } from '../../lib/client/consumer.ts'
import type { Routes } from '../../lib/client/routes.ts'
import { codes } from '../../protocol/errors.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import type { ClientResponseOf } from '../../protocol/schema.ts'
import { ClusterOfOne, recordOf, values } from './cluster-of-one.ts'

t.test('it begins at an offset, at either end, or at a time', async t => {
  const cluster = await ClusterOfOne.start(t, { a: 1 })
  const producer = await cluster.producer('a')
  for (const [index, value] of ['zero', 'one', 'two'].entries())
    producer.send('a', { ...recordOf(value), timestamp: 1_000 * index })
  await producer.flush()
  for (const [start, first] of [
    [1, '0@1 one'],
    ['earliest', '0@0 zero'],
    [{ timeMs: 1_500 }, '0@2 two'],
  ] as const) {
    const consumer = cluster.consumer()
    await consumer.assign([{ topic: 'a', partition: 0, start }])
    t.equal((await values(consumer, 1))[0], first)
  }
  const late = cluster.consumer()
  await late.assign([{ topic: 'a', partition: 0, start: 'latest' }])
  await late.wait(300)
  t.equal(late.take(), null)
  producer.send('a', recordOf('three'))
  t.same(await values(late, 1), ['0@3 three'])
})

t.test('a position that is out of range is reset, or is an error where nothing says how', async t => {
  const cluster = await ClusterOfOne.start(t, { a: 1 })
  await cluster.produce('a', ['0', '1', '2', '3'])
  await deleteRecords(cluster.admin, [{ topic: 'a', partition: 0, offset: 2 }])
  const resetting = cluster.consumer({ reset: 'earliest' })
  await resetting.assign([{ topic: 'a', partition: 0, start: 0 }])
  t.same(await values(resetting, 2), ['0@2 2', '0@3 3'])
  const strict = cluster.consumer({ reset: null })
  await strict.assign([{ topic: 'a', partition: 0, start: 0 }])
  await t.rejects(values(strict, 1), { code: codes.OFFSET_OUT_OF_RANGE })
})

t.test('records of aborted transactions are hidden from those who read what is committed', async t => {
  const cluster = await ClusterOfOne.start(t, { a: 1 })
  const producer = await cluster.producer('a', { transactionalId: 'tx' })
  const expected: string[] = []
  let offset = 0
  for (let round = 0; round < 10; round++) {
    await producer.begin()
    producer.send('a', recordOf(String(round)))
    await producer.flush()
    if (round % 3 === 0) expected.push(`0@${offset} ${round}`)
    if (round % 3 === 0) await producer.commit()
    else await producer.abort()
    offset += 2
  }
  t.same(await cluster.valuesOf('a', expected.length, { isolationLevel: 'read_committed' }), expected)
  t.equal((await cluster.valuesOf('a', 10)).length, 10)
})

t.test('topics and partitions that come later are found', async t => {
  const cluster = await ClusterOfOne.start(t, { 'in-a': 1, out: 1 })
  const consumer = cluster.consumer({ metadataMaxAgeMs: 50 })
  await consumer.subscribe({ includes: name => name.startsWith('in-') })
  await cluster.produce('in-a', ['first'])
  await cluster.produce('out', ['unseen'])
  t.same(await values(consumer, 1), ['0@0 first'])
  await createTopics(cluster.admin, [{ name: 'in-b' }])
  await createPartitions(cluster.admin, { 'in-a': { count: 2 } })
  await cluster.produce('in-b', ['second'])
  t.same(await values(consumer, 1), ['0@0 second'])
  await cluster.produce('in-a', ['third'], {}, 1)
  t.same(await values(consumer, 1), ['1@0 third'])
})

t.test('little is held of what nobody takes', async t => {
  const cluster = await ClusterOfOne.start(t, { a: 4 })
  const value = 'x'.repeat(1_000)
  for (let partition = 0; partition < 4; partition++)
    await cluster.produce('a', Array(400).fill(value), { batchBytesMax: 5_000 }, partition)
  const counted = { bytes: 0 }
  const routes = countingFetches(cluster.admin, counted)
  const consumer = cluster.consumer({ routes, bufferBytesMax: 50_000, partitionMaxBytes: 20_000, maxBytes: 40_000 })
  await consumer.subscribe({ topics: ['a'] })
  await until(() => counted.bytes >= 50_000)
  // What else was to be fetched would be asked for before these answers.
  for (let round = 0; round < 20; round++) await cluster.admin.metadata()
  t.ok(counted.bytes < 90_000, `${counted.bytes} bytes were fetched`)
  t.equal((await values(consumer, 1_600)).length, 1_600)
})

/** Ways on which the bytes of records are counted. */
function countingFetches(routes: Routes, counted: { bytes: number }): Routes {
  const connectionTo = async (...args: Parameters<Routes['connectionTo']>) => {
    const connection = await routes.connectionTo(...args)
    const ask = async (api: unknown, ...rest: unknown[]) => {
      const answer = await (connection.ask as (...all: unknown[]) => Promise<unknown>)(api, ...rest)
      if (api !== Fetch) return answer
      const { responses } = answer as ClientResponseOf<typeof Fetch>
      for (const { partitions } of responses)
        for (const { records } of partitions) counted.bytes += (records as Buffer | null)?.length ?? 0
      return answer
    }
    return { ask } as unknown as Connection
  }
  return Object.create(routes, {
    clock: { value: routes.clock },
    random: { value: routes.random },
    ask: { value: routes.ask.bind(routes) },
    again: { value: routes.again.bind(routes) },
    drop: { value: () => undefined },
    connectionTo: { value: connectionTo },
  })
}

/** Consumes and commits until it is closed. */
class Worker {
  readonly seen: string[] = []
  readonly consumer: Consumer
  partitions: readonly number[] = []
  #isEnded = false
  #done: Promise<void> | null = null
  readonly #positions = new Map<number, number>()

  constructor(cluster: ClusterOfOne, assignor: string) {
    this.consumer = cluster.consumer({
      group: {
        groupId: 'g',
        heartbeatMs: 20,
        assignors: [assignor],
        revoking: () => this.#commit(),
        assigned: partitions => {
          this.#positions.clear()
          this.partitions = partitions.map(({ partition }) => partition)
        },
      },
    })
  }

  async start(): Promise<this> {
    await this.consumer.subscribe({ topics: ['a'] })
    this.#done = this.#run()
    return this
  }

  async end(): Promise<void> {
    this.#isEnded = true
    this.consumer.wake()
    await this.#done
    await this.consumer.close()
  }

  async #run(): Promise<void> {
    while (!this.#isEnded) {
      const batch = this.consumer.take()
      if (batch === null) {
        await this.consumer.wait(100)
        continue
      }
      for (const { offset, value } of recordsOf(batch)) this.seen.push(`${batch.partition}@${offset} ${value}`)
      this.#positions.set(batch.partition, batch.nextOffset)
    }
  }

  #commit(): Promise<void> {
    return this.consumer.commit([...this.#positions].map(([partition, offset]) => ({ topic: 'a', partition, offset })))
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 5))
}

for (const assignor of Object.keys(assignors)) {
  t.test(`members of a group share partitions by ${assignor}, and go on where others left off`, async t => {
    const cluster = await ClusterOfOne.start(t, { a: 4 })
    const one = await new Worker(cluster, assignor).start()
    await until(() => one.partitions.length === 4)
    for (let partition = 0; partition < 4; partition++) await cluster.produce('a', ['0', '1'], {}, partition)
    await until(() => one.seen.length === 8)
    const two = await new Worker(cluster, assignor).start()
    await until(() => one.partitions.length === 2 && two.partitions.length === 2)
    t.same([...one.partitions, ...two.partitions].sort(), [0, 1, 2, 3])
    for (let partition = 0; partition < 4; partition++) await cluster.produce('a', ['2'], {}, partition)
    await until(() => one.seen.length + two.seen.length === 12)
    t.equal(two.seen.length, 2, 'what was committed does not come again')
    await one.end()
    await until(() => two.partitions.length === 4)
    for (let partition = 0; partition < 4; partition++) await cluster.produce('a', ['3'], {}, partition)
    await until(() => one.seen.length + two.seen.length === 16)
    await two.end()
    t.equal(new Set([...one.seen, ...two.seen]).size, 16, 'each once')
  })
}

t.test('assignors divide as Kafka’s do', async t => {
  const subscribers = [
    { memberId: 'b', topics: ['x', 'y'] },
    { memberId: 'a', topics: ['x'] },
    { memberId: 'c', topics: ['x', 'y'] },
  ]
  const counts = new Map([
    ['y', 3],
    ['x', 4],
  ])
  const shares = (name: string) =>
    Object.fromEntries(
      [...assignors[name]!(subscribers, counts)].map(([id, all]) => [
        id,
        all
          .map(({ topic, partition }) => `${topic}${partition}`)
          .sort()
          .join(' '),
      ]),
    )
  t.same(shares('range'), { a: 'x0 x1', b: 'x2 y0 y1', c: 'x3 y2' })
  t.same(shares('roundrobin'), { a: 'x0 x3', b: 'x1 y0 y2', c: 'x2 y1' })
})
