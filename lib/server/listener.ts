/** One address that clients connect to. */
import type { Network, TlsAccepting, Wire } from '../network/network.ts'

/** How a listener secures its connections, and whom it takes a client for. */
export interface ListenerTls {
  /** Asked for each connection: what holds may change. */
  accepting(): TlsAccepting
  /** The principal of a client by its certificate in DER, which may be null; as Kafka prints it. Null where it is nobody's, and is refused. */
  principalOf(certificate: Buffer | null): string | null
}

/** Where to listen. An empty host means every address of the machine; port 0 lets the system choose one. */
export interface Listener {
  readonly name: string
  readonly securityProtocol: string
  readonly host: string
  readonly port: number
  /** Left out where connections are not encrypted. */
  readonly tls?: ListenerTls
}

/** A listener that is bound: its port is the one that clients connect to. */
export type BoundListener = Listener

/** Its 'host:port' for a client on this machine. */
export function addressOf({ host, port }: BoundListener): string {
  const reachable = host === '' || host === '0.0.0.0' || host === '::' ? 'localhost' : host
  return reachable.includes(':') ? `[${reachable}]:${port}` : `${reachable}:${port}`
}

/** A bound listener, and how to close it. */
export interface Listening {
  /** The listener as it was asked for: its port may be 0. */
  readonly asked: Listener
  readonly bound: BoundListener
  /** Stops listening: the port is free when this returns. Resolves when the listener and its connections are closed. */
  close(): Promise<void>
}

/** Binds the address and hands on its connections. Rejects with an error that says what to do. */
export async function listen(
  network: Network,
  listener: Listener,
  backlog: number,
  accept: (wire: Wire) => void,
  failed: (error: Error) => void,
): Promise<Listening> {
  const { host, port, tls } = listener
  try {
    const bound = await network.listen({ host, port, backlog, accept, failed, tls: tls && (() => tls.accepting()) })
    return { asked: listener, bound: { ...listener, port: bound.port }, close: () => bound.close() }
  } catch (error) {
    throw bindError(error as NodeJS.ErrnoException, listener)
  }
}

function bindError(error: NodeJS.ErrnoException, { name, host, port }: Listener): Error {
  const place = `${host || 'every address'}, port ${port} (listener ${name})`
  switch (error.code) {
    case 'EADDRINUSE':
      return new Error(
        `Cannot listen on ${place}: the port is taken by another process. Stop that one, or choose another port (--port, or \`listeners\`); port 0 picks a free one.`,
        { cause: error },
      )
    case 'EACCES':
      return new Error(
        `Cannot listen on ${place}: the system does not allow it. Choose a port above 1023 (--port, or \`listeners\`).`,
        { cause: error },
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Error(
        `Cannot listen on ${place}: the host is no address of this machine. Give one of its own (--host, or \`listeners\`), or 0.0.0.0 for all of them.`,
        { cause: error },
      )
    default:
      return new Error(`Cannot listen on ${place}: ${error.message}`, { cause: error })
  }
}
