/**
 * How bytes get from a socket to a connection: into memory of ours where Node lets us, by 'data' events elsewhere.
 *
 * Node reads into memory of the caller's only for sockets that it connects itself. An accepted socket is therefore taken off its
 * handle, and the handle given to a new socket. The handle is a private property of Node's; nothing else in the broker touches it.
 */
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net'

/** Who receives. Both ways of taking bytes return false to read no more until `resume` is called on the socket. */
export interface Receiver {
  /** Where the next bytes go. Called when the socket is taken over, and after each `filled`. */
  target(): Buffer
  /** So many bytes are where the last `target` pointed. */
  filled(bytes: number): boolean
  /** Bytes in a buffer of the socket's, which is ours from now on. */
  push(bytes: Buffer): boolean
}

/** Which way bytes come in: 'slab' into memory of ours, 'events' by buffers that Node makes. */
export type ReceivePath = 'slab' | 'events'

interface Handle {
  useUserBuffer(buffer: Buffer): void
  readonly fd?: number
}

interface Accepted {
  _handle: Handle | null
}

/** The handle under an accepted socket, if this Node has one that reads into memory of ours. */
function handleOf(socket: Socket): Handle | null {
  const { _handle } = socket as unknown as Accepted
  return typeof _handle?.useUserBuffer === 'function' ? _handle : null
}

/** The number of an open socket's handle, for calls of our own; -1 where there is none, or what is sent has to be encrypted. */
export function handleFdOf(socket: Socket): number {
  if ((socket as { encrypted?: boolean }).encrypted) return -1
  return (socket as unknown as Accepted)._handle?.fd ?? -1
}

/** Which way is open for a socket that was accepted and is paused. */
export function receivePathOf(socket: Socket): ReceivePath {
  return handleOf(socket) ? 'slab' : 'events'
}

/**
 * Takes over an accepted, paused socket by the given way; the socket that the receiver is made for takes its place. The first bytes
 * go to `first`: Node asks for it before there is a socket to make a receiver for.
 */
export function receive(
  accepted: Socket,
  path: ReceivePath,
  first: Buffer,
  makeReceiver: (socket: Socket) => Receiver,
): void {
  const handle = path === 'slab' ? handleOf(accepted) : null
  if (handle) receiveIntoMemory(accepted, handle, first, makeReceiver)
  else receiveByEvents(accepted, makeReceiver)
}

function receiveIntoMemory(
  accepted: Socket,
  handle: Handle,
  first: Buffer,
  makeReceiver: (socket: Socket) => Receiver,
): void {
  ;(accepted as unknown as Accepted)._handle = null
  // Without its handle this closes nothing, and its server counts it as gone.
  accepted.destroy()
  let receiver: Receiver | null = null
  const onread = {
    buffer: () => receiver?.target() ?? first,
    callback: (bytes: number) => receiver?.filled(bytes) ?? false,
  }
  // Both are options that the declared ones for a socket of an accepted connection do not have.
  const options: SocketConstructorOpts & { handle: Handle; onread: OnReadOpts } = {
    handle,
    allowHalfOpen: true,
    onread,
  }
  const socket = new Socket(options)
  receiver = makeReceiver(socket)
  socket.resume()
}

function receiveByEvents(accepted: Socket, makeReceiver: (socket: Socket) => Receiver): void {
  const receiver = makeReceiver(accepted)
  accepted.on('data', (bytes: Buffer) => {
    if (!receiver.push(bytes)) accepted.pause()
  })
  accepted.resume()
}
