/** One end of a connection in memory. */
import { type Clock, nextTick } from '../base/clock.ts'
import { Queue } from '../base/queue.ts'
import type { Random } from '../base/random.ts'
import { systemErrorOf } from '../base/system-error.ts'
import type { Endpoint, Wire, WireReceiver } from './network.ts'

/** The network as a wire sees it. */
export interface WireHost {
  readonly clock: Clock
  readonly random: Random | null
  /** The latency of the next bytes. */
  delayMs(): number
  /** Runs `run` in so many milliseconds; for 0, at the end of this turn. */
  later(delayMs: number, run: () => void): void
  isBlocked(a: string, b: string): boolean
  /** The wire is closed. */
  forget(wire: MemoryWire): void
}

/** Bytes in flight that count as sent, like the socket buffers of both ends. */
const windowBytes = 256 * 1024

/** The largest piece that arrives at once. */
const pieceBytesMax = 64 * 1024

/** Bytes in flight to this end. Null stands for the end of what the other end sends. */
interface Arrival {
  readonly bytes: Buffer | null
  readonly atMs: number
}

interface Sent {
  /** Bytes written so far when `sent` was handed in. */
  readonly upTo: number
  readonly sent: (error?: Error | null) => void
}

export class MemoryWire implements Wire {
  readonly kind = 'memory'
  readonly receivesInPlace = false
  readonly descriptor = -1
  readonly secure = null
  readonly peerCertificate = null
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
    // A copy: the sender may reuse its memory once the bytes count as sent.
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

  /** Bytes were sent to this end. */
  arrives(bytes: Buffer | null): void {
    if (this.#isDestroyed) {
      // As a system answers bytes for a closed socket with RST.
      if (bytes !== null) this.#network.later(this.#network.delayMs(), () => this.#peer?.reset())
      return
    }
    const atMs = this.#network.clock.monotonicMs() + this.#network.delayMs()
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, atMs)
    this.#arrivals.push({ bytes, atMs: this.#lastArrivalMs })
    if (this.#arrivals.length === 1) this.#wake(atMs - this.#network.clock.monotonicMs())
  }

  /** Bytes were sent after the other end had closed. */
  reset(): void {
    this.destroy(systemErrorOf('ECONNRESET', 'the other end closed the connection'))
  }

  /** Hands the receiver the bytes that have arrived by now. */
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

  /** The other end has received so many bytes more. */
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

  /** Splits bytes as a network may. */
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
