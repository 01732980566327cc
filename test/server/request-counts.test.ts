/** What is counted on a request's way. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { boundsSeconds, TimeHistogram, ticksOf } from '../../lib/base/time-histogram.ts'
import type { Client } from '../../lib/client/client.ts'
import { produced as counted, fetched } from '../../lib/partitions/traffic.ts'
import { ApiCounts, RequestCounts } from '../../lib/server/request-counts.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import type { Api } from '../../protocol/schema.ts'
import { FakeBroker, until } from './fake-broker.ts'

const beat = (client: Client, groupId: string, generationId: number, memberId = 'm') =>
  client.send(Heartbeat, 4, { groupId, generationId, memberId })

async function start(t: Test) {
  const clock = new ManualClock({ immediates: 'real' })
  const broker = await FakeBroker.start({ clock })
  t.teardown(() => broker.stop())
  return { broker, clock, client: await broker.connect() }
}

const of = ({ server }: FakeBroker, name: string) => [...server.counts.all()].find(counts => counts.name === name)!

t.test('requests are counted by what their answers say, also those that are refused', async t => {
  const { broker, client } = await start(t)
  for (const generation of [0, 0, 0, 22, 0, 25, 22]) await beat(client, 'g', generation)
  await beat(client, 'refused', 30)
  const counts = of(broker, 'Heartbeat')
  const byError = new Map(counts.byError())
  t.equal(byError.get(0), 4)
  t.equal(byError.get(22), 2)
  t.equal(byError.get(25), 1)
  t.equal(byError.get(30), 1)
  t.equal(
    [...byError.values()].reduce((a, b) => a + b),
    counts.times.count,
  )
  t.equal(counts.times.count, 8)
  t.same([...broker.server.connectionsByListener()], [['PLAINTEXT', 1]])
})

t.test('the time goes from when a request is there to its answer', async t => {
  const { broker, client, clock } = await start(t)
  const answered = beat(client, 'held', 0)
  await until(() => broker.beats.length === 1)
  clock.advance(200)
  broker.release('m')
  await answered
  await beat(client, 'g', 0)
  const { times } = of(broker, 'Heartbeat')
  t.equal(times.sumSeconds, 0.2)
  const cumulative = times.cumulative()
  t.equal(cumulative[boundsSeconds.indexOf(0.1)], 1)
  t.equal(cumulative[boundsSeconds.indexOf(0.25)], 2)
  t.ok(broker.server.counts.queueTimes.count >= 2)
  t.equal(broker.server.counts.queueTimes.sumSeconds, 0)
})

t.test('the first error counts, wherever an answer says it', async t => {
  const errors = (api: unknown, response: object) => {
    const counts = new ApiCounts(api as Api)
    counts.add(response, 0)
    return [...counts.byError()].map(([code]) => code)
  }
  const produced = (errorCode: number) => ({
    responses: [
      { partitionResponses: [{ index: 0, errorCode: 0 }] },
      { partitionResponses: [{ index: 1, errorCode }] },
    ],
  })
  t.same(errors(Produce, produced(0)), [0])
  t.same(errors(Produce, produced(6)), [6])
  t.same(errors(Fetch, { errorCode: 0, responses: [{ partitions: [{ errorCode: 1 }, { errorCode: 3 }] }] }), [1])
  t.same(errors(Fetch, { errorCode: 70, responses: [] }), [70])
  t.same(errors(Metadata, { topics: [{ errorCode: -1, partitions: null }] }), [-1])
  t.same(errors(Metadata, { topics: [{ partitions: [{ errorCode: 5 }] }] }), [5])
  t.same(errors(Heartbeat, {}), [0], 'what is left out is its default')
})

t.test('times are told by bounds, and one beyond them all', async t => {
  const times = new TimeHistogram()
  for (const seconds of [0, 0.0001, 0.00011, 1, 1_000]) times.add(Math.round(seconds * 100_000))
  times.add(-5)
  t.equal(times.count, 6)
  const cumulative = times.cumulative()
  t.equal(cumulative[0], 3, 'a bound belongs to its bucket')
  t.equal(cumulative[1], 4)
  t.equal(cumulative[boundsSeconds.indexOf(1)], 5)
  t.equal(cumulative[boundsSeconds.length], 6)
  t.equal(times.sumSeconds, 1_001.00021)
  t.equal((ticksOf(400 * 86_400_000 + 1_500) - ticksOf(400 * 86_400_000)) | 0, 150_000, 'also after a year')
})

t.test('a request costs one look at the clock more than its turn of the event loop', async t => {
  let looks = 0
  const clock = {
    ...systemClock,
    monotonicMs: () => {
      looks++
      return systemClock.monotonicMs()
    },
  }
  const broker = await FakeBroker.start({ clock })
  t.teardown(() => broker.stop())
  const client = await broker.connect()
  for (let n = 0; n < 10; n++) await beat(client, 'g', 0)
  looks = 0
  for (let n = 0; n < 100; n++) await beat(client, 'g', 0)
  t.ok(looks <= 220, `${looks} looks for 100 requests, each in a turn of its own`)
  looks = 0
  await Promise.all(Array.from({ length: 100 }, () => beat(client, 'g', 0)))
  t.ok(looks >= 100, 'each is timed by itself')
  t.ok(looks <= 120, `${looks} looks for 100 requests at once`)
})

/** Bytes on the heap that each of many calls takes, once it is compiled. */
function heapBytesOf(run: (index: number) => void): number {
  const times = 100_000
  const loop = () => {
    for (let index = 0; index < times; index++) run(index)
  }
  for (let i = 0; i < 10; i++) loop()
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const before = process.memoryUsage().heapUsed
  loop()
  return (process.memoryUsage().heapUsed - before) / times
}

t.test('counting the traffic of a partition allocates nothing, beyond what fits into a small integer too', async t => {
  const partition = { traffic: null }
  const bytes = heapBytesOf(() => {
    counted(partition, 100_000, 7)
    fetched(partition, 100_000, false)
    fetched(partition, 100_000, true)
  })
  t.ok(bytes < 8, `${bytes} bytes a request, where a number on the heap has 16`)
  t.match(partition.traffic, { bytesIn: 1.1e11, recordsIn: 7_700_000, bytesOut: 1.1e11, replicationBytesOut: 1.1e11 })
})

t.test('counting allocates nothing', async t => {
  // What Node's own clock gives is a number on the heap before Node 26.
  const counts = new RequestCounts({ ...systemClock, monotonicMs: () => 12_345.678 })
  const answer = { responses: [{ partitionResponses: [{ index: 0, errorCode: 0 }] }] }
  const bytes = heapBytesOf(index => {
    counts.began(index & 1023)
    counts.answered(Produce as unknown as Api, index & 1023, answer)
  })
  t.ok(bytes < 8, `${bytes} bytes a request, where a number on the heap has 16`)
  t.equal(counts.queueTimes.count, 1_100_000)
})
