/** Clients are held to their quotas: by themselves on a clock that is turned, and by a broker that tells them and has their connections rest. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Broker } from '../../lib/broker.ts'
import { Client, ClientError } from '../../lib/client/client.ts'
import { type Quotas, withQuota } from '../../lib/cluster/quotas.ts'
import { ClientQuotas } from '../../lib/quotas/client-quotas.ts'
import type { CallInfo } from '../../lib/server/interceptor.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { codes } from '../../protocol/errors.ts'
import { AlterClientQuotas } from '../../protocol/messages/alter-client-quotas.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import type { Api } from '../../protocol/schema.ts'
import { wholeRequest } from '../../protocol/whole-request.ts'

const windows = { clients: { count: 11, ms: 1_000 }, controller: { count: 11, ms: 1_000 } }

function quotasOf(entity: readonly (readonly [string, string | null])[], values: Record<string, number>): Quotas {
  return withQuota(new Map(), `quotas/${JSON.stringify(entity)}`, values)
}

/** Calls of one client after the other, and what becomes of them. */
function held(quotas: Quotas) {
  const clock = new ManualClock()
  const heldMs = new Map<string, number>()
  const client = new ClientQuotas(
    () => quotas,
    () => windows,
    clock,
    heldMs,
  )
  const call = (api: Api, { clientId = 'app', request = {}, requestBytes = 0, tookMs = 0 } = {}) => {
    const startMs = clock.monotonicMs()
    const connection = { principal: 'User:alice' }
    const info = {
      ...{ api, clientId, connection, requestBytes, startMs },
      request: { replicaId: -1, replicaState: { replicaId: -1 }, ...request },
    }
    client.before(info as unknown as CallInfo)
    const after = () => client.after(info as unknown as CallInfo, {}, startMs + tookMs)?.throttleMs ?? 0
    return { info: info as unknown as CallInfo, after }
  }
  return { clock, client, call, heldMs }
}

t.test('bytes that are produced', async t => {
  const { clock, call, heldMs } = held(quotasOf([['user', 'alice']], { producer_byte_rate: 1_000 }))
  t.equal(call(Produce, { requestBytes: 10_000 }).after(), 0)
  t.equal(call(Metadata, { requestBytes: 10_000 }).after(), 0, 'other requests do not count')
  t.equal(call(Produce, { requestBytes: 3_000, clientId: 'another of hers' }).after(), 3_000)
  clock.advance(20_000)
  t.equal(call(Produce, { requestBytes: 10_000 }).after(), 0)
  t.same([...heldMs], [['producer_byte_rate', 3_000]])
})

t.test('bytes that are fetched: too many are not given, and do not count', async t => {
  const { client, call } = held(quotasOf([['client-id', null]], { consumer_byte_rate: 1_000 }))
  const fetch = (count: number, request: object = {}) => {
    const { info, after } = call(Fetch, { request: { maxBytes: 50_000_000, ...request } })
    return {
      maxBytes: (info.request as { maxBytes: number }).maxBytes,
      isRefused: client.asked(info, { about: 'fetchedBytes', count } as never),
      throttleMs: after(),
    }
  }
  t.same(fetch(9_000), { maxBytes: 10_000, isRefused: false, throttleMs: 0 })
  t.same(fetch(5_000), { maxBytes: 10_000, isRefused: true, throttleMs: 4_000 })
  t.same(fetch(1_000), { maxBytes: 10_000, isRefused: false, throttleMs: 0 })
  t.match(fetch(90_000, { replicaId: 2 }), { maxBytes: 50_000_000, isRefused: false }, 'a broker is held to nothing')
  t.match(fetch(90_000, { replicaState: { replicaId: 2 } }), { maxBytes: 50_000_000, isRefused: false })
})

t.test('time of the event loop, in percent, for a second at the most', async t => {
  const { client, call } = held(quotasOf([['user', null]], { request_percentage: 10 }))
  t.equal(call(Metadata, { tookMs: 1_000 }).after(), 0, 'a second of ten is ten percent')
  t.equal(call(Metadata, { tookMs: 50 }).after(), 500)
  t.equal(call(Metadata, { tookMs: 900 }).after(), 1_000)
  const waiting = held(quotasOf([['user', null]], { request_percentage: 10 }))
  const { info, after } = waiting.call(Fetch, { request: { maxBytes: 1 }, tookMs: 60_000 })
  waiting.client.handled(info, 1)
  t.equal(after(), 0, 'an answer that waits takes no time')
  t.ok(client.size > 0)
})

t.test('changes of topics: who knows of the refusal is refused, and others rest', async t => {
  const { clock, client, call } = held(quotasOf([['user', 'alice']], { controller_mutation_rate: 1 }))
  const change = (count: number, isStrict: boolean) => {
    const { info, after } = call(CreateTopics)
    return [client.asked(info, { about: 'controllerMutations', count, isStrict } as never), after()]
  }
  t.same(change(20, true), [false, 0])
  t.same(change(1, true), [true, 9_000])
  t.same(change(1, false), [false, 10_000])
  clock.advance(10_000)
  t.same(change(1, true), [false, 0])
})

