/** What a client sees of the server, by both ways of receiving bytes: answers in order, whole, and at last. */
import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import type { Client } from '../../lib/client/client.ts'
import { receivePathOf } from '../../lib/network/tcp-wire.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { encodeRequestFrame } from '../../protocol/frame.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { crc32c } from '../../protocol/records/crc32c.ts'
import { byBothPaths, paths, produceRequest } from './both-paths.ts'
import { FakeBroker, until } from './fake-broker.ts'

const beat = (client: Client, memberId: string, groupId = 'g', generationId = 0) =>
  client.send(Heartbeat, 4, { groupId, generationId, memberId })

const fetchBytes = (client: Client, maxBytes: number) =>
  client.send(Fetch, 12, { maxWaitMs: 0, minBytes: 0, maxBytes, topics: [], forgottenTopicsData: [] })

byBothPaths('what a handler keeps of a request stays as it was sent', {}, async (t, broker) => {
  const random = seededRandom(8)
  const clients = await Promise.all([1, 2, 3].map(() => broker.connect()))
  const sums: number[] = []
  const answers: Promise<unknown>[] = []
  for (let round = 0; round < 400; round++) {
    const records = random.bytes(random.int(3) === 0 ? random.int(100_000) : random.int(3000))
    sums.push(crc32c(records))
    answers.push(clients[random.int(3)]!.send(Produce, 9, produceRequest(records)))
    if (random.int(4) === 0) await answers.pop()
  }
  await Promise.all(answers)
  t.same(broker.kept.map(records => crc32c(records)).sort(), sums.sort())
})

byBothPaths('requests that are sent without waiting are handed on and answered in order', {}, async (t, broker) => {
  const client = await broker.connect()
  const count = 5000
  const answers = await Promise.all(Array.from({ length: count }, (_, i) => beat(client, `m${i}`, 'g', i % 100)))
  t.same(
    answers.map(answer => answer.errorCode),
    Array.from({ length: count }, (_, i) => i % 100),
  )
  t.same(
    broker.beats,
    Array.from({ length: count }, (_, i) => `m${i}`),
  )
})

byBothPaths('answers wait for those of earlier requests, which hold up no later handler', {}, async (t, broker) => {
  const client = await broker.connect()
  const order: string[] = []
  const names = ['a', 'b', 'c', 'd']
  const all = names.map(name => beat(client, name, name === 'd' ? 'g' : 'held').then(() => order.push(name)))
  await until(() => broker.beats.length === 4)
  broker.release('c')
  broker.release('b')
  // Another connection's round trip shows that nothing was sent on this one.
  await beat(await broker.connect(), 'other')
  t.same(order, [])
  broker.release('a')
  await Promise.all(all)
  t.same(order, names)
})

byBothPaths('a request may come byte by byte', {}, async (t, broker) => {
  const client = await broker.connect()
  const frame = Buffer.concat(
    encodeRequestFrame(Heartbeat, 4, 7, 'slow', { groupId: 'g', generationId: 5, memberId: 'm' }),
  )
  for (const byte of frame) {
    client.sendRaw(Buffer.of(byte))
    // Each byte is a read of its own once another connection was served in between.
    await new Promise(setImmediate)
  }
  const answer = await client.receiveFrame()
  t.equal(answer?.readInt32BE(0), 7)
  t.equal(broker.beats.length, 1)
})

byBothPaths('requests of every size, cut anywhere, arrive unharmed while others do too', {}, async (t, broker) => {
  const sizes = [
    0, 1, 100, 1000, 5000, 16_000, 17_000, 40_000, 70_000, 300_000, 1_000_000, 4_194_200, 4_200_000, 9_000_000,
  ]
  const clients = await Promise.all(Array.from({ length: 6 }, () => broker.connect()))
  await Promise.all(
    clients.map(async (client, seed) => {
      const random = seededRandom(seed)
      const sums: number[] = []
      const frames: Buffer[] = []
      for (let i = 0; i < 40; i++) {
        const size = Math.floor(sizes[random.int(i % 10 === 0 ? sizes.length : 10)]! * (0.9 + random.next() / 5))
        const records = random.bytes(size)
        sums.push(crc32c(records))
        frames.push(...encodeRequestFrame(Produce, 9, 1000 + i, 'c', produceRequest(records)))
      }
      const bytes = Buffer.concat(frames)
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + random.int([10, 1000, 100_000, 2_000_000][random.int(4)]!)
        client.sendRaw(bytes.subarray(at, at + size))
        at += size
        if (random.int(3) === 0) await new Promise(setImmediate)
      }
      const answers: number[] = []
      for (let i = 0; i < 40; i++) {
        const frame = await client.receiveFrame()
        t.equal(frame!.readInt32BE(0), 1000 + i)
        answers.push(baseOffsetOf(frame!))
      }
      t.same(answers, sums)
    }),
  )
})

