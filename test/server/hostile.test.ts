/** What no well-meaning client sends: each is answered as Kafka answers it, others are served all the while, and memory stays flat. */
import { seededRandom } from '../../lib/base/random.ts'
import type { Client } from '../../lib/client/client.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { byBothPaths } from './both-paths.ts'
import { until } from './fake-broker.ts'

const beat = (client: Client, memberId = 'm', generationId = 0) =>
  client.send(Heartbeat, 4, { groupId: 'g', generationId, memberId })

/** A frame's size, and a header without tags. */
function frame(apiKey: number, version: number, correlationId: number, ...rest: Uint8Array[]): Buffer {
  const header = Buffer.alloc(8)
  header.writeInt16BE(apiKey, 0)
  header.writeInt16BE(version, 2)
  header.writeInt32BE(correlationId, 4)
  const clientId = Buffer.from('\0\x02me', 'latin1')
  return sized(Buffer.concat([header, clientId, ...rest]))
}

function sized(body: Uint8Array, size = body.length): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(size)
  return Buffer.concat([bytes, body])
}

const apiVersions = 18
const heartbeat = 12
const metadata = 3

const closers: readonly { name: string; bytes: Buffer; reason: RegExp }[] = [
  {
    name: 'a negative size',
    bytes: sized(Buffer.alloc(0), -5),
    reason: /a frame of -5 bytes, where 8 to 104857600 are/,
  },
  { name: 'a size of nothing', bytes: sized(Buffer.alloc(0)), reason: /a frame of 0 bytes/ },
  { name: 'a size below any header', bytes: sized(Buffer.from('abcd')), reason: /a frame of 4 bytes/ },
  { name: 'a size above the limit', bytes: sized(Buffer.alloc(0), 104857601), reason: /a frame of 104857601 bytes/ },
  { name: 'another protocol', bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n'), reason: /a frame of 1195725856 bytes/ },
  { name: 'an unknown API', bytes: frame(999, 0, 1), reason: /API key 999, which is not served/ },
  { name: 'a negative API', bytes: frame(-1, 0, 1), reason: /API key -1, which is not served/ },
  { name: 'an API that this broker has no handler for', bytes: frame(metadata, 1, 1), reason: /API key 3/ },
  {
    name: 'a version to come',
    bytes: frame(heartbeat, 99, 1, Buffer.of(0)),
    reason: /Heartbeat version 99; 0 to 4 are served/,
  },
  { name: 'a version before the first', bytes: frame(heartbeat, -1, 1), reason: /Heartbeat version -1; 0 to 4/ },
  {
    name: 'a header cut short',
    bytes: sized(Buffer.of(0, 12, 0, 0, 0, 0, 0, 1)),
    reason: /header that cannot be read/,
  },
  {
    name: 'a client id beyond the frame',
    bytes: sized(Buffer.of(0, 12, 0, 0, 0, 0, 0, 1, 1, 244)),
    reason: /header that cannot be read/,
  },
  {
    name: 'a body cut short',
    bytes: frame(heartbeat, 0, 1, Buffer.of(0)),
    reason: /Heartbeat version 0 that cannot be decoded/,
  },
  {
    name: 'an array of 2^31-1 elements',
    bytes: frame(0, 3, 1, Buffer.from('ffff000100000000 7fffffff'.replace(' ', ''), 'hex')),
    reason: /Produce version 3 that cannot be decoded/,
  },
]

for (const { name, bytes, reason } of closers) {
  byBothPaths(`${name} closes the connection, after what was asked before it`, {}, async (t, broker) => {
    const client = await broker.connect()
    const other = await broker.connect()
    const before = [beat(client, 'a', 1), beat(client, 'b', 2)]
    client.sendRaw(bytes)
    t.same(
      (await Promise.all(before)).map(answer => answer.errorCode),
      [1, 2],
    )
    await client.closed
    t.match(broker.log.join(''), reason)
    t.equal(broker.log.length, 1)
    t.equal((await beat(other, 'c', 3)).errorCode, 3)
  })
}

byBothPaths(
  'ApiVersions in a version to come is answered in the oldest, with those that are known',
  {},
  async (t, broker) => {
    const client = await broker.connect()
    for (const [version, rest] of [
      [99, '00'],
      [99, '00ffffff'],
      [-1, ''],
    ] as const) {
      client.sendRaw(frame(apiVersions, version, 7, Buffer.from(rest, 'hex')))
      t.equal((await client.receiveFrame())?.toString('hex'), '00000007002300000001001200000005')
    }
    t.same(broker.log, [])
  },
)

byBothPaths('bytes after the last field of a request are passed over', {}, async (t, broker) => {
  const client = await broker.connect()
  const body = Buffer.from('0001670000000500016d', 'hex')
  client.sendRaw(frame(heartbeat, 0, 9, body, Buffer.from('more')))
  t.equal((await client.receiveFrame())?.toString('hex'), '000000090005')
  t.same(broker.beats, ['m'])
})

byBothPaths('random bytes harm nobody else', {}, async (t, broker) => {
  const other = await broker.connect()
  const random = seededRandom(20260101)
  for (let round = 0; round < 200; round++) {
    const client = await broker.connect()
    const shapes = [
      () => random.bytes(random.int(300)),
      () => sized(random.bytes(8 + random.int(300))),
      () => frame(random.int(80), random.int(20), round, random.bytes(random.int(200))),
      () => frame([0, 1, heartbeat, apiVersions][random.int(4)]!, random.int(18), round, random.bytes(random.int(300))),
    ]
    for (let i = 0; i < 3; i++) client.sendRaw(shapes[random.int(shapes.length)]!())
    client.endWriting()
    await client.closed
    if (round % 20 === 0) t.equal((await beat(other, 'm', 1)).errorCode, 1)
  }
  await until(() => broker.server.connections === 1)
  t.equal(broker.server.requestBytesInFlight, 0)
  t.ok(broker.log.length <= 20, 'only so many lines are written about it')
})

/** Memory outside of the collector's heap, where all buffers are. */
function bufferBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().arrayBuffers
}

