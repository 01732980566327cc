/** Buffers of sockets, where the system can be told of them. */
import { once } from 'node:events'
import net from 'node:net'
import t, { type Test } from 'tap'
import { BrokerConfig } from '../../lib/config/config.ts'
import { serverLimitsOf } from '../../lib/config/server-limits.ts'
import type { Wire } from '../../lib/network/network.ts'
import { tcpNetwork } from '../../lib/network/tcp.ts'
import type { ServerLimits } from '../../lib/server/limits.ts'
import { loadNativeSend, nativeSend } from '../../lib/server/native-send.ts'
import { FakeBroker, until } from './fake-broker.ts'

/** A broker, its port, and its end of a connection. */
async function connected(t: Test, limits: Partial<ServerLimits>) {
  const wires: Wire[] = []
  const tcp = tcpNetwork('events')
  const broker = await FakeBroker.start({
    limits,
    network: {
      connect: tcp.connect,
      listen: options =>
        tcp.listen({
          ...options,
          accept: wire => {
            wires.push(wire)
            options.accept(wire)
          },
        }),
    },
  })
  const socket = net.connect({ host: '127.0.0.1', port: broker.bound[0]!.port })
  socket.on('error', () => {})
  t.teardown(async () => {
    socket.destroy()
    await broker.stop()
  })
  await once(socket, 'connect')
  await until(() => wires.length === 1)
  return { broker, port: broker.bound[0]!.port, wire: wires[0]! }
}

t.test('buffers of connections are as large as they are set, and else as the system likes', async t => {
  await loadNativeSend()
  const native = nativeSend()
  if (native === null) {
    t.comment('the system cannot be told here')
    return
  }
  const properties = { 'socket.send.buffer.bytes': '20000', 'socket.receive.buffer.bytes': '10000' }
  const { wire } = await connected(t, serverLimitsOf(BrokerConfig.parse(properties)))
  t.equal(native.bufferBytesOf(wire.descriptor, 'send'), 20_000)
  t.equal(native.bufferBytesOf(wire.descriptor, 'receive'), 10_000)
  const other = await connected(t, { sendBufferBytes: 20_000 })
  t.equal(native.bufferBytesOf(other.wire.descriptor, 'send'), 20_000)
  t.not(native.bufferBytesOf(other.wire.descriptor, 'receive'), 10_000)
  t.equal(native.bufferBytesOf(-1, 'send'), -1)
})

t.test('that the system keeps less is said once', async t => {
  await loadNativeSend()
  if (nativeSend() === null) return
  const { broker, port } = await connected(t, { sendBufferBytes: 2 ** 30 })
  const second = net.connect({ host: '127.0.0.1', port })
  t.teardown(() => second.destroy())
  await until(() => broker.server.connections === 2)
  t.equal(
    broker.log.filter(line => line.includes('keeps less than is set property=socket.send.buffer.bytes')).length,
    1,
  )
})