/** The base offset in an answer to Produce v9 of one partition: a CRC fits into its lower half. */
function baseOffsetOf(frame: Buffer): number {
  // correlation id, header tags, topics, name, partitions, index, error code, upper half
  return frame.readUInt32BE(4 + 1 + 1 + 2 + 1 + 4 + 2 + 4)
}

byBothPaths('a request without an answer leaves no gap', {}, async (t, broker) => {
  const client = await broker.connect()
  client.sendUnanswered(Produce, 9, produceRequest(Buffer.alloc(100), 0))
  t.equal((await beat(client, 'm', 'g', 3)).errorCode, 3)
  t.equal(broker.produced, 1)
})

byBothPaths('a client that says it sends no more still gets its answers, and then the end', {}, async (t, broker) => {
  const client = await broker.connect()
  const held = beat(client, 'held', 'held', 9)
  await until(() => broker.beats.length === 1)
  client.endWriting()
  const other = await broker.connect()
  for (let i = 0; i < 20; i++) await beat(other, 'other')
  broker.release('held')
  t.equal((await held).errorCode, 9)
  await client.closed
  await until(() => broker.server.connections === 1)
})

byBothPaths(
  'what is to run after sending runs once, also where the client leaves',
  { limits: { lingerMsMax: 0 } },
  async (t, broker) => {
    const client = await broker.connect()
    await fetchBytes(client, 1000)
    await until(() => broker.released === 1)

    client.pause()
    for (let i = 0; i < 3; i++) fetchBytes(client, 20_000_000).catch(() => {})
    await until(() => broker.fetches >= 2)
    await client.close()
    await until(() => broker.server.connections === 0 && broker.released === broker.fetches)

    const late = await broker.connect()
    beat(late, 'late', 'held').catch(() => {})
    await until(() => broker.beats.includes('late'))
    await late.close()
    await until(() => broker.server.connections === 0)
    broker.release('late')
    await until(() => broker.server.requestBytesInFlight === 0)
    t.equal(broker.released, broker.fetches)
  },
)

byBothPaths(
  'only so many requests of a connection wait for their answers',
  { limits: { requestsOutstandingMax: 5 } },
  async (t, broker) => {
    const client = await broker.connect()
    const all = Array.from({ length: 20 }, (_, i) => beat(client, `m${i}`, 'held', i))
    for (let i = 0; i < 20; i++) {
      await until(() => broker.beats.length === Math.min(i + 5, 20))
      await beat(await broker.connect(), 'other')
      broker.beats.pop()
      t.equal(broker.beats.length, Math.min(i + 5, 20))
      broker.release(`m${i}`)
      t.equal((await all[i]!).errorCode, i)
    }
  },
)

byBothPaths(
  'bytes of requests under way are bounded for each connection and for all',
  { limits: { connectionRequestBytesMax: 150_000, requestBytesInFlightMax: 250_000 } },
  async (t, broker) => {
    const send = (client: Client, name: string) =>
      client.send(Heartbeat, 4, {
        groupId: 'held',
        generationId: 0,
        memberId: name,
        groupInstanceId: 'x'.repeat(30_000),
      })
    const [a, b, c] = [await broker.connect(), await broker.connect(), await broker.connect()]
    const all: Promise<unknown>[] = []
    for (let i = 0; i < 6; i++) all.push(send(a, `a${i}`), send(b, `b${i}`), send(c, `c${i}`))
    const exempt = await broker.connect()
    await until(() => broker.beats.length === 8)
    await beat(exempt, 'small')
    t.equal(broker.beats.length, 9, 'eight large ones fill the bound; a small one is served all the same')
    t.ok(broker.server.requestBytesInFlight <= 250_000)
    for (const name of 'abc')
      t.ok(broker.beats.filter(beat => beat.startsWith(name)).length <= 4, `at most four of ${name}`)
    let done = false
    Promise.all(all).then(() => {
      done = true
    })
    await until(() => {
      for (const name of broker.beats) broker.release(name)
      return done
    })
    t.equal(broker.server.requestBytesInFlight, 0)
    t.equal(broker.beats.length, 19)
  },
)

