/** What every network keeps: one contract, run over TCP and over memory; and what only the one in memory can do to connections. */
import t, { type Test } from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { Client } from '../../lib/client/client.ts'
import { MemoryNetwork } from '../../lib/network/memory.ts'
import type { Bound, Network, Wire, WireReceiver } from '../../lib/network/network.ts'
import { systemNetwork, tcpNetwork } from '../../lib/network/tcp.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { FakeBroker, until } from '../server/fake-broker.ts'

/** Keeps all that comes in by a wire, until it is told to take no more. */
class Taker implements WireReceiver {
  readonly wire: Wire
  readonly #room = Buffer.alloc(10_000)
  #parts: Buffer[] = []
  takesMore = true
  isEnded = false
  closedBy: Error | null | undefined

  constructor(wire: Wire) {
    this.wire = wire
    wire.receive(this)
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }

  target(): Buffer {
    return this.#room
  }

  filled(bytes: number): boolean {
    return this.push(Buffer.from(this.#room.subarray(0, bytes)))
  }

  push(bytes: Buffer): boolean {
    this.#parts.push(bytes)
    return this.takesMore
  }

  ended(): void {
    this.isEnded = true
  }

  closed(error: Error | null): void {
    this.closedBy = error
  }
}

/** A listener, and both ends of one connection to it. */
async function connected(t: Test, network: Network): Promise<{ near: Taker; far: Taker; bound: Bound }> {
  const accepted: Wire[] = []
  const bound = await network.listen({
    host: '127.0.0.1',
    port: 0,
    backlog: 10,
    accept: wire => accepted.push(wire),
    failed: error => t.fail(String(error)),
  })
  const near = new Taker(await network.connect({ host: '127.0.0.1', port: bound.port }))
  await until(() => accepted.length === 1)
  const far = new Taker(accepted[0]!)
  t.teardown(async () => {
    near.wire.destroy()
    far.wire.destroy()
    await bound.close()
  })
  return { near, far, bound }
}

const memory = () => new MemoryNetwork({ clock: systemClock, random: seededRandom(5), delayMs: [0, 3] }).host('a')
const networks: [string, () => Network][] = [
  ['TCP into memory of the receiver', () => systemNetwork],
  ['TCP by events', () => tcpNetwork('events')],
  ['memory', memory],
]

for (const [name, networkOf] of networks) {
  t.test(`${name}: bytes arrive in order in both directions, however they were written`, async t => {
    const { near, far } = await connected(t, networkOf())
    const sent = seededRandom(1).bytes(3_000_000)
    let told = 0
    for (let at = 0; at < sent.length; at += 100_000) {
      const part = sent.subarray(at, at + 100_000)
      if (at % 200_000 === 0) near.wire.write(part, () => told++)
      else near.wire.writeAll([part.subarray(0, 10), part.subarray(10)], () => told++)
    }
    far.wire.write(Buffer.from('back'))
    await until(() => far.bytes.length === sent.length && near.bytes.length === 4 && told === 30)
    t.ok(far.bytes.equals(sent))
    t.equal(near.bytes.toString(), 'back')
    t.equal(near.wire.remotePort, far.wire.localPort)
    t.equal(far.wire.remotePort, near.wire.localPort)
  })

  t.test(`${name}: what a receiver does not take waits with the sender`, async t => {
    const { near, far } = await connected(t, networkOf())
    far.takesMore = false
    near.wire.write(Buffer.alloc(30_000_000))
    await until(() => far.bytes.length > 0)
    const taken = far.bytes.length
    t.ok(near.wire.bytesQueued > 0, 'the sender can see that it should send no more')
    far.takesMore = true
    far.wire.resume()
    await until(() => far.bytes.length === 30_000_000)
    await until(() => near.wire.bytesQueued === 0)
    t.ok(taken < 30_000_000)
  })

  t.test(`${name}: an end that writes nothing more still reads`, async t => {
    const { near, far } = await connected(t, networkOf())
    near.wire.write(Buffer.from('last'))
    near.wire.endWriting()
    await until(() => far.isEnded)
    t.equal(far.bytes.toString(), 'last')
    t.equal(far.closedBy, undefined)
  })

  t.test(`${name}: a wire that is finished closes once all has left, and both ends hear of it`, async t => {
    const { near, far } = await connected(t, networkOf())
    near.wire.write(Buffer.alloc(2_000_000))
    near.wire.finish()
    await until(() => far.isEnded)
    t.equal(far.bytes.length, 2_000_000)
    far.wire.destroy()
    await until(() => near.closedBy !== undefined && far.closedBy !== undefined)
    t.ok(near.wire.isDestroyed && far.wire.isDestroyed)
  })

  t.test(`${name}: where nobody listens, connecting is refused; so is a port that is taken`, async t => {
    const network = networkOf()
    const { bound, near, far } = await connected(t, network)
    const taken = network.listen({
      host: '127.0.0.1',
      port: bound.port,
      backlog: 1,
      accept: () => {},
      failed: () => {},
    })
    await t.rejects(taken, { code: 'EADDRINUSE' })
    near.wire.destroy()
    far.wire.destroy()
    await bound.close()
    await t.rejects(network.connect({ host: '127.0.0.1', port: bound.port }), { code: 'ECONNREFUSED' })
  })
}

/** Two hosts on one manual clock. */
async function twoHosts(t: Test) {
  const clock = new ManualClock()
  const network = new MemoryNetwork({ clock, random: seededRandom(3), delayMs: [10, 20] })
  const accepted: Taker[] = []
  const options = { host: '', port: 9092, backlog: 1, failed: (error: Error) => t.fail(String(error)) }
  await network.host('b').listen({ ...options, accept: wire => accepted.push(new Taker(wire)) })
  const connecting = network.host('a').connect({ host: 'b', port: 9092 })
  clock.advance(20)
  const near = new Taker(await connecting)
  return { clock, network, near, far: accepted[0]! }
}

t.test('memory: bytes are on their way as long as the clock says', async t => {
  const { clock, near, far } = await twoHosts(t)
  near.wire.write(Buffer.from('x'))
  clock.advance(9)
  t.equal(far.bytes.length, 0)
  clock.advance(11)
  t.equal(far.bytes.length, 1)
})

t.test('memory: over a blocked link nothing arrives, and all of it once the block is gone', async t => {
  const { clock, network, near, far } = await twoHosts(t)
  network.block('a', 'b')
  near.wire.write(Buffer.from('kept'))
  clock.advance(60_000)
  t.equal(far.bytes.length, 0)
  network.unblock('b', 'a')
  t.equal(far.bytes.toString(), 'kept')
})

t.test('memory: a connection that is cut ends for both, with what was on its way', async t => {
  const { clock, network, near, far } = await twoHosts(t)
  near.wire.write(Buffer.from('lost'))
  network.cut('b', 'a')
  clock.advance(60_000)
  await until(() => near.closedBy !== undefined && far.closedBy !== undefined)
  t.match([near.closedBy, far.closedBy], [{ code: 'ECONNRESET' }, { code: 'ECONNRESET' }])
  t.equal(far.bytes.length, 0)
  t.equal(network.connections, 0)
})

t.test('memory: connecting over a blocked link ends with the patience of who asked', async t => {
  const { clock, network } = await twoHosts(t)
  network.block('a', 'b')
  const late = new AbortController()
  const connecting = network.host('a').connect({ host: 'b', port: 9092 }, late.signal)
  clock.advance(5_000)
  late.abort(new Error('too late'))
  await t.rejects(connecting, { message: 'too late' })
})

t.test('memory: a server and a client are made of it', async t => {
  const network = new MemoryNetwork({ clock: systemClock })
  const broker = await FakeBroker.start({ network: network.host('broker') })
  t.teardown(() => broker.stop())
  const { port } = broker.bound[0]!
  const client = await Client.connect({ host: 'broker', port, network: network.host('client') })
  const answer = await client.send(Heartbeat, 4, { groupId: 'g', generationId: 7, memberId: 'm' })
  t.equal(answer.errorCode, 7)
  await client.close()
})
