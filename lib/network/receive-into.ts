/**
 * Has a socket of Node receive into the receiver's memory. Node offers that (`onread`) for sockets that it connects itself only; how it does it
 * is told by properties that are private to it. This is the only file that touches them.
 */
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net'
import type { WireReceiver } from './network.ts'

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

/** Whether an accepted, paused socket can. */
export function canReceiveInto(socket: Socket): boolean {
  return handleOf(socket) !== null
}

/** The file descriptor of a socket, -1 where it has none any more. */
export function descriptorOf(socket: Socket): number {
  return (socket as unknown as WithHandle)._handle?.fd ?? -1
}

/** A new socket on the handle of an accepted one, which receives into the receiver's memory; null where it cannot. */
export function movedInto(accepted: Socket, receiver: WireReceiver): Socket | null {
  const handle = handleOf(accepted)
  if (handle === null) return null
  ;(accepted as unknown as WithHandle)._handle = null
  // Without its handle this closes nothing, and the server no longer counts it.
  accepted.destroy()
  // The declared options lack both.
  const options: SocketConstructorOpts & { handle: Handle; onread: OnReadOpts } = {
    handle,
    allowHalfOpen: true,
    onread: onreadOf(receiver),
  }
  return new Socket(options)
}

function onreadOf(receiver: WireReceiver): OnReadOpts {
  return { buffer: () => receiver.target(), callback: bytes => receiver.filled(bytes) }
}

/** Where Node keeps what `onread` said: found by a socket that has it. */
interface OnReadKeys {
  readonly buffer: symbol
  readonly callback: symbol
  readonly next: symbol
}

let keys: OnReadKeys | null | undefined

function onReadKeys(): OnReadKeys | null {
  if (keys !== undefined) return keys
  const options: SocketConstructorOpts & { onread: OnReadOpts } = {
    onread: { buffer: Buffer.alloc(1), callback: () => true },
  }
  const symbols = Object.getOwnPropertySymbols(new Socket(options))
  const named = (name: string) => symbols.find(({ description }) => description === name)
  const [buffer, callback, next] = [named('kBuffer'), named('kBufferCb'), named('kBufferGen')]
  keys = buffer && callback && next ? { buffer, callback, next } : null
  return keys
}

/** Whether an encrypted socket can. */
export function canTurnInto(socket: Socket): boolean {
  return handleOf(socket) !== null && onReadKeys() !== null
}

/**
 * Has a socket whose events have to stay its own, as it encrypts, go on in the receiver's memory. What it has received already is put there
 * first. False where it cannot.
 */
export function turnInto(socket: Socket, receiver: WireReceiver): boolean {
  const handle = handleOf(socket)
  const found = onReadKeys()
  if (handle === null || found === null) return false
  for (let bytes = socket.read() as Buffer | null; bytes !== null; bytes = socket.read() as Buffer | null) {
    for (let at = 0; at < bytes.length; ) {
      const length = bytes.copy(receiver.target(), 0, at)
      receiver.filled(length)
      at += length
    }
  }
  const first = receiver.target()
  Object.assign(socket, {
    [found.buffer]: first,
    [found.callback]: (bytes: number) => receiver.filled(bytes),
    [found.next]: () => receiver.target(),
  })
  handle.useUserBuffer(first)
  return true
}
