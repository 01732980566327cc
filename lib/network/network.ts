/**
 * The network as servers and clients see it: TCP between processes, memory within one. Both use this interface only, so that a
 * simulation can delay, reorder, cut and lose what a real network carries.
 */

/** An address to listen on or to connect to. An empty host means every address of the machine; port 0 lets the network choose one. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface ListenOptions extends Endpoint {
  /** Connections that the system queues until they are accepted. */
  readonly backlog: number
  /** Called with each new connection, which receives nothing before `receive` is called. */
  readonly accept: (wire: Wire) => void
  /** Called when the listener has failed. */
  readonly failed: (error: Error) => void
  /** Connections are secured by TLS, as this says when one comes in: what it says may change. */
  readonly tls?: () => TlsAccepting
}

/** Secrets and rules of TLS as Node knows them; made by `tlsContext`. */
export interface TlsContext {
  readonly options: object
}

/** How a listener shakes hands. */
export interface TlsAccepting extends TlsContext {
  /** Whether clients show a certificate; one that is not trusted is refused also where none is required. */
  readonly clientCertificate: 'none' | 'requested' | 'required'
}

/** How a client shakes hands. */
export interface TlsConnecting extends TlsContext {
  /** Whether the certificate must be one of the host that was asked for. */
  readonly checksHost: boolean
}

/** Where to connect to; with TLS where that is given. */
export interface ConnectOptions extends Endpoint {
  readonly tls?: TlsConnecting
}

/** A listener that is bound to its endpoint. */
export interface Bound {
  /** The port that clients connect to. */
  readonly port: number
  /** Stops listening: the port is free when this returns. Resolves when the listener is closed, which its connections may delay. */
  close(): Promise<void>
}

export interface Network {
  /** Rejects where the endpoint cannot be bound; the error's `code` is that of the system, such as EADDRINUSE. */
  listen(options: ListenOptions): Promise<Bound>
  /** Rejects where there is no listener or no handshake comes about, or with the signal's reason once it is aborted. */
  connect(to: ConnectOptions, signal?: AbortSignal): Promise<Wire>
}

/** The receiver of a wire's bytes. `filled` and `push` return false for backpressure: nothing more is read until `resume`. */
export interface WireReceiver {
  /** The memory that the next bytes are read into. Called when receiving begins, and after each `filled`. */
  target(): Buffer
  /** So many bytes were read into the memory of the last `target`. */
  filled(bytes: number): boolean
  /** Bytes in a buffer that the receiver owns from now on. */
  push(bytes: Buffer): boolean
  /** The other end sends nothing more; it may still read. */
  ended(): void
  /** The wire is closed; `error` says why where neither end closed it. No call follows. */
  closed(error: Error | null): void
}

/** One end of a connection. Bytes arrive in the order in which they were written, or the wire closes. */
export interface Wire {
  readonly kind: 'tcp' | 'tls' | 'memory'
  /** IP addresses as text. The remote one is empty where the other end has disconnected already. */
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /** Whether bytes are read into the receiver's memory, by `target` and `filled`; otherwise they come by `push`. */
  readonly receivesInPlace: boolean
  /**
   * The socket's file descriptor, for sendfile(2) beside this interface while `bytesQueued` is 0; -1 where bytes have to go through the
   * wire, as with encryption, or the wire is closed.
   */
  readonly descriptor: number
  /**
   * Where the wire encrypts: how many bytes are best written at once, one write after the other. Left out where it makes no difference, as
   * the system takes bytes as they are.
   */
  readonly pieceBytes?: number
  /**
   * Null where the wire carries bytes at once. Otherwise it is called once, before `receive`: it shakes hands and tells how that ended. After
   * a failure the wire is closed.
   */
  readonly secure: ((done: (failure: Error | null) => void) => void) | null
  /** The certificate that the other end has shown and that is trusted, in DER; null where it has shown none. */
  readonly peerCertificate: Buffer | null
  /** The name by which a client asked for this end in its handshake (SNI); left out or null where it has named none. */
  readonly serverName?: string | null
  /** Bytes that were written and are not yet taken by the system. */
  readonly bytesQueued: number
  readonly isDestroyed: boolean
  /** Begins to receive. Called once. */
  receive(receiver: WireReceiver): void
  /** Reads nothing until `resume`; a receiver that returns false has the same effect. */
  pause(): void
  resume(): void
  /** Sends bytes, which must not change before `sent` is called: without an error when the system has taken them, with one when it never will. */
  write(bytes: Buffer, sent?: (error?: Error | null) => void): void
  /** The same for several buffers, by one call to the system. */
  writeAll(buffers: readonly Buffer[], sent?: (error?: Error | null) => void): void
  /** Says that nothing more will be written; goes on receiving. */
  endWriting(): void
  /** Closes once everything that was written has been taken by the system. */
  finish(): void
  /** Closes at once; `error` is passed to the receiver's `closed`. */
  destroy(error?: Error): void
}

/** An IPv4 address in dotted form, also where a dual-stack socket reports it as IPv6. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}
