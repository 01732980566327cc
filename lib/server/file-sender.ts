/**
 * Sends answers of which a part lies in a file, by sendfile(2) and without blocking. Where the socket buffer is full, the next piece goes
 * through memory and Node's own write queue; when the system has taken it, the buffer has room, and sendfile(2) goes on. Where the wire
 * encrypts, all goes in pieces.
 */
import type { Chunk, FileBytes } from '../../protocol/records/chunk.ts'
import { poison } from '../../protocol/records/poison.ts'
import { Queue } from '../base/queue.ts'
import type { Wire } from '../network/network.ts'
import { giveUpNativeSend, isUnfit, nativeSend } from './native-send.ts'

/** Answers that are sent together. */
interface Group {
  readonly chunks: readonly Chunk[]
  readonly sent: () => void
}

/** The size of a piece that goes through memory, where the wire says none. */
const pieceBytesDefault = 64 * 1024
/** Pieces that nobody uses, by size: new memory costs more than the copy out of the page cache. */
const pieces = new Map<number, Buffer[]>()
/** How many of each size are kept. */
const sparePiecesMax = 16
/** Congestion control without pacing, which every kernel has and lets every process choose. */
const unpacedControl = 'reno'

export class FileSender {
  readonly #wire: Wire
  readonly #groups = new Queue<Group>()
  /** The chunk of the first group that is sent now, and how much of it was sent. */
  #index = 0
  #at = 0
  /** Bytes that neither were sent nor handed to the socket. */
  bytesPending = 0
  /** A piece is in Node's write queue. */
  #waiting = false
  #dead = false
  readonly #pieceBytes: number
  readonly #failed: (error: unknown) => void

  /** `failed` is called when a file cannot be read any more; the connection has to be closed then. */
  constructor(wire: Wire, failed: (error: unknown) => void) {
    this.#wire = wire
    this.#pieceBytes = wire.pieceBytes ?? pieceBytesDefault
    this.#failed = failed
    unpace(wire)
  }

  /** Whether something is not sent yet: later answers have to be queued here. */
  get isBusy(): boolean {
    return this.#groups.length > 0
  }

  /** Sends chunks after all earlier ones, and calls `sent` when they are sent or never will be. */
  send(chunks: readonly Chunk[], bytes: number, sent: () => void): void {
    this.bytesPending += bytes
    this.#groups.push({ chunks, sent })
    if (!this.#waiting) this.#run()
  }

  /** The connection is closed. */
  die(): void {
    this.#dead = true
    this.bytesPending = 0
    for (let group = this.#groups.shift(); group; group = this.#groups.shift()) group.sent()
  }

  #run(): void {
    for (let group = this.#groups.peek(); group; group = this.#groups.peek()) {
      for (; this.#index < group.chunks.length; this.#index++, this.#at = 0) {
        const chunk = group.chunks[this.#index]!
        if (!this.#sendNow(chunk)) {
          this.#sendPiece(group.chunks)
          return
        }
      }
      this.#index = 0
      this.#groups.shift()
      // Called last, as `sent` may call `send`.
      group.sent()
    }
  }

  /** Sends as much of a chunk as the socket buffer takes; true where that was the rest of it. */
  #sendNow(chunk: Chunk): boolean {
    const socketFd = this.#wire.descriptor
    // Where all goes through the wire, the calls are not even loaded.
    const native = socketFd < 0 ? null : nativeSend()
    // Order: nothing may overtake what is in Node's write queue.
    if (native === null || this.#wire.bytesQueued > 0) return false
    const length = chunk.length - this.#at
    const sent = Buffer.isBuffer(chunk)
      ? native.bytes(socketFd, this.#at === 0 ? chunk : chunk.subarray(this.#at))
      : native.file(socketFd, chunk.fd, chunk.position + this.#at, length)
    if (sent > 0) {
      this.bytesPending -= sent
      this.#at += sent
      return sent === length
    }
    // The socket buffer is full, or socket or disk failed: the piece through memory will find out.
    if (sent < 0 && isUnfit(-sent)) giveUpNativeSend()
    return false
  }

  /** Sends the next piece of the first group through memory, and goes on when the system has taken it. */
  #sendPiece(chunks: readonly Chunk[]): void {
    this.#waiting = true
    const first = chunks[this.#index]!
    if (Buffer.isBuffer(first) && first.length - this.#at >= this.#pieceBytes) {
      const rest = first.subarray(this.#at)
      this.#step(first, rest.length)
      this.#write(rest, null)
      return
    }
    const piece = pieces.get(this.#pieceBytes)?.pop() ?? Buffer.allocUnsafeSlow(this.#pieceBytes)
    let length = 0
    try {
      while (length < piece.length && this.#index < chunks.length) {
        const chunk = chunks[this.#index]!
        const part = Math.min(piece.length - length, chunk.length - this.#at)
        if (Buffer.isBuffer(chunk)) chunk.copy(piece, length, this.#at, this.#at + part)
        else this.#read(chunk, piece, length, part)
        length += part
        this.#step(chunk, part)
      }
    } catch (error) {
      // The size of the answer is sent already, or will be, so it cannot be shortened.
      this.#failed(error)
      return
    }
    this.#write(length < piece.length ? piece.subarray(0, length) : piece, piece)
  }

  #write(bytes: Buffer, piece: Buffer | null): void {
    this.bytesPending -= bytes.length
    this.#wire.write(bytes, error => {
      if (piece !== null) giveBack(piece)
      this.#waiting = false
      if (!error && !this.#dead) this.#run()
    })
  }

  /** So many bytes of a chunk are sent or in a piece. */
  #step(chunk: Chunk, bytes: number): void {
    this.#at += bytes
    if (this.#at < chunk.length) return
    this.#index++
    this.#at = 0
  }

  #read(chunk: FileBytes, into: Buffer, at: number, length: number): void {
    const room = at === 0 && length === into.length ? into : into.subarray(at, at + length)
    if (chunk.read(room, length, this.#at) < length) throw new Error('a file became shorter while it was sent')
  }
}

function giveBack(piece: Buffer): void {
  poison(piece)
  const spare = pieces.get(piece.length)
  if (spare === undefined) pieces.set(piece.length, [piece])
  else if (spare.length < sparePiecesMax) spare.push(piece)
}

/**
 * Turns off pacing between ends on the same machine. BBR, where a system uses it, paces by timers. On one machine that has no use, and
 * sending a file cost four times as much: 0.4 instead of 0.1 s of kernel time per GB.
 */
function unpace(wire: Wire): void {
  const fd = wire.descriptor
  const native = fd < 0 ? null : nativeSend()
  if (native === null || wire.remoteAddress !== wire.localAddress) return
  if (native.congestionControlOf(fd).startsWith('bbr')) native.setCongestionControl(fd, unpacedControl)
}
