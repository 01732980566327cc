/**
 * One connection of the generator. What it receives is cut into frames in one buffer that all connections share, so that the
 * generator costs as little as it can: the broker is what is measured.
 */
import net from 'node:net'
import tls from 'node:tls'

/** All connections read into this; what is read is looked at before the next read. */
const incoming = Buffer.allocUnsafeSlow(1024 * 1024)
const sizeBytes = 4

/** Who is told what comes in. */
export interface WireListener {
  /** So many bytes of an answer's frame, its size left out: from `start` to `end` of the buffer, which is overwritten afterwards. */
  bytes(buffer: Buffer, start: number, end: number): void
  /** The answer has come to its end. */
  answered(): void
  /** The connection is gone. */
  closed(reason: string): void
}

/** A connection that sends ready-made frames. */
export class Wire {
  readonly #socket: net.Socket
  #listener: WireListener | null = null
  /** Bytes of the present answer that are still to come. */
  #left = 0
  #sizeRead = 0
  #size = 0
  #isClosed = false

  private constructor(socket: net.Socket) {
    this.#socket = socket
  }

  /** `authority` is the certificate, PEM, of whom to trust, where it is to speak TLS. */
  static open(host: string, port: number, authority?: string): Promise<Wire> {
    if (authority !== undefined) return Wire.#openSecured(host, port, authority)
    return new Promise((resolve, reject) => {
      const wire: { made: Wire | null } = { made: null }
      const onread: net.OnReadOpts = {
        buffer: incoming,
        callback: bytes => {
          wire.made?.received(incoming, bytes)
          return true
        },
      }
      const socket = net.connect({ host, port, noDelay: true, onread })
      wire.made = new Wire(socket)
      socket.once('connect', () => resolve(wire.made!))
      socket.once('error', reject)
      socket.on('close', () => wire.made!.closed('the connection was closed'))
    })
  }

  static #openSecured(host: string, port: number, authority: string): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = tls.connect({ host, port, ca: [authority] })
      socket.setNoDelay(true)
      const wire = new Wire(socket)
      socket.once('secureConnect', () => resolve(wire))
      socket.once('error', reject)
      socket.on('data', bytes => wire.received(bytes, bytes.length))
      socket.on('close', () => wire.closed('the connection was closed'))
    })
  }

  listen(listener: WireListener): void {
    this.#listener = listener
  }

  /** Several sends before `uncork` are one write. */
  cork(): void {
    this.#socket.cork()
  }

  uncork(): void {
    this.#socket.uncork()
  }

  /** `gone` is called once the frame is the kernel's. */
  send(frame: Buffer, gone?: () => void): void {
    this.#socket.write(frame, gone)
  }

  close(): void {
    this.#isClosed = true
    this.#socket.destroy()
  }

  closed(reason: string): void {
    if (!this.#isClosed) this.#listener?.closed(reason)
    this.#isClosed = true
  }

  received(buffer: Buffer, length: number): void {
    let at = 0
    while (at < length && !this.#isClosed) {
      if (this.#left === 0) {
        this.#size = (this.#size << 8) | buffer[at++]
        if (++this.#sizeRead < sizeBytes) continue
        this.#left = this.#size
        this.#size = 0
        this.#sizeRead = 0
        continue
      }
      const end = Math.min(length, at + this.#left)
      this.#left -= end - at
      this.#listener?.bytes(buffer, at, end)
      at = end
      if (this.#left === 0) this.#listener?.answered()
    }
  }
}
