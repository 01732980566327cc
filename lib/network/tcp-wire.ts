/**
 * A TCP socket as a wire. Accepted sockets receive into the receiver's memory, where this version of Node allows it.
 *
 * Node offers that (`onread`) for sockets that it connects itself only. So the handle of an accepted socket is moved to a new socket
 * with `onread`. The handle is a private property of Node; this is the only file that touches it.
 */
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net'
import { plainAddress, type Wire, type WireReceiver } from './network.ts'

/** How bytes are received: 'slab' into the receiver's memory, 'events' in buffers that Node allocates. */
export type ReceivePath = 'slab' | 'events'

interface Handle {
  useUserBuffer(buffer: Buffer): void
  readonly fd?: number
}

interface WithHandle {
  _handle: Handle | null
}

/** The handle under a socket, if this version of Node can read into our memory by it. */
function handleOf(socket: Socket): Handle | null {
  const { _handle } = socket as unknown as WithHandle
  return typeof _handle?.useUserBuffer === 'function' ? _handle : null
}

/** Which of the two an accepted, paused socket can use. */
export function receivePathOf(socket: Socket): ReceivePath {
  return handleOf(socket) ? 'slab' : 'events'
}

export class TcpWire implements Wire {
  readonly kind = 'tcp'
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly receivesInPlace: boolean
  #socket: Socket

  /** The socket must be paused. */
  constructor(socket: Socket, path: ReceivePath) {
    this.#socket = socket
    this.receivesInPlace = path === 'slab'
    // The address is undefined where the client has disconnected already.
    this.remoteAddress = plainAddress(socket.remoteAddress ?? '')
    this.remotePort = socket.remotePort ?? 0
    this.localAddress = plainAddress(socket.localAddress ?? '')
    this.localPort = socket.localPort ?? 0
  }

  get descriptor(): number {
    return (this.#socket as unknown as WithHandle)._handle?.fd ?? -1
  }

  get bytesQueued(): number {
    return this.#socket.writableLength
  }

  get isDestroyed(): boolean {
    return this.#socket.destroyed
  }

  receive(receiver: WireReceiver): void {
    const handle = this.receivesInPlace ? handleOf(this.#socket) : null
    if (handle) this.#socket = socketInto(this.#socket, handle, receiver)
    else {
      const socket = this.#socket
      socket.on('data', (bytes: Buffer) => {
        if (!receiver.push(bytes)) socket.pause()
      })
    }
    let failure: Error | null = null
    this.#socket.on('end', () => receiver.ended())
    this.#socket.on('error', error => {
      failure = error
    })
    this.#socket.on('close', () => receiver.closed(failure))
    this.#socket.resume()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  write(bytes: Buffer, sent?: (error?: Error | null) => void): void {
    this.#socket.write(bytes, sent)
  }

  writeAll(buffers: readonly Buffer[], sent?: (error?: Error | null) => void): void {
    const last = buffers.length - 1
    if (last === 0) {
      this.#socket.write(buffers[0]!, sent)
      return
    }
    this.#socket.cork()
    for (let i = 0; i < last; i++) this.#socket.write(buffers[i]!)
    this.#socket.write(buffers[last]!, sent)
    this.#socket.uncork()
  }

  endWriting(): void {
    this.#socket.end()
  }

  finish(): void {
    this.#socket.destroySoon()
  }

  destroy(error?: Error): void {
    this.#socket.destroy(error)
  }
}

/** A new socket on the handle of an accepted one, which receives into the receiver's memory. */
function socketInto(accepted: Socket, handle: Handle, receiver: WireReceiver): Socket {
  ;(accepted as unknown as WithHandle)._handle = null
  // Without its handle this closes nothing, and the server no longer counts it.
  accepted.destroy()
  const onread = {
    buffer: () => receiver.target(),
    callback: (bytes: number) => receiver.filled(bytes),
  }
  // The declared options lack both.
  const options: SocketConstructorOpts & { handle: Handle; onread: OnReadOpts } = {
    handle,
    allowHalfOpen: true,
    onread,
  }
  return new Socket(options)
}
