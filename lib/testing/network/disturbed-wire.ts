/** The broker's end of a connection that a test may disturb. While it does not, bytes pass as they come. */

import type { Clock } from '../../base/clock.ts'
import { nextTick } from '../../base/clock.ts'
import { systemErrorOf } from '../../base/system-error.ts'
import type { Wire, WireReceiver } from '../../network/network.ts'
import { Lane, type LaneState } from './lane.ts'

/** Bytes that are held up on their way in, as in the buffers of a socket. */
const heldBytesMax = 256 * 1024
/** What wires read into; one for all, as it is copied within the callback. */
const scratch = Buffer.alloc(64 * 1024)

type Sent = (error?: Error | null) => void

/** See the head of the file. */
export class DisturbedWire implements Wire {
  readonly #wire: Wire
  readonly #in: Lane
  readonly #out: Lane
  readonly #closed: (wire: DisturbedWire) => void
  #receiver: WireReceiver | null = null
  #isPaused = false
  #heldBytes = 0
  #outBytes = 0

  constructor(
    wire: Wire,
    clock: Clock,
    stateOf: (direction: 'in' | 'out') => LaneState,
    closed: (wire: DisturbedWire) => void,
  ) {
    this.#wire = wire
    this.#in = new Lane(clock, () => stateOf('in'))
    this.#out = new Lane(clock, () => stateOf('out'))
    this.#closed = closed
  }

  get kind() {
    return this.#wire.kind
  }

  get remoteAddress() {
    return this.#wire.remoteAddress
  }

  get remotePort() {
    return this.#wire.remotePort
  }

  get localAddress() {
    return this.#wire.localAddress
  }

  get localPort() {
    return this.#wire.localPort
  }

  /** Bytes that are held up need memory of their own. */
  get receivesInPlace() {
    return false
  }

  get descriptor() {
    return this.#out.isClear ? this.#wire.descriptor : -1
  }

  get secure(): Wire['secure'] {
    const { secure } = this.#wire
    return secure === null ? null : done => secure.call(this.#wire, done)
  }

  get peerCertificate() {
    return this.#wire.peerCertificate
  }

  get serverName() {
    return this.#wire.serverName
  }

  get bytesQueued() {
    return this.#wire.bytesQueued + this.#outBytes
  }

  get isDestroyed() {
    return this.#wire.isDestroyed
  }

  receive(receiver: WireReceiver): void {
    this.#receiver = receiver
    this.#wire.receive({
      // Where the wire reads into memory, it is copied at once.
      target: () => scratch,
      filled: bytes => this.#came(Buffer.from(scratch.subarray(0, bytes))),
      push: bytes => this.#came(bytes),
      ended: () => {
        if (this.#in.isClear) receiver.ended()
        else this.#in.put(0, () => receiver.ended())
      },
      closed: error => {
        this.#in.close()
        this.#out.close()
        this.#closed(this)
        receiver.closed(error)
      },
    })
  }

  pause(): void {
    this.#isPaused = true
    this.#wire.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (this.#heldBytes <= heldBytesMax) this.#wire.resume()
  }

  write(bytes: Buffer, sent?: Sent): void {
    if (this.#out.isClear) this.#wire.write(bytes, sent)
    else this.#later(Buffer.from(bytes), sent)
  }

  writeAll(buffers: readonly Buffer[], sent?: Sent): void {
    if (this.#out.isClear) this.#wire.writeAll(buffers, sent)
    else this.#later(Buffer.concat(buffers), sent)
  }

  endWriting(): void {
    if (this.#out.isClear) this.#wire.endWriting()
    else this.#out.put(0, () => this.#wire.endWriting())
  }

  finish(): void {
    if (this.#out.isClear) this.#wire.finish()
    else this.#out.put(0, () => this.#wire.finish())
  }

  destroy(error?: Error): void {
    this.#wire.destroy(error)
  }

  /** Breaks it as a network does. */
  cut(): void {
    this.#wire.destroy(systemErrorOf('ECONNRESET', 'the connection was cut by a test'))
  }

  /** What holds bytes up may have ended. */
  changed(): void {
    this.#in.changed()
    this.#out.changed()
  }

  #came(bytes: Buffer): boolean {
    if (this.#in.isClear) return this.#arrived(bytes)
    this.#heldBytes += bytes.length
    this.#in.put(bytes.length, () => {
      this.#heldBytes -= bytes.length
      if (!this.#wire.isDestroyed && !this.#arrived(bytes)) this.#wire.pause()
      else if (!this.#isPaused && this.#heldBytes <= heldBytesMax) this.#wire.resume()
    })
    return this.#heldBytes <= heldBytesMax
  }

  #arrived(bytes: Buffer): boolean {
    const goesOn = this.#receiver!.push(bytes)
    this.#isPaused = !goesOn
    return goesOn
  }

  /** The bytes are a copy, so they count as sent. */
  #later(bytes: Buffer, sent: Sent | undefined): void {
    this.#outBytes += bytes.length
    this.#out.put(bytes.length, () => {
      this.#outBytes -= bytes.length
      if (!this.#wire.isDestroyed) this.#wire.write(bytes)
    })
    if (sent) nextTick(sent, null)
  }
}
