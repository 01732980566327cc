/** Answers of which a part lies in a file: by the system's own call where there is one, and through memory; and small ones. */
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { seededRandom } from '../../lib/base/random.ts'
import type { Wire } from '../../lib/network/network.ts'
import { TcpWire } from '../../lib/network/tcp-wire.ts'
import { FileSender } from '../../lib/server/file-sender.ts'
import { giveUpNativeSend, loadNativeSend, nativeSend } from '../../lib/server/native-send.ts'
import { Authority } from '../../lib/tls/authority.ts'
import { encodeRequestFrame } from '../../protocol/frame.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import type { Chunk } from '../../protocol/records/chunk.ts'
import { FakeBroker, type FakeBrokerOptions, until } from './fake-broker.ts'

const fileBytes = 24_000_000
const content = seededRandom(1).bytes(fileBytes)

/** A file of known content, and chunks that lie in it. */
class TestFile {
  readonly fd: number
  readonly #path: string

  constructor(directory: string) {
    this.#path = join(directory, 'records')
    fs.writeFileSync(this.#path, content)
    this.fd = fs.openSync(this.#path, 'r')
  }

  chunk(position: number, length: number): Chunk {
    const { fd } = this
    const read = (into: Buffer, bytes: number, from: number) => fs.readSync(fd, into, 0, bytes, position + from)
    return { fd, position, length, read }
  }

  truncate(length: number): void {
    fs.truncateSync(this.#path, length)
  }
}

const authority = new Authority(systemClock.now())
const { certificate, key } = authority.issue({ name: 'localhost', hosts: ['localhost', '127.0.0.1'] })
const encrypted: FakeBrokerOptions = {
  authority: authority.certificate,
  listeners: [
    {
      ...{ name: 'SSL', securityProtocol: 'SSL', host: '127.0.0.1', port: 0 },
      tls: {
        accepting: () => ({ clientCertificate: 'none', options: { cert: certificate, key } }),
        principalOf: () => 'User:ANONYMOUS',
      },
    },
  ],
}

async function start(t: Test, options: FakeBrokerOptions = {}): Promise<[FakeBroker, TestFile]> {
  const broker = await FakeBroker.start({ receivePath: 'slab', ...options })
  const file = new TestFile(t.testdir())
  t.teardown(async () => {
    await broker.stop()
    fs.closeSync(file.fd)
  })
  broker.records = bytes => [file.chunk(0, bytes)]
  return [broker, file]
}

const fetchOf = (correlationId: number, maxBytes: number) =>
  Buffer.concat(
    encodeRequestFrame(Fetch, 12, correlationId, 'c', {
      ...{ maxWaitMs: 0, minBytes: 0, maxBytes, topics: [], forgottenTopicsData: [] },
    }),
  )
const beatOf = (correlationId: number) =>
  Buffer.concat(encodeRequestFrame(Heartbeat, 4, correlationId, 'c', { groupId: 'g', generationId: 5, memberId: 'm' }))

/** The records in an answer to Fetch v12 of one partition; what follows them is three empty tag sections. */
const recordsIn = (frame: Buffer, bytes: number) => frame.subarray(frame.length - 3 - bytes, frame.length - 3)

/** `share` of the answers: encryption takes longer. */
function suite(t: Test, options: FakeBrokerOptions = {}, share = 1): void {
  t.test('answers in files and in memory arrive whole and in order', async t => {
    const [broker, file] = await start(t, options)
    const random = seededRandom(7)
    const places: [position: number, length: number][] = []
    broker.records = bytes => {
      const position = random.int(fileBytes - bytes)
      places.push([position, bytes])
      const first = random.int(bytes)
      const ends: Chunk[] = [file.chunk(position, first), file.chunk(position + first, bytes - first)]
      // The middle one of three lies in memory.
      const middle = Math.min(2000, bytes - first)
      const copy = Buffer.from(content.subarray(position + first, position + first + middle))
      return random.int(2) === 0
        ? ends
        : [ends[0]!, copy, file.chunk(position + first + middle, bytes - first - middle)]
    }
    const client = await broker.connect()
    const count = 120 * share
    const sizes = Array.from({ length: count }, () => 1000 + random.int([30_000, 200_000, 3_000_000][random.int(3)]!))
    for (let i = 0; i < count; i++) {
      client.sendRaw(i % 3 === 0 ? beatOf(i) : fetchOf(i, sizes[i]!))
      if (i % 5 === 0) await new Promise(setImmediate)
    }
    for (let i = 0; i < count; i++) {
      const frame = await client.receiveFrame()
      if (frame?.readInt32BE(0) !== i) t.fail(`answer ${i} is that of ${frame?.readInt32BE(0)}`)
      if (i % 3 === 0) continue
      const [position, length] = places.shift()!
      if (!recordsIn(frame!, length).equals(content.subarray(position, position + length)))
        t.fail(`answer ${i} differs`)
    }
    await until(() => broker.released === broker.fetches)
    t.equal(broker.released, count - count / 3)
  })

  t.test('a client that does not read holds up nobody, and gets all in the end', async t => {
    const [broker] = await start(t, options)
    const slow = await broker.connect()
    slow.pause()
    const count = 4 * share
    for (let i = 0; i < count; i++) slow.sendRaw(fetchOf(i, 20_000_000))
    await until(() => broker.fetches > 0)
    const other = await broker.connect()
    other.sendRaw(beatOf(9))
    t.equal((await other.receiveFrame())?.readInt32BE(0), 9)
    t.equal(broker.released, 0)
    t.ok(broker.fetches < count, 'nor is more asked for on its account')
    slow.resume()
    for (let i = 0; i < count; i++) {
      const frame = await slow.receiveFrame()
      t.equal(frame?.readInt32BE(0), i)
      t.ok(recordsIn(frame!, 20_000_000).equals(content.subarray(0, 20_000_000)))
    }
    await until(() => broker.released === count)
  })

  t.test('a client that asks no more still gets what it asked for', async t => {
    const [broker] = await start(t, options)
    const to = { port: broker.bound[0]!.port, host: '127.0.0.1', allowHalfOpen: true }
    const socket = options.authority ? tls.connect({ ...to, ca: [authority.certificate] }) : net.connect(to)
    socket.end(fetchOf(1, 20_000_000))
    let bytes = 0
    for await (const part of socket) bytes += part.length
    t.ok(bytes > 20_000_000, `${bytes} bytes have come`)
    t.equal(broker.released, 1)
  })

  t.test('the files of a client that leaves are given back', async t => {
    const [broker] = await start(t, options)
    const client = await broker.connect()
    client.pause()
    client.sendRaw(fetchOf(1, 20_000_000))
    await until(() => broker.fetches === 1)
    await client.close()
    await until(() => broker.released === 1)
    t.equal(broker.released, 1)
  })

  t.test('a file that became shorter ends the connection, with a word in the log', async t => {
    const [broker, file] = await start(t, options)
    const client = await broker.connect()
    broker.records = bytes => {
      file.truncate(1_000_000)
      return [file.chunk(500_000, bytes)]
    }
    client.sendRaw(fetchOf(1, 5_000_000))
    t.equal(await client.receiveFrame(), null)
    await until(() => broker.released === 1)
    t.match(broker.log.join('\n'), /cannot be sent to its end.*became shorter/)
  })
}

await loadNativeSend()
const skip = nativeSend() === null ? 'koffi is not installed, or not made for this machine' : false
t.test('by sendfile', { skip }, async t => suite(t))

t.test('what a client on the same machine is sent out of files is not paced by BBR', { skip }, async t => {
  const native = nativeSend()!
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  const [socket]: net.Socket[] = await once(server, 'connection')
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  const wire = new TcpWire(socket!, 'slab')
  const fd = wire.descriptor
  if (!native.setCongestionControl(fd, 'bbr')) return t.comment('skipped: this system has no BBR, or does not allow it')
  t.equal(native.congestionControlOf(fd), 'bbr')
  new FileSender(wire, error => t.fail(String(error)))
  t.equal(native.congestionControlOf(fd), 'reno')
})

t.test('encrypted', async t => {
  suite(t, encrypted, 1 / 2)

  t.test('an answer is written in pieces of a size, its first bytes and its last in one with records', async t => {
    const written: number[] = []
    const wire = { remoteAddress: '::1', localAddress: '::1', descriptor: -1, pieceBytes: 1000 }
    const writing = {
      ...wire,
      write: (bytes: Buffer, sent: () => void) => {
        written.push(bytes.length)
        setImmediate(sent)
      },
    }
    const file = new TestFile(t.testdir())
    t.teardown(() => fs.closeSync(file.fd))
    const sender = new FileSender(writing as unknown as Wire, error => t.fail(String(error)))
    const chunks = [Buffer.alloc(60), file.chunk(5, 2500), Buffer.alloc(40), Buffer.alloc(5000)]
    await new Promise<void>(sent => sender.send(chunks, 7600, sent))
    t.same(written, [1000, 1000, 1000, 4600])
    t.equal(sender.bytesPending, 0)
  })
})

t.test('through memory', async t => {
  giveUpNativeSend()
  suite(t)
})

t.test('small answers wait for a client that does not read, and arrive in order', async t => {
  const [broker] = await start(t)
  broker.records = bytes => [content.subarray(broker.fetches * 1000, broker.fetches * 1000 + bytes)]
  const client = await broker.connect()
  client.pause()
  const count = 6000
  for (let i = 1; i <= count; i++) client.sendRaw(fetchOf(i, 3000))
  // As many as the sockets of both ends hold; then the broker reads no more requests.
  let fetches = -1
  while (fetches !== broker.fetches) {
    fetches = broker.fetches
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
  }
  t.ok(fetches < count, `${fetches} of ${count} were asked for`)
  client.resume()
  for (let i = 1; i <= count; i++) {
    const frame = await client.receiveFrame()
    if (frame?.readInt32BE(0) !== i) t.fail(`answer ${i} is that of ${frame?.readInt32BE(0)}`)
    if (!recordsIn(frame!, 3000).equals(content.subarray(i * 1000, i * 1000 + 3000))) t.fail(`answer ${i} differs`)
  }
  await until(() => broker.released === count)
})
