/**
 * Sends answers of which a part lies in a file: straight from there while the socket takes them, without waiting. What it does not
 * take is waited for with a piece that goes the usual way, through memory and Node's own queue: once that has left, there is room.
 */
import type { Chunk, FileBytes } from '../../protocol/records/chunk.ts'
import { Queue } from '../base/queue.ts'
import type { Wire } from '../network/network.ts'
import { giveUpNativeSend, isUnfit, nativeSend } from './native-send.ts'

/** Answers that are sent together. */
interface Group {
  readonly chunks: readonly Chunk[]
  readonly sent: () => void
}

/** What is brought into memory at once. */
const pieceBytes = 64 * 1024
/** Congestion control without timers, which every kernel has and lets everybody choose. */
const unpacedControl = 'reno'

export class FileSender {
  readonly #wire: Wire
  readonly #groups = new Queue<Group>()
  /** The chunk of the first group that is in turn, and how much of it has left. */
  #index = 0
  #at = 0
  /** Bytes that neither have left nor were handed to the socket. */
  bytesPending = 0
  /** A piece is on its way. */
  #waiting = false
  #dead = false
  readonly #failed: (error: unknown) => void

  /** `failed` is called where a file cannot be read any more: the connection is of no use then. */
  constructor(wire: Wire, failed: (error: unknown) => void) {
    this.#wire = wire
    this.#failed = failed
    unpace(wire)
  }

  /** Whether something is not sent yet: what comes now has to stand in line here. */
  get isBusy(): boolean {
    return this.#groups.length > 0
  }

  /** Sends chunks behind all that was given before, and calls `sent` when they have left or never will. */
  send(chunks: readonly Chunk[], bytes: number, sent: () => void): void {
    this.bytesPending += bytes
    this.#groups.push({ chunks, sent })
    if (!this.#waiting) this.#run()
  }

  /** The connection is gone. */
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
          this.#sendPiece(chunk)
          return
        }
      }
      this.#index = 0
      this.#groups.shift()
      // Whoever hears of it may send more at once: nothing of this group is left to be looked at.
      group.sent()
    }
  }

  /** Sends what the socket takes of a chunk; whether that was the rest of it. */
  #sendNow(chunk: Chunk): boolean {
    const native = nativeSend()
    const socketFd = this.#wire.descriptor
    // Behind what waits in the socket's own queue nothing may be sent past it.
    if (native === null || socketFd < 0 || this.#wire.bytesQueued > 0) return false
    const length = chunk.length - this.#at
    const sent = Buffer.isBuffer(chunk)
      ? native.bytes(socketFd, this.#at === 0 ? chunk : chunk.subarray(this.#at))
      : native.file(socketFd, chunk.fd, chunk.position + this.#at, length)
    if (sent > 0) {
      this.bytesPending -= sent
      this.#at += sent
      return sent === length
    }
    // The socket is full, or it or the disk is broken: the piece will meet that too.
    if (sent < 0 && isUnfit(-sent)) giveUpNativeSend()
    return false
  }

  /** Sends the next piece of a chunk through memory, and goes on when it has left. */
  #sendPiece(chunk: Chunk): void {
    let piece: Buffer
    try {
      piece = Buffer.isBuffer(chunk) ? chunk.subarray(this.#at) : this.#read(chunk)
    } catch (error) {
      // The client was promised these bytes.
      this.#waiting = true
      this.#failed(error)
      return
    }
    this.#at += piece.length
    this.bytesPending -= piece.length
    if (this.#at === chunk.length) {
      this.#index++
      this.#at = 0
    }
    this.#waiting = true
    this.#wire.write(piece, error => {
      this.#waiting = false
      if (!error && !this.#dead) this.#run()
    })
  }

  #read(chunk: FileBytes): Buffer {
    const length = Math.min(pieceBytes, chunk.length - this.#at)
    const piece = Buffer.allocUnsafeSlow(length)
    if (chunk.read(piece, length, this.#at) < length) throw new Error('a file became shorter while it was sent')
    return piece
  }
}

/**
 * BBR, where a system uses it, spreads what is sent over time, by timers. To a client on the same machine that serves nothing, and
 * cost four times as much as sending a file: 0.4 instead of 0.1 s of the kernel's time per GB.
 */
function unpace(wire: Wire): void {
  const native = nativeSend()
  const fd = wire.descriptor
  if (native === null || fd < 0 || wire.remoteAddress !== wire.localAddress) return
  if (native.congestionControlOf(fd).startsWith('bbr')) native.setCongestionControl(fd, unpacedControl)
}
