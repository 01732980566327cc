/**
 * How answers get to a socket: straight through its handle where Node lets us, through its stream elsewhere. The stream costs more
 * than the system call for a small answer: a state of its own, a tick and a callback for each write.
 *
 * The handle is the private one of receive.ts. It wants a request object of a class that Node keeps to itself; its own first write
 * shows it. What goes by the handle and what goes by the stream keep their order, as both end in the handle's queue.
 */
import type { Socket } from 'node:net'
import { type Handle, handleOf, type ReceivePath } from './receive.ts'

/** What a handle is given with each write. */
interface WriteRequest {
  /** Called with 0 or an error when a write that could not be done at once is. */
  oncomplete: (this: WriteRequest, status: number) => void
  /** Keep memory alive until then. */
  chunks: readonly Buffer[] | null
  outlet: Outlet | null
  sent: (() => void) | null
}

let RequestClass: (new () => WriteRequest) | null = null

/** Notes the class of the request that Node makes for its next write. */
function learnFrom(handle: Handle): void {
  const { writeBuffer } = handle
  handle.writeBuffer = (request: object, bytes: Buffer) => {
    RequestClass ??= request.constructor as new () => WriteRequest
    Reflect.deleteProperty(handle, 'writeBuffer')
    return writeBuffer.call(handle, request, bytes)
  }
}

/** Where a connection's answers leave. */
export class Outlet {
  readonly #socket: Socket
  readonly #handle: Handle | null
  /** Writes by the handle that the kernel did not take whole. */
  #waiting = 0

  constructor(socket: Socket, path: ReceivePath) {
    this.#socket = socket
    this.#handle = path === 'slab' ? handleOf(socket) : null
    if (this.#handle && RequestClass === null) learnFrom(this.#handle)
  }

  /** Bytes that were given and have not left for the client. */
  get bytesPending(): number {
    const { writableLength } = this.#socket
    return this.#waiting === 0 ? writableLength : writableLength + this.#handle!.writeQueueSize
  }

  /** Sends chunks by one write. `sent` is called when they have left, maybe before this returns, or when they never will. */
  send(chunks: readonly Buffer[], sent: () => void): void {
    const socket = this.#socket
    if (this.#handle !== null && RequestClass !== null && socket.writable && socket.writableLength === 0) {
      this.#sendByHandle(this.#handle, new RequestClass(), chunks, sent)
    } else if (chunks.length === 1) {
      socket.write(chunks[0]!, sent)
    } else {
      socket.cork()
      const last = chunks.length - 1
      for (let i = 0; i < last; i++) socket.write(chunks[i]!)
      socket.write(chunks[last]!, sent)
      socket.uncork()
    }
  }

  #sendByHandle(handle: Handle, request: WriteRequest, chunks: readonly Buffer[], sent: () => void): void {
    request.oncomplete = completed
    const error = chunks.length === 1 ? handle.writeBuffer(request, chunks[0]!) : handle.writev(request, chunks, true)
    if (error === 0 && handle.writeQueueSize > 0) {
      request.chunks = chunks
      request.outlet = this
      request.sent = sent
      this.#waiting++
      return
    }
    if (error !== 0) this.#socket.destroy()
    sent()
  }

  static completed(outlet: Outlet, status: number): void {
    outlet.#waiting--
    if (status !== 0) outlet.#socket.destroy()
  }
}

const outletCompleted = Outlet.completed

function completed(this: WriteRequest, status: number): void {
  const { outlet, sent } = this
  this.chunks = null
  if (outlet === null || sent === null) return
  outletCompleted(outlet, status)
  sent()
}
