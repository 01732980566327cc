/** What becomes of requests that handlers refuse, and of handlers with bugs, by both ways of receiving bytes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { Client } from '../../lib/client/client.ts'
import type { ReceivePath } from '../../lib/network/tcp-wire.ts'
import { codes } from '../../protocol/errors.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { FakeBroker, until } from './fake-broker.ts'

const paths: readonly ReceivePath[] = ['slab', 'events']

/** Runs a test by both ways of receiving, each with a broker of its own. */
function byBothPaths(name: string, run: (t: Test, broker: FakeBroker) => Promise<void>): void {
  for (const receivePath of paths) {
    t.test(`${name} (${receivePath})`, async t => {
      const broker = await FakeBroker.start({ receivePath })
      t.teardown(() => broker.stop())
      await run(t, broker)
    })
  }
}

const beat = (client: Client, memberId: string, groupId = 'g', generationId = 0) =>
  client.send(Heartbeat, 4, { groupId, generationId, memberId })

function produceRequest(records: Buffer, acks = 1) {
  return {
    acks,
    timeoutMs: 1000,
    topicData: [{ name: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitionData: [{ index: 0, records }] }],
  }
}

byBothPaths(
  'a request that a handler refuses, now or later, is answered in the form of its API, and the connection goes on',
  async (t, broker) => {
    const client = await broker.connect()
    for (const group of ['refused', 'refused later', 'refused at last']) {
      t.equal((await beat(client, 'm', group, 31)).errorCode, 31, group)
    }
    t.equal((await beat(client, 'm', 'g', 7)).errorCode, 7)
    t.same(broker.bugs, [])
    t.match(
      broker.log.join(''),
      /INFO {2}server request refused api=Heartbeat version=4 code=CLUSTER_AUTHORIZATION_FAILED reason="so it is"/,
    )
  },
)

byBothPaths('whoever wants no answer learns of a refusal by the end of the connection', async (t, broker) => {
  broker.refuseProduce = true
  const client = await broker.connect()
  const refused = await client.send(Produce, 9, produceRequest(Buffer.alloc(0)))
  t.match(refused.responses[0]?.partitionResponses[0], { index: 0, errorCode: 31, baseOffset: -1 })
  client.send(Produce, 9, produceRequest(Buffer.alloc(0), 0)).catch(() => {})
  await until(() => broker.server.connections === 0)
  t.match(broker.log.join(''), /connection closed reason="Produce that was refused: not today"/)
})

byBothPaths('an answer that cannot be encoded is a refusal of its request, and of no other', async (t, broker) => {
  const [client, other] = [await broker.connect(), await broker.connect()]
  const inFile = { length: 1_500_000_000, fd: -1, position: 0, read: () => 0 }
  broker.records = () => [inFile, inFile]
  const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 1, topics: [], forgottenTopicsData: [] }
  const held = beat(client, 'before', 'held', 1)
  const refused = client.send(Fetch, 12, request)
  const after = beat(client, 'after', 'g', 2)
  await until(() => broker.beats.length === 2)
  broker.release('before')
  t.equal((await held).errorCode, 1)
  t.match(await refused, { errorCode: codes.UNKNOWN_SERVER_ERROR, responses: [] })
  t.equal((await after).errorCode, 2)
  t.equal((await beat(other, 'm', 'g', 3)).errorCode, 3)
  t.equal(broker.released, 1)
  t.same(broker.bugs, [])
  t.match(broker.log.join(''), /ERROR server Fetch version 12: the answer cannot be encoded error="MessageSizeError/)
})

byBothPaths('a handler with a bug ends the connection, and the broker', async (t, broker) => {
  const client = await broker.connect()
  const before = beat(client, 'first', 'held', 1)
  const faulty = beat(client, 'm', 'faulty')
  const after = beat(client, 'last')
  const rejected = Promise.all([t.rejects(faulty, /closed/), t.rejects(after, /closed/)])
  await until(() => broker.log.some(line => line.includes('a fault in the handler')))
  broker.release('first')
  t.equal((await before).errorCode, 1, 'what was asked before the fault is answered')
  await rejected
  t.match(broker.log.join(''), /ERROR server Heartbeat version 4 failed error="Error: a fault in the handler \| at/)
  await t.rejects(beat(await broker.connect(), 'unspeakable', 'refused'), /closed/)
  t.match(broker.bugs, [{ message: 'a fault in the handler' }, { message: 'a fault in the refusal' }])
})

t.test('a process whose handler has a bug ends with a trace', async t => {
  const script = fileURLToPath(new URL('broker-with-a-bug.ts', import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, script], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', bytes => {
    said += bytes
  })
  const [code] = await once(child, 'close')
  t.not(code, 0)
  t.match(said, /TypeError: a bug\n {4}at .*broker-with-a-bug\.ts/)
})
