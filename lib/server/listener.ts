/** One address that clients connect to. */
import net from 'node:net'

/** Where to listen. An empty host means every address of the machine; port 0 lets the system choose one. */
export interface Listener {
  readonly name: string
  readonly securityProtocol: string
  readonly host: string
  readonly port: number
}

/** A listener that is bound: its port is the one that clients connect to. */
export type BoundListener = Listener

/** A bound listener, and how to be rid of it. */
export interface Listening {
  readonly bound: BoundListener
  /** Takes no more connections: the port is free when this returns. Resolves when nothing is left of the listener and its connections. */
  close(): Promise<void>
}

/** Binds the address and hands on what connects to it, paused. Rejects with an error that says what to do. */
export function listen(
  listener: Listener,
  backlog: number,
  accept: (socket: net.Socket) => void,
  failed: (error: Error) => void,
): Promise<Listening> {
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true, keepAlive: true }, accept)
  return new Promise((resolve, reject) => {
    server.once('error', error => reject(bindError(error, listener)))
    server.listen({ host: listener.host || undefined, port: listener.port, backlog }, () => {
      server.removeAllListeners('error')
      server.on('error', failed)
      const address = server.address()
      const port = address !== null && typeof address === 'object' ? address.port : listener.port
      const close = () => new Promise<void>(closed => server.close(() => closed()))
      resolve({ bound: { ...listener, port }, close })
    })
  })
}

function bindError(error: NodeJS.ErrnoException, { name, host, port }: Listener): Error {
  const place = `${host || 'every address'}, port ${port} (listener ${name})`
  switch (error.code) {
    case 'EADDRINUSE':
      return new Error(
        `Cannot listen on ${place}: the port is taken by another process. Stop that one, or choose another port in \`listeners\`; port 0 picks a free one.`,
        { cause: error },
      )
    case 'EACCES':
      return new Error(
        `Cannot listen on ${place}: the system does not allow it. Choose a port above 1023 in \`listeners\`.`,
        { cause: error },
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Error(
        `Cannot listen on ${place}: the host is no address of this machine. Give one of its own in \`listeners\`, or leave the host out for all of them.`,
        { cause: error },
      )
    default:
      return new Error(`Cannot listen on ${place}: ${error.message}`, { cause: error })
  }
}