t.test('whoever names itself in many ways takes no more memory for ever', async t => {
  const { clock, client, call } = held(quotasOf([['client-id', null]], { producer_byte_rate: 1_000 }))
  for (let index = 0; index < 30_000; index++) {
    call(Produce, { clientId: `client ${index}`, requestBytes: 10 }).after()
    clock.advance(20)
  }
  t.ok(client.size <= 2_000, `${client.size} are kept`)
})

async function brokerWith(
  t: Test,
  quotas: readonly (readonly [string, string | null, string, number])[],
  data?: string,
) {
  const broker = await Broker.start({
    port: 0,
    dev: true,
    logLevel: 'error',
    ...(data ? { data } : { ephemeral: true }),
    topics: { a: 1 },
  })
  t.teardown(() => broker.stop())
  const [host, port] = broker.bootstrap.split(':') as [string, string]
  const connect = (clientId: string) => Client.connect({ host, port: Number(port), clientId })
  const admin = await connect('admin')
  t.teardown(() => admin.close())
  const alter = (remove: boolean) =>
    admin.send(AlterClientQuotas, 1, {
      validateOnly: false,
      entries: quotas.map(([entityType, entityName, key, value]) => ({
        entity: [{ entityType, entityName }],
        ops: [{ key, value, remove }],
      })),
    })
  await alter(false)
  return { broker, admin, alter, connect }
}

function produced(size: number) {
  const records = buildBatch({ records: [{ timestamp: 1, key: null, value: Buffer.alloc(size) }] })
  return wholeRequest(Produce, {
    acks: 1,
    timeoutMs: 1_000,
    topicData: [{ name: 'a', partitionData: [{ index: 0, records }] }],
  })
}

t.test('a broker tells a client, has its connection rest, and gives it nothing for the time', async t => {
  const { alter, connect } = await brokerWith(t, [
    ['client-id', 'app', 'producer_byte_rate', 1_000],
    ['client-id', 'reader', 'consumer_byte_rate', 1_000],
  ])
  const app = await connect('app')
  t.match(await app.send(Produce, 9, produced(9_000)), { throttleTimeMs: 0 })
  let sentMs = performance.now()
  let answer = await app.send(Produce, 9, produced(2_000))
  // A process that stood still for a second has less to make up for.
  while (answer.throttleTimeMs === 0) {
    sentMs = performance.now()
    answer = await app.send(Produce, 9, produced(1_000))
  }
  t.ok(answer.throttleTimeMs > 0 && answer.throttleTimeMs < 1_500, `${answer.throttleTimeMs} ms`)
  t.equal(answer.responses[0]!.partitionResponses[0]!.errorCode, 0)
  await app.send(ApiVersions, 0, wholeRequest(ApiVersions, {}))
  t.ok(performance.now() - sentMs >= answer.throttleTimeMs, 'the next request waits')
  await app.close()
  const fetched = wholeRequest(Fetch, {
    ...{ replicaId: -1, maxWaitMs: 0, minBytes: 1, maxBytes: 50_000_000, sessionEpoch: -1 },
    topics: [{ topic: 'a', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] }],
  })
  const first = await connect('reader')
  t.match(await first.send(Fetch, 11, fetched), { throttleTimeMs: 0, responses: [{ partitions: [{ errorCode: 0 }] }] })
  await first.close()
  const second = await connect('reader')
  const nothing = await second.send(Fetch, 11, fetched)
  t.ok(nothing.throttleTimeMs > 0)
  t.same(nothing.responses, [])
  await second.close()
  await alter(true)
  const third = await connect('reader')
  t.match(
    await third.send(Fetch, 11, fetched),
    { throttleTimeMs: 0, responses: [{ topic: 'a' }] },
    'without quotas nobody rests',
  )
  await third.close()
})

t.test('quotas hold from the first request on after a restart', async t => {
  const data = join(t.testdir(), 'data')
  mkdirSync(data)
  const { broker } = await brokerWith(t, [['user', null, 'controller_mutation_rate', 1]], data)
  await broker.stop()
  const { broker: again, admin, connect } = await brokerWith(t, [], data)
  const client = await connect('app')
  const make = (name: string, numPartitions: number) =>
    client.send(
      CreateTopics,
      6,
      wholeRequest(CreateTopics, { timeoutMs: 1_000, topics: [{ name, numPartitions, replicationFactor: 1 }] }),
    )
  t.match(await make('many', 40), { topics: [{ errorCode: 0 }] })
  const refused = await make('more', 1)
  t.match(refused, { topics: [{ errorCode: codes.THROTTLING_QUOTA_EXCEEDED }] })
  t.ok(refused.throttleTimeMs > 0)
  await client.close()
  await admin.close()
  await again.stop()
})

t.test('connections of an address come in at its rate, and others are closed', async t => {
  const { alter, connect } = await brokerWith(t, [['ip', '127.0.0.1', 'connection_creation_rate', 1]])
  const come = async () => {
    const client = await connect('app')
    try {
      await client.send(ApiVersions, 0, wholeRequest(ApiVersions, {}))
      return true
    } catch (error) {
      if (error instanceof ClientError) return false
      throw error
    } finally {
      await client.close()
    }
  }
  const came = (await Promise.all(Array.from({ length: 100 }, come))).filter(Boolean).length
  t.ok(came >= 10 && came < 100, `${came} came`)
  await alter(true)
  t.same(
    await Promise.all(Array.from({ length: 20 }, come)),
    Array.from({ length: 20 }, () => true),
  )
})
