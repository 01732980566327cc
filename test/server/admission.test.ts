/** How many connections come in, and how fast: counted for all, for an address and for a listener. */
import { once } from 'node:events'
import net from 'node:net'
import t, { type Test } from 'tap'
import { Admission } from '../../lib/server/admission.ts'
import { defaultLimits, type ServerLimits } from '../../lib/server/limits.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { encodeRequestFrame } from '../../protocol/frame.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { FakeBroker, until } from './fake-broker.ts'

const here = { remoteAddress: '10.0.0.1', listener: 'PLAINTEXT' }

function admission(limits: Partial<ServerLimits>): Admission {
  return new Admission({ ...defaultLimits, ...limits })
}

t.test('a listener may have a bound of its own, and one that leaves makes room', t => {
  const door = admission({ ofListeners: new Map([['PLAINTEXT', { connectionsMax: 2 }]]) })
  t.equal(door.enter(here), null)
  t.equal(door.enter({ ...here, remoteAddress: '10.0.0.2' }), null)
  t.equal(door.enter(here), 'listener.name.plaintext.max.connections')
  t.equal(door.enter({ ...here, listener: 'OTHER' }), null)
  door.leave(here)
  t.equal(door.enter(here), null)
  t.end()
})

t.test('connections beyond the rate wait in a row, after what may come at once', t => {
  const door = admission({ connectionsPerSecondMax: 10, connectionBurstMs: 1_000 })
  const waits = Array.from({ length: 14 }, () => door.waitMs(here, 5_000))
  t.same(waits, [...Array<number>(11).fill(0), 100, 200, 300])
  t.equal(door.waitMs(here, 5_400), 0, 'after their time')
  t.equal(door.waitMs(here, 5_400), 100)
  t.same(
    Array.from({ length: 12 }, () => door.waitMs(here, 1_000_000)),
    [...Array<number>(11).fill(0), 100],
    'a silence is worth no more than that either',
  )
  t.end()
})

t.test('without a rate nobody waits, and the rate of a listener holds for it alone', t => {
  const free = admission({})
  t.same(new Set(Array.from({ length: 100_000 }, () => free.waitMs(here, 0))), new Set([0]))
  const door = admission({
    connectionBurstMs: 0,
    ofListeners: new Map([['PLAINTEXT', { connectionsPerSecondMax: 1 }]]),
  })
  t.equal(door.waitMs(here, 0), 0)
  t.equal(door.waitMs(here, 0), 1_000)
  t.equal(door.waitMs({ ...here, listener: 'OTHER' }, 0), 0)
  t.end()
})

/** A connection that has sent a request. */
async function asking(t: Test, broker: FakeBroker): Promise<net.Socket> {
  const socket = net.connect({ host: '127.0.0.1', port: broker.bound[0]!.port })
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  const body = { clientSoftwareName: '', clientSoftwareVersion: '' }
  socket.write(Buffer.concat(encodeRequestFrame(ApiVersions, 0, 1, null, body)))
  return socket
}

t.test('who comes too fast is served later, is counted meanwhile, and may leave', async t => {
  const clock = new ManualClock({ immediates: 'real' })
  const limits = { connectionsPerSecondMax: 1, connectionBurstMs: 0, connectionsMax: 4 }
  const broker = await FakeBroker.start({ clock, limits })
  t.teardown(() => broker.stop())
  const first = await asking(t, broker)
  await once(first, 'data')
  const second = await asking(t, broker)
  const leaving = await asking(t, broker)
  const fourth = await asking(t, broker)
  const refused = await asking(t, broker)
  await once(refused, 'close')
  t.match(broker.log.join(''), /too many limit=max.connections client/)
  t.equal(broker.server.connections, 1, 'the others wait')
  leaving.resetAndDestroy()
  clock.advance(1_000)
  await once(second, 'data')
  t.equal(broker.server.connections, 2)
  clock.advance(2_000)
  await once(fourth, 'data')
  await until(() => broker.server.connections === 3)
})

t.test('a server that stops does not wait for who may not come in yet', async t => {
  const clock = new ManualClock({ immediates: 'real' })
  const broker = await FakeBroker.start({ clock, limits: { connectionsPerSecondMax: 1, connectionBurstMs: 0 } })
  const first = await asking(t, broker)
  await once(first, 'data')
  const waiting = await asking(t, broker)
  const closed = new Promise<void>(resolve => void waiting.on('close', () => resolve()))
  first.destroy()
  await broker.stop()
  await closed
  t.equal(clock.pendingTimers, 0)
})
