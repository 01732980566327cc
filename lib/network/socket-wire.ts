/** A socket of Node as a wire: what TCP and TLS have in common. */
import type { Socket } from 'node:net'
import { plainAddress, type Wire, type WireReceiver } from './network.ts'

export abstract class SocketWire implements Wire {
  abstract readonly kind: 'tcp' | 'tls'
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  protected socket: Socket

  /** The socket must be paused. */
  constructor(socket: Socket) {
    this.socket = socket
    // The address is undefined where the client has disconnected already.
    this.remoteAddress = plainAddress(socket.remoteAddress ?? '')
    this.remotePort = socket.remotePort ?? 0
    this.localAddress = plainAddress(socket.localAddress ?? '')
    this.localPort = socket.localPort ?? 0
  }

  abstract get receivesInPlace(): boolean
  abstract get descriptor(): number
  abstract get secure(): Wire['secure']
  abstract get peerCertificate(): Buffer | null

  get bytesQueued(): number {
    return this.socket.writableLength
  }

  get isDestroyed(): boolean {
    return this.socket.destroyed
  }

  receive(receiver: WireReceiver): void {
    this.takeBytes(receiver)
    let failure: Error | null = null
    this.socket.on('end', () => receiver.ended())
    this.socket.on('error', error => {
      failure = this.failureOf(error)
    })
    this.socket.on('close', () => receiver.closed(failure))
    this.socket.resume()
  }

  /** What the receiver is told of an error of the socket. */
  protected failureOf(error: Error): Error {
    return error
  }

  /** Has the bytes that come in handed to the receiver. */
  protected takeBytes(receiver: WireReceiver): void {
    const { socket } = this
    socket.on('data', (bytes: Buffer) => {
      if (!receiver.push(bytes)) socket.pause()
    })
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  write(bytes: Buffer, sent?: (error?: Error | null) => void): void {
    this.socket.write(bytes, sent)
  }

  writeAll(buffers: readonly Buffer[], sent?: (error?: Error | null) => void): void {
    const last = buffers.length - 1
    if (last === 0) {
      this.socket.write(buffers[0]!, sent)
      return
    }
    this.socket.cork()
    for (let i = 0; i < last; i++) this.socket.write(buffers[i]!)
    this.socket.write(buffers[last]!, sent)
    this.socket.uncork()
  }

  endWriting(): void {
    this.socket.end()
  }

  finish(): void {
    this.socket.destroySoon()
  }

  destroy(error?: Error): void {
    this.socket.destroy(error)
  }
}
