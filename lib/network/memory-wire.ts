/** One end of a connection in memory. */
import { type Clock, nextTick } from '../base/clock.ts'
import { Queue } from '../base/queue.ts'
import type { Random } from '../base/random.ts'
import { systemErrorOf } from '../base/system-error.ts'
import type { Endpoint, Wire, WireReceiver } from './network.ts'

/** What a wire needs of the network that it belongs to. */
export interface WireHost {
  readonly clock: Clock
  readonly random: Random | null
  /** How long the next thing is on its way. */
  delayMs(): number
  /** Runs `run` in so many milliseconds, and at the end of this turn where that is none. */
  later(delayMs: number, run: () => void): void
  isBlocked(a: string, b: string): boolean
  /** The wire is no more. */
  forget(wire: MemoryWire): void
}

/** Bytes on their way that count as sent: what two sockets of a system hold. */
const windowBytes = 256 * 1024

/** What arrives at once. */
const pieceBytesMax = 64 * 1024

/** Something on its way to this end. Null bytes: the other end sends nothing more. */
interface Arrival {
  readonly bytes: Buffer | null
  readonly atMs: number
}

interface Sent {
  /** Bytes written up to the end of what was sent. */
  readonly upTo: number
  readonly sent: (error?: Error | null) => void
}

export class MemoryWire implements Wire {
  readonly kind = 'memory'
  readonly receivesInPlace = false
  readonly descriptor = -1
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly #network: WireHost
  #peer: MemoryWire | null = null
  #receiver: WireReceiver | null = null
  readonly #arrivals = new Queue<Arrival>()
  #lastArrivalMs = Number.NEGATIVE_INFINITY
  #isWoken = false
  #isPaused = false
  #writtenBytes = 0
  #takenBytes = 0
  readonly #sents = new Queue<Sent>()
  #isWritingEnded = false
  #isFinishing = false
  #isDestroyed = false

  private constructor(network: WireHost, local: Endpoint, remote: Endpoint) {
    this.#network = network
    this.localAddress = local.host
    this.localPort = local.port
    this.remoteAddress = remote.host
    this.remotePort = remote.port
  }

  /** The two ends of a new connection. */
  static pair(network: WireHost, a: Endpoint, b: Endpoint): [MemoryWire, MemoryWire] {
    const [near, far] = [new MemoryWire(network, a, b), new MemoryWire(network, b, a)]
    near.#peer = far
    far.#peer = near
    return [near, far]
  }

  get bytesQueued(): number {
    return Math.max(0, this.#writtenBytes - this.#takenBytes - windowBytes)
  }

  get isDestroyed(): boolean {
    return this.#isDestroyed
  }

  receive(receiver: WireReceiver): void {
    this.#receiver = receiver
    if (this.#isDestroyed) nextTick(() => receiver.closed(null), undefined)
    else this.deliver()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#wake(0)
  }

  write(bytes: Buffer, sent?: (error?: Error | null) => void): void {
    if (this.#isDestroyed || this.#isWritingEnded) {
      if (sent) nextTick(sent, systemErrorOf('EPIPE', 'the connection is closed'))
      return
    }
    this.#writtenBytes += bytes.length
    if (sent) this.#sents.push({ upTo: this.#writtenBytes, sent })
    // The sender may write to its memory again as soon as the bytes have left.
    for (const piece of this.#pieces(Buffer.from(bytes))) this.#peer?.arrives(piece)
    nextTick(settleSent, this)
  }

  writeAll(buffers: readonly Buffer[], sent?: (error?: Error | null) => void): void {
    this.write(Buffer.concat(buffers), sent)
  }

  endWriting(): void {
    if (this.#isDestroyed || this.#isWritingEnded) return
    this.#isWritingEnded = true
    this.#peer?.arrives(null)
  }

  finish(): void {
    this.endWriting()
    this.#isFinishing = true
    this.#settleSent()
  }

  destroy(error?: Error): void {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    this.#network.forget(this)
    const receiver = this.#receiver
    if (receiver) nextTick(() => receiver.closed(error ?? null), undefined)
    for (let each = this.#sents.shift(); each; each = this.#sents.shift()) {
      nextTick(each.sent, error ?? systemErrorOf('ECANCELED', 'the connection was closed'))
    }
    const peer = this.#peer
    if (!peer || peer.#isDestroyed) return
    if (error) peer.destroy(error)
    else if (!this.#isWritingEnded) {
      this.#isWritingEnded = true
      peer.arrives(null)
    }
  }

  /** Something was sent to this end. */
  arrives(bytes: Buffer | null): void {
    if (this.#isDestroyed) {
      // As a system answers what is sent to a socket that is gone.
      if (bytes !== null) this.#network.later(this.#network.delayMs(), () => this.#peer?.reset())
      return
    }
    const atMs = this.#network.clock.monotonicMs() + this.#network.delayMs()
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, atMs)
    this.#arrivals.push({ bytes, atMs: this.#lastArrivalMs })
    if (this.#arrivals.length === 1) this.#wake(atMs - this.#network.clock.monotonicMs())
  }

  /** The other end is gone, and was sent something. */
  reset(): void {
    this.destroy(systemErrorOf('ECONNRESET', 'the other end closed the connection'))
  }

  /** Gives the receiver what has arrived by now. */
  deliver(): void {
    const { clock } = this.#network
    while (this.#receiver && !this.#isPaused && !this.#isDestroyed) {
      const arrival = this.#arrivals.peek()
      if (!arrival || this.#network.isBlocked(this.localAddress, this.remoteAddress)) return
      const waitMs = arrival.atMs - clock.monotonicMs()
      if (waitMs > 0) {
        this.#wake(waitMs)
        return
      }
      this.#arrivals.shift()
      if (arrival.bytes === null) {
        this.#receiver.ended()
        continue
      }
      this.#peer?.taken(arrival.bytes.length)
      if (!this.#receiver.push(arrival.bytes)) this.#isPaused = true
    }
  }

  /** The other end has taken so many bytes more. */
  taken(bytes: number): void {
    this.#takenBytes += bytes
    this.#settleSent()
  }

  #wake(delayMs: number): void {
    if (this.#isWoken) return
    this.#isWoken = true
    this.#network.later(delayMs, () => {
      this.#isWoken = false
      this.deliver()
    })
  }

  /** Bytes as they may be cut on their way. */
  #pieces(bytes: Buffer): Buffer[] {
    const { random } = this.#network
    const pieces: Buffer[] = []
    for (let at = 0, end = 0; at < bytes.length; at = end) {
      end = Math.min(bytes.length, at + pieceBytesMax)
      if (random !== null && end - at > 1 && random.int(4) === 0) end = at + 1 + random.int(end - at - 1)
      pieces.push(bytes.subarray(at, end))
    }
    return pieces
  }

  #settleSent(): void {
    const leftUpTo = this.#takenBytes + windowBytes
    for (let each = this.#sents.peek(); each && each.upTo <= leftUpTo; each = this.#sents.peek()) {
      this.#sents.shift()
      each.sent()
    }
    if (this.#isFinishing && this.#writtenBytes <= leftUpTo) this.destroy()
  }

  static settleSent(wire: MemoryWire): void {
    wire.#settleSent()
  }
}

const { settleSent } = MemoryWire
