/** A TCP socket as a wire. Accepted sockets receive into the receiver's memory, where this version of Node allows it (receive-into.ts). */
import type { Socket } from 'node:net'
import type { WireReceiver } from './network.ts'
import { canReceiveInto, descriptorOf, movedInto } from './receive-into.ts'
import { SocketWire } from './socket-wire.ts'

/** How bytes are received: 'slab' into the receiver's memory, 'events' in buffers that Node allocates. */
export type ReceivePath = 'slab' | 'events'

/** Which of the two an accepted, paused socket can use. */
export function receivePathOf(socket: Socket): ReceivePath {
  return canReceiveInto(socket) ? 'slab' : 'events'
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
    return descriptorOf(this.socket)
  }

  protected override takeBytes(receiver: WireReceiver): void {
    const moved = this.receivesInPlace ? movedInto(this.socket, receiver) : null
    if (moved !== null) this.socket = moved
    else super.takeBytes(receiver)
  }
}
