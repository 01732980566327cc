/** The client by itself, against a socket that answers as the test says. */
import { once } from 'node:events'
import net from 'node:net'
import t, { type Test } from 'tap'
import { Client, ClientError } from '../../lib/client/client.ts'
import { FrameSizeError, Frames } from '../../lib/client/frames.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { encodeResponseFrame } from '../../protocol/frame.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import type { Api } from '../../protocol/schema.ts'

/** A client, and the broker's end of its connection. */
async function pair(t: Test, options: { timeoutMs?: number; clock?: ManualClock } = {}) {
  const listening = net.createServer().listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const accepted = once(listening, 'connection')
  const { port } = listening.address() as net.AddressInfo
  const client = await Client.connect({ host: '127.0.0.1', port, clientId: 'test', ...options })
  const [broker] = (await accepted) as [net.Socket]
  t.teardown(async () => {
    await client.close()
    broker.destroy()
    listening.close()
  })
  return { client, broker, port }
}

const request = { groupId: 'g', generationId: 1, memberId: 'm' }

function answer(correlationId: number, errorCode: number): Buffer {
  return Buffer.concat(encodeResponseFrame(Heartbeat, 4, correlationId, { throttleTimeMs: 0, errorCode }))
}

t.test('answers find their requests by correlation id, however they are cut', async t => {
  const { client, broker } = await pair(t)
  const [first, second] = [client.send(Heartbeat, 4, request), client.send(Heartbeat, 4, request)]
  const bytes = Buffer.concat([answer(2, 22), answer(1, 11)])
  for (const byte of bytes) {
    broker.write(Buffer.of(byte))
    await new Promise(setImmediate)
  }
  t.equal((await first).errorCode, 11)
  t.equal((await second).errorCode, 22)
})

t.test('frames that nobody waits for are given in order to those who ask, before or after they come', async t => {
  const { client, broker } = await pair(t)
  const asked = client.receiveFrame()
  broker.write(Buffer.concat([answer(71, 1), answer(72, 2)]))
  t.equal((await asked)?.readInt32BE(0), 71)
  t.equal((await client.receiveFrame())?.readInt32BE(0), 72)
  const never = client.receiveFrame()
  broker.destroy()
  t.equal(await never, null)
  t.equal(await client.receiveFrame(), null)
})

t.test('a broker that does not know the version of ApiVersions is understood', async t => {
  const { client, broker } = await pair(t)
  const asked = client.send(ApiVersions, 4, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
  const apiKeys = [{ apiKey: 18, minVersion: 0, maxVersion: 2 }]
  const response = { errorCode: 35, apiKeys, throttleTimeMs: 0 }
  broker.write(Buffer.concat(encodeResponseFrame(ApiVersions as unknown as Api, 0, 1, response)))
  t.match(await asked, { errorCode: 35, apiKeys })
})

t.test('an answer that takes too long is given up, and those in time are not', async t => {
  const clock = new ManualClock()
  const { client, broker } = await pair(t, { timeoutMs: 1000, clock })
  const late = client.send(Heartbeat, 4, request)
  clock.advance(600)
  const inTime = client.send(Heartbeat, 4, request)
  clock.advance(400)
  await t.rejects(late, { name: 'ClientError', message: 'no answer within 1000 ms' })
  broker.write(answer(2, 7))
  t.equal((await inTime).errorCode, 7)
  t.equal(clock.pendingTimers, 0)
})

t.test('what is under way is rejected when the connection ends, with who ended it', async t => {
  const byBroker = await pair(t)
  const rejected = t.rejects(byBroker.client.send(Heartbeat, 4, request), /the broker closed the connection/)
  byBroker.broker.end()
  await rejected
  await t.rejects(byBroker.client.send(Heartbeat, 4, request), ClientError)

  const byClient = await pair(t)
  const closed = t.rejects(byClient.client.send(Heartbeat, 4, request), /the client was closed/)
  await byClient.client.close()
  await closed

  const nonsense = await pair(t)
  const ended = t.rejects(nonsense.client.send(Heartbeat, 4, request), /the broker sent an answer of -1 bytes/)
  nonsense.broker.write(Buffer.from('ffffffff', 'hex'))
  await ended
  await nonsense.client.closed
})

t.test('an answer that is none ends the connection and whatever else is under way, and no more than that', async t => {
  const whole = Buffer.concat(encodeResponseFrame(ApiVersions, 3, 1, { errorCode: 0, apiKeys: [], throttleTimeMs: 0 }))
  for (let length = 4; length < whole.length - 4; length++) {
    const { client, broker } = await pair(t)
    const asked = client.send(ApiVersions, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
    const next = client.send(Heartbeat, 4, request)
    const rejected = Promise.all([
      t.rejects(asked, { name: 'ClientError', message: /the answer to ApiVersions cannot be read/ }, `${length} bytes`),
      t.rejects(next, ClientError),
    ])
    const size = Buffer.alloc(4)
    size.writeInt32BE(length)
    broker.write(Buffer.concat([size, whole.subarray(4, 4 + length)]))
    await rejected
    await client.closed
  }
})

t.test('where nobody listens, connecting says so', async t => {
  const listening = net.createServer().listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const { port } = listening.address() as net.AddressInfo
  listening.close()
  await t.rejects(Client.connect({ host: '127.0.0.1', port }), {
    name: 'ClientError',
    message: new RegExp(`cannot connect to 127.0.0.1:${port}: .*ECONNREFUSED`),
  })
})

t.test('frames come out whole, whatever the pieces', async t => {
  const bodies = [4, 5, 100, 70_000, 4].map((size, i) => Buffer.alloc(size, i + 1))
  const stream = Buffer.concat(
    bodies.map(body => {
      const size = Buffer.alloc(4)
      size.writeInt32BE(body.length)
      return Buffer.concat([size, body])
    }),
  )
  for (const piece of [1, 3, 7, 1000, 70_000, stream.length]) {
    const frames = new Frames()
    const out: Buffer[] = []
    for (let at = 0; at < stream.length; at += piece) out.push(...frames.push(stream.subarray(at, at + piece)))
    t.ok(out.length === bodies.length && out.every((frame, i) => frame.equals(bodies[i]!)), `pieces of ${piece}`)
  }
  t.throws(() => new Frames().push(Buffer.from('00000003', 'hex')), FrameSizeError)
})
