/** The machine's network: TCP sockets of Node. With tcp-wire.ts, the only importer of node:net. */
import net from 'node:net'
import { offLoop } from '../base/off-loop.ts'
import type { Bound, ConnectOptions, ListenOptions, Network, Wire } from './network.ts'
import { type ReceivePath, receivePathOf, TcpWire } from './tcp-wire.ts'

/** TCP; accepted sockets receive by `path`, by default the faster one that this version of Node has. */
export function tcpNetwork(path?: ReceivePath): Network {
  return {
    listen: options => listen(options, path),
    connect,
  }
}

/** The machine's own network. */
export const systemNetwork: Network = tcpNetwork()

async function listen(options: ListenOptions, path: ReceivePath | undefined): Promise<Bound> {
  const { host, port, backlog, accept, failed, tls } = options
  // Loaded where it is needed: it takes as long as the rest of the network.
  const entrance = tls && new (await offLoop(import('./tls.ts'))).TlsEntrance(tls)
  const wireOf = (socket: net.Socket) => entrance?.wireOf(socket) ?? new TcpWire(socket, path ?? receivePathOf(socket))
  const server = net.createServer(
    { pauseOnConnect: true, allowHalfOpen: true, noDelay: true, keepAlive: true },
    socket => accept(wireOf(socket)),
  )
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: host || undefined, port, backlog }, () => {
      server.removeAllListeners('error')
      server.on('error', failed)
      const address = server.address()
      resolve({
        port: address !== null && typeof address === 'object' ? address.port : port,
        close: () => new Promise<void>(closed => server.close(() => closed())),
      })
    })
  })
}

async function connect({ host, port, tls }: ConnectOptions, signal?: AbortSignal): Promise<Wire> {
  if (tls !== undefined) return (await offLoop(import('./tls.ts'))).connectTls({ host, port, tls }, signal)
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, noDelay: true })
    const abort = () => socket.destroy(signal?.reason as Error)
    signal?.addEventListener('abort', abort, { once: true })
    socket.once('error', error => {
      signal?.removeEventListener('abort', abort)
      reject(error)
    })
    socket.once('connect', () => {
      signal?.removeEventListener('abort', abort)
      socket.removeAllListeners('error')
      socket.pause()
      resolve(new TcpWire(socket, 'events'))
    })
  })
}
