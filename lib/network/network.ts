/**
 * How bytes get from one end to another: TCP between processes, memory within one. Servers and clients are made of this interface, so a
 * simulation can delay, reorder, cut and lose what a real network carries.
 */

/** Where somebody listens. An empty host means every address of the machine; port 0 lets the network choose one. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface ListenOptions extends Endpoint {
  /** Connections that the network keeps until they are accepted. */
  readonly backlog: number
  /** Takes a connection, which has received nothing yet; `receive` begins that. */
  readonly accept: (wire: Wire) => void
  /** The listener does not work any more. */
  readonly failed: (error: Error) => void
}

/** An endpoint that is listened on. */
export interface Bound {
  /** The port that clients connect to. */
  readonly port: number
  /** Takes no more connections: the port is free when this returns. Resolves when nothing is left of it; connections may hold that up. */
  close(): Promise<void>
}

export interface Network {
  /** Rejects where the endpoint cannot be had; the error's `code` is that of the system. */
  listen(options: ListenOptions): Promise<Bound>
  /** Rejects where nobody listens there, or with the signal's reason once it is aborted. */
  connect(to: Endpoint, signal?: AbortSignal): Promise<Wire>
}

/** Who takes what comes in by a wire. `filled` and `push` return false to be given no more until `resume`. */
export interface WireReceiver {
  /** Where the next bytes go. Called when receiving begins, and after each `filled`. */
  target(): Buffer
  /** So many bytes are where the last `target` pointed. */
  filled(bytes: number): boolean
  /** Bytes in a buffer that is the receiver's from now on. */
  push(bytes: Buffer): boolean
  /** The other end sends nothing more; it may still read. */
  ended(): void
  /** The wire is gone; `error` says why, where it was neither end's wish. Nothing follows. */
  closed(error: Error | null): void
}

/** One end of a connection. What is written arrives in order, or the wire closes. */
export interface Wire {
  readonly kind: 'tcp' | 'tls' | 'memory'
  /** IP addresses as people write them. The remote one is empty where the other end has left already. */
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /** Whether bytes come in by `target` and `filled`, into memory of the receiver's; else by `push`. */
  readonly receivesInPlace: boolean
  /**
   * The system's descriptor, by which bytes may be sent beside this interface (sendfile) while `bytesQueued` is 0; -1 where what is sent
   * has to go through the wire, as with encryption, or the wire is gone.
   */
  readonly descriptor: number
  /** Bytes that were written and have not left for the other end. */
  readonly bytesQueued: number
  readonly isDestroyed: boolean
  /** Begins to receive; to be called once. */
  receive(receiver: WireReceiver): void
  /** Receives nothing until `resume`; a receiver may as well return false. */
  pause(): void
  resume(): void
  /** Sends bytes, which are not to be changed before `sent` is called: they have left for the other end, or never will (with an error). */
  write(bytes: Buffer, sent?: (error?: Error | null) => void): void
  /** The same for several buffers, by one call to the system. */
  writeAll(buffers: readonly Buffer[], sent?: (error?: Error | null) => void): void
  /** Says that nothing more will be written; goes on receiving. */
  endWriting(): void
  /** Closes once all that was written has left. */
  finish(): void
  /** Closes at once; `error` is what the receiver is told. */
  destroy(error?: Error): void
}

/** An IPv4 address as people write it, also where a socket of both families reports it as IPv6. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}
