/**
 * A TCP socket as a wire. Accepted sockets receive into the receiver's memory, where this version of Node allows it.
 *
 * Node offers that (`onread`) for sockets that it connects itself only. So the handle of an accepted socket is moved to a new socket
 * with `onread`. The handle is a private property of Node; this is the only file that touches it.
 */
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net'
import type { WireReceiver } from './network.ts'
import { SocketWire } from './socket-wire.ts'

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

export class TcpWire extends SocketWire {
  readonly kind = 'tcp'
  readonly receivesInPlace: boolean
  readonly secure = null
  readonly peerCertificate = null

  /** The socket must be paused. */
  constructor(socket: Socket, path: ReceivePath) {
    super(socket)
    this.receivesInPlace = path === 'slab'
  }

  get descriptor(): number {
    return (this.socket as unknown as WithHandle)._handle?.fd ?? -1
  }

  protected override takeBytes(receiver: WireReceiver): void {
    const handle = this.receivesInPlace ? handleOf(this.socket) : null
    if (handle) this.socket = socketInto(this.socket, handle, receiver)
    else super.takeBytes(receiver)
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
