/** Listeners that come and go while the server runs. */
import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import type { Listener } from '../../lib/server/server.ts'
import { FakeBroker, until } from './fake-broker.ts'

function listener(name: string, port = 0): Listener {
  return { name, securityProtocol: 'PLAINTEXT', host: '127.0.0.1', port }
}

async function connected(port: number): Promise<net.Socket> {
  const socket = net.connect({ host: '127.0.0.1', port })
  await once(socket, 'connect')
  return socket
}

t.test('a new listener is opened, and one that is gone is closed with its connections', async t => {
  const broker = await FakeBroker.start({ listeners: [listener('A'), listener('B')] })
  t.teardown(() => broker.stop())
  const [a, b] = broker.bound
  const [staying, leaving] = [await connected(a!.port), await connected(b!.port)]
  t.teardown(() => staying.destroy())
  await until(() => broker.server.connections === 2)
  const closed = once(leaving.resume(), 'close')
  const bound = await broker.server.listenOn([listener('A'), listener('C')])
  t.same(
    bound.map(({ name }) => name),
    ['A', 'C'],
  )
  t.equal(bound[0]!.port, a!.port, 'one that stays keeps its port')
  await closed
  t.equal(broker.server.connections, 1)
  t.notOk(staying.destroyed)
  await t.rejects(connected(b!.port), { code: 'ECONNREFUSED' })
  const third = await connected(bound[1]!.port)
  third.destroy()
})

t.test('a listener moves to another port, and one that cannot be bound is left out and told of', async t => {
  const broker = await FakeBroker.start({ listeners: [listener('A'), listener('B')] })
  t.teardown(() => broker.stop())
  const taken = broker.bound[0]!.port
  const bound = await broker.server.listenOn([listener('A'), listener('B', taken)])
  t.same(
    bound.map(({ name }) => name),
    ['A'],
  )
  t.match(broker.log.join(''), /listener not opened listener=B .*port is taken/)
  const moved = await broker.server.listenOn([listener('A', broker.bound[1]!.port)])
  t.equal(moved[0]!.port, broker.bound[1]!.port, 'whose port is free by then')
  await t.rejects(connected(taken), { code: 'ECONNREFUSED' })
})

t.test('a server that has stopped opens nothing', async t => {
  const broker = await FakeBroker.start()
  await broker.stop()
  t.same(await broker.server.listenOn([listener('A')]), [])
})
