/** The broker's end of a connection whose first bytes somebody looks at before it is known who serves it. */
import { nextTick } from '../../base/clock.ts'
import type { Wire, WireReceiver } from '../../network/network.ts'

type Sent = (error?: Error | null) => void

/** What wires read into; one for all, as it is copied within the callback. */
const scratch = Buffer.alloc(64 * 1024)

/** See the head of the file. Nobody receives while it is looked at; who serves it then gets all that came. */
export class PeekedWire implements Wire {
  readonly #wire: Wire
  /** Null where hands were shaken already. */
  readonly secure: Wire['secure']
  #isPeeked = false
  #came: Buffer[] = []
  #isEnded = false
  #closed: { readonly error: Error | null } | null = null
  #receiver: WireReceiver | null = null

  /** `isSecured`: hands were shaken already, where that is needed. */
  constructor(wire: Wire, isSecured: boolean) {
    this.#wire = wire
    this.secure = wire.secure === null ? null : isSecured ? done => done(null) : done => wire.secure!(done)
  }

  /** Shows all that has come so far, each time that there is more, until `look` says that it has seen enough. */
  peek({ look, gone }: { readonly look: (bytes: Buffer) => boolean; readonly gone: () => void }): void {
    this.#isPeeked = true
    let isSeen = false
    const came = (bytes: Buffer): boolean => {
      if (this.#receiver !== null && this.#came.length === 0) return this.#receiver.push(bytes)
      this.#came.push(bytes)
      // Who serves it says when it goes on.
      isSeen ||= look(Buffer.concat(this.#came))
      return !isSeen
    }
    this.#wire.receive({
      target: () => scratch,
      filled: bytes => came(Buffer.from(scratch.subarray(0, bytes))),
      push: came,
      ended: () => {
        if (this.#receiver === null || this.#came.length > 0) this.#isEnded = true
        else this.#receiver.ended()
      },
      closed: error => {
        if (this.#receiver !== null) this.#receiver.closed(error)
        else this.#closed = { error }
        if (!isSeen) gone()
      },
    })
  }

  receive(receiver: WireReceiver): void {
    if (!this.#isPeeked) {
      this.#wire.receive(receiver)
      return
    }
    nextTick(() => {
      this.#receiver = receiver
      const bytes = Buffer.concat(this.#came)
      this.#came = []
      if (this.#closed !== null) {
        receiver.closed(this.#closed.error)
        return
      }
      const goesOn = bytes.length === 0 || receiver.push(bytes)
      if (this.#isEnded) receiver.ended()
      else if (goesOn) this.#wire.resume()
    }, undefined)
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

  /** Bytes that were looked at have memory of their own. */
  get receivesInPlace() {
    return !this.#isPeeked && this.#wire.receivesInPlace
  }

  get descriptor() {
    return this.#wire.descriptor
  }

  get serverName() {
    return this.#wire.serverName
  }

  get peerCertificate() {
    return this.#wire.peerCertificate
  }

  get bytesQueued() {
    return this.#wire.bytesQueued
  }

  get isDestroyed() {
    return this.#wire.isDestroyed
  }

  pause(): void {
    this.#wire.pause()
  }

  resume(): void {
    this.#wire.resume()
  }

  write(bytes: Buffer, sent?: Sent): void {
    this.#wire.write(bytes, sent)
  }

  writeAll(buffers: readonly Buffer[], sent?: Sent): void {
    this.#wire.writeAll(buffers, sent)
  }

  endWriting(): void {
    this.#wire.endWriting()
  }

  finish(): void {
    this.#wire.finish()
  }

  destroy(error?: Error): void {
    this.#wire.destroy(error)
  }
}