byBothPaths(
  'requests that small answers hold up go on when those have left',
  { limits: { replyBytesPendingMax: 100 } },
  async (t, broker) => {
    const client = await broker.connect()
    const beats = Array.from({ length: 300 }, (_, i) =>
      encodeRequestFrame(Heartbeat, 4, i, 'c', { groupId: 'g', generationId: i, memberId: 'm' }),
    )
    client.sendRaw(Buffer.concat(beats.flat()))
    for (let i = 0; i < 300; i++) {
      const frame = await client.receiveFrame()
      if (frame?.readInt32BE(0) !== i) t.fail(`answer ${i} is that of ${frame?.readInt32BE(0)}`)
    }
    t.equal(broker.beats.length, 300)
  },
)

byBothPaths(
  'a client that never reads is served only so far, and others are served all the while',
  {},
  async (t, broker) => {
    const [deaf, other] = [await broker.connect(), await broker.connect()]
    deaf.pause()
    const all = Array.from({ length: 200 }, () => fetchBytes(deaf, 1_000_000))
    await until(() => broker.fetches > 0)
    for (let i = 0, before = -1; before < broker.fetches; i++) {
      before = broker.fetches
      for (let k = 0; k < 50; k++) await beat(other, `m${i}`)
    }
    // What the kernel takes, a megabyte waiting, and one answer more.
    t.ok(broker.fetches < 20, `${broker.fetches} of 200 were handled`)
    deaf.resume()
    await Promise.all(all)
    t.equal(broker.fetches, 200)
    await until(() => broker.released === 200)
  },
)

byBothPaths(
  'connections of one address, and of all, are counted',
  {
    limits: { connectionsPerIpMax: 3, connectionsMax: 5, connectionsPerIpOverrides: new Map([['127.0.0.2', 9]]) },
  },
  async (t, broker) => {
    const from = async (localAddress: string) => {
      const socket = net.connect({ host: '127.0.0.1', port: broker.bound[0]!.port, localAddress })
      socket.on('error', () => {})
      await once(socket, 'connect')
      const frame = Buffer.concat(
        encodeRequestFrame(ApiVersions, 0, 1, null, { clientSoftwareName: '', clientSoftwareVersion: '' }),
      )
      socket.write(frame)
      const served = await Promise.race([
        once(socket, 'data').then(() => true),
        once(socket, 'close').then(() => false),
      ])
      t.teardown(() => socket.destroy())
      return { socket, served }
    }
    const first = await from('127.0.0.1')
    t.ok(first.served)
    t.ok((await from('127.0.0.1')).served)
    t.ok((await from('127.0.0.1')).served)
    t.notOk((await from('127.0.0.1')).served, 'the fourth of an address is refused')
    t.ok((await from('127.0.0.2')).served)
    t.ok((await from('127.0.0.2')).served)
    t.notOk((await from('127.0.0.2')).served, 'the sixth of all is refused')
    t.match(broker.log.join(''), /too many limit=max.connections.per.ip client=127.0.0.1/)
    t.match(broker.log.join(''), /too many limit=max.connections client=127.0.0.2/)
    first.socket.destroy()
    await until(() => broker.server.connections === 4)
    t.ok((await from('127.0.0.1')).served, 'the place of one that left is free')
  },
)