byBothPaths('an announced size costs nothing until bytes come', {}, async (t, broker) => {
  const clients = await Promise.all(Array.from({ length: 100 }, () => broker.connect()))
  const before = bufferBytes()
  for (const client of clients)
    client.sendRaw(Buffer.concat([sized(Buffer.alloc(0), 100 * 1024 * 1024), Buffer.alloc(100)]))
  for (let i = 0; i < 20; i++) await beat(await broker.connect())
  const grown = bufferBytes() - before
  t.ok(grown < 2_000_000, `${grown} bytes for 100 announcements of 100 MiB`)
})

byBothPaths('requests that never come to an end hold a bounded amount', {}, async (t, broker) => {
  const clients = await Promise.all(Array.from({ length: 60 }, () => broker.connect()))
  const before = bufferBytes()
  // Large enough for slabs; there are fewer of those than clients.
  for (const client of clients) client.sendRaw(sized(Buffer.alloc(100_000), 3_000_000))
  const other = await broker.connect()
  for (let i = 0; i < 50; i++) await beat(other)
  const grown = bufferBytes() - before
  t.ok(grown < 16 * 4 * 1024 * 1024 + 60 * 500_000, `${grown} bytes for 60 times 100,000`)
  const whole = await broker.connect()
  t.equal((await beat(whole, 'm'.repeat(20_000), 4)).errorCode, 4, 'a request without a slab is served too')
})

byBothPaths('two thousand idle connections hold no buffers', {}, async (t, broker) => {
  const before = bufferBytes()
  const clients: Client[] = []
  for (let i = 0; i < 20; i++) {
    const more = await Promise.all(Array.from({ length: 100 }, () => broker.connect()))
    await Promise.all(more.map(client => beat(client)))
    clients.push(...more)
  }
  t.equal(broker.server.connections, 2000)
  const grown = bufferBytes() - before
  t.ok(grown < 4_000_000, `${grown} bytes, those of the clients included`)
  t.equal((await beat(clients[1000]!, 'm', 8)).errorCode, 8)
})