byBothPaths('a handler learns who asks', {}, async (t, broker) => {
  const client = await broker.connect()
  await client.send(ApiVersions, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
  t.match(broker.connections[0], {
    listener: 'PLAINTEXT',
    securityProtocol: 'PLAINTEXT',
    remoteAddress: '127.0.0.1',
    remotePort: client.localPort,
    localAddress: '127.0.0.1',
    localPort: broker.bound[0]!.port,
    principal: 'User:ANONYMOUS',
    isByToken: false,
  })
  const next = await broker.connect()
  await next.send(ApiVersions, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
  t.equal(broker.connections[1]!.id, broker.connections[0]!.id + 1)
})

for (const receivePath of paths) {
  t.test(`a connection on which nothing moves is closed, unless it waits for us (${receivePath})`, async t => {
    const clock = new ManualClock({ immediates: 'real' })
    const broker = await FakeBroker.start({ clock, receivePath, limits: { connectionIdleMsMax: 1000 } })
    t.teardown(() => broker.stop())
    const [idle, active, waiting] = [await broker.connect(), await broker.connect(), await broker.connect()]
    await Promise.all([beat(idle, 'i'), beat(active, 'a')])
    const held = beat(waiting, 'w', 'held', 1)
    await until(() => broker.beats.length === 3)
    clock.advance(600)
    await beat(active, 'a')
    clock.advance(600)
    await idle.closed
    await until(() => broker.server.connections === 2)
    await beat(active, 'a')
    broker.release('w')
    t.equal((await held).errorCode, 1)
    clock.advance(3000)
    await Promise.all([active.closed, waiting.closed])
    await until(() => broker.server.connections === 0)
    t.equal(clock.pendingTimers, 0)
  })

  t.test(
    `stopping answers what is under way, takes nothing more, and leaves nothing behind (${receivePath})`,
    async t => {
      const clock = new ManualClock({ immediates: 'real' })
      const broker = await FakeBroker.start({ clock, receivePath })
      const [idle, busy] = [await broker.connect(), await broker.connect()]
      const held = beat(busy, 'h', 'held', 6)
      await until(() => broker.beats.length === 1)
      const stopped = broker.server.stop()
      await idle.closed
      await t.rejects(broker.connect(), /ECONNREFUSED/)
      const late = beat(busy, 'late')
      await Promise.all([
        t.rejects(late, /closed/),
        until(() => broker.server.connections === 1).then(() => broker.release('h')),
      ])
      t.equal((await held).errorCode, 6)
      await stopped
      t.same(broker.beats, ['h'])
      t.equal(clock.pendingTimers, 0)
    },
  )

  t.test(`stopping waits for answers only so long (${receivePath})`, async t => {
    const clock = new ManualClock({ immediates: 'real' })
    const broker = await FakeBroker.start({ clock, receivePath, limits: { stopMsMax: 5000, lingerMsMax: 60_000 } })
    const client = await broker.connect()
    const held = t.rejects(beat(client, 'h', 'held'), /closed/)
    await until(() => broker.beats.length === 1)
    const stopped = broker.server.stop()
    clock.advance(5000)
    await Promise.all([stopped, held])
    broker.release('h')
    t.match(broker.log.join(''), /closed before all their requests were answered connections=1/)
    t.equal(clock.pendingTimers, 0)
  })
}

t.test('this Node lets an accepted socket read into memory of ours', async t => {
  const listening = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  const accepted = once(listening, 'connection')
  await once(listening, 'listening')
  const client = net.connect((listening.address() as net.AddressInfo).port, '127.0.0.1')
  const [socket] = (await accepted) as [net.Socket]
  t.equal(receivePathOf(socket), 'slab', 'else every connection is received by events: look at lib/network/tcp-wire.ts')
  for (const each of [client, socket]) each.destroy()
  listening.close()
})

t.test('several listeners have ports of their own, and names', async t => {
  const listeners = ['INTERNAL', 'EXTERNAL'].map(name => ({
    name,
    securityProtocol: 'PLAINTEXT',
    host: '127.0.0.1',
    port: 0,
  }))
  const broker = await FakeBroker.start({ listeners })
  t.teardown(() => broker.stop())
  t.same(
    broker.bound.map(({ name }) => name),
    ['INTERNAL', 'EXTERNAL'],
  )
  t.not(broker.bound[0]!.port, broker.bound[1]!.port)
  const client = await broker.connect()
  await client.send(ApiVersions, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
  t.equal(broker.connections[0]?.listener, 'INTERNAL')
})

t.test('an address that cannot be had is refused with what to do, and none of the others stays bound', async t => {
  const taken = net.createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as net.AddressInfo
  const listener = { securityProtocol: 'PLAINTEXT', host: '127.0.0.1' }
  const broker = new FakeBroker({
    listeners: [
      { ...listener, name: 'FIRST', port: 0 },
      { ...listener, name: 'SECOND', port },
    ],
  })
  await t.rejects(broker.server.start(), {
    message: `Cannot listen on 127.0.0.1, port ${port} (listener SECOND): the port is taken by another process. Stop that one, or choose another port (--port, or \`listeners\`); port 0 picks a free one.`,
  })
  const far = new FakeBroker({ listeners: [{ ...listener, name: 'FAR', host: '192.0.2.1', port: 0 }] })
  await t.rejects(far.server.start(), /the host is no address of this machine/)
})
