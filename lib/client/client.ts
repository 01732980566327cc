/**
 * A connection to a broker, for the command line, for checks and for tests: requests at a chosen version, many under way at once,
 * and raw bytes. It knows nothing of topics, leaders or groups.
 */
import { DecodeError, decode } from '../../protocol/codec.ts'
import { codes } from '../../protocol/errors.ts'
import { Reader } from '../../protocol/reader.ts'
import { encodeRequestFrame } from '../../protocol/request-frame.ts'
import type { Api, ClientRequestOf, ClientResponseOf } from '../../protocol/schema.ts'
import { Alarm } from '../base/alarm.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { Deadlines } from '../base/deadlines.ts'
import { offLoop } from '../base/off-loop.ts'
import { Queue } from '../base/queue.ts'
import type { Network, TlsConnecting, Wire } from '../network/network.ts'
import { systemNetwork } from '../network/tcp.ts'
import { FrameSizeError, Frames } from './frames.ts'
import type { ClientLogin, logIn } from './login.ts'

export interface ClientOptions {
  readonly host: string
  readonly port: number
  /** How the client names itself in every request. */
  readonly clientId?: string | null
  /** How long an answer, and the connection itself, may take. */
  readonly timeoutMs?: number
  readonly clock?: Clock
  /** The machine's own where it is not given. */
  readonly network?: Network
  /** Encrypts the connection. */
  readonly tls?: TlsConnecting
  /** Who the client is, where the broker asks for it. */
  readonly login?: ClientLogin
}

/** The answer did not come: the connection was closed, or it took too long. Or what came is none. */
export class ClientError extends Error {
  override readonly name = 'ClientError'
}

interface Waiting {
  readonly timeoutMs?: number
  /** Takes the answer's frame, without its size. */
  resolve(frame: Buffer): void
  reject(error: Error): void
}

let loadedLogin: typeof logIn | undefined

/** Loads what logs clients in, which those who are asked for no login do without. */
export async function loadLogin(): Promise<typeof logIn> {
  loadedLogin ??= (await offLoop(import('./login.ts'))).logIn
  return loadedLogin
}

const apiVersionsKey = 18
const nothing: Buffer = Buffer.alloc(0)

export class Client {
  readonly #wire: Wire
  readonly #clientId: string | null
  readonly #timeoutMs: number
  readonly #clock: Clock
  readonly #incoming = new Frames()
  readonly #waiting = new Map<number, Waiting>()
  readonly #deadlines = new Deadlines<number>()
  readonly #alarm: Alarm
  /** Frames that nobody has asked for yet, and those who asked before one came. */
  readonly #frames = new Queue<Buffer>()
  readonly #frameTakers = new Queue<Waiting>()
  #correlationId = 0
  #end: ClientError | null = null
  #paused = false
  /** Settles when the connection is closed, by whichever side. */
  readonly closed: Promise<void>

  private constructor(wire: Wire, options: ClientOptions) {
    this.#wire = wire
    this.#clientId = options.clientId === undefined ? 'ottla' : options.clientId
    this.#timeoutMs = options.timeoutMs ?? 30_000
    this.#clock = options.clock ?? systemClock
    this.#alarm = new Alarm(this.#clock, () => this.#expire(), 'monotonicMs')
    this.closed = new Promise(resolve => {
      wire.receive({
        // Connections that were not accepted have their bytes pushed.
        target: () => nothing,
        filled: () => true,
        push: bytes => {
          this.#received(bytes)
          return !this.#paused
        },
        // The broker sends nothing more: what it has not answered by now, it never will.
        ended: () => wire.finish(),
        closed: error => {
          this.#ended(error ? `the connection failed: ${error.message}` : 'the broker closed the connection')
          resolve()
        },
      })
    })
  }

  /** Connects, and logs in; rejects with ClientError where nobody listens or it takes too long, with LoginError where the broker refuses. */
  static async connect(options: ClientOptions): Promise<Client> {
    if (options.login === undefined) return Client.#connect(options)
    // Before there is a connection: a broker closes one on which nobody logs in for long.
    const logIn = await loadLogin()
    const client = await Client.#connect(options)
    try {
      await logIn(client, options.login)
      return client
    } catch (error) {
      await client.close()
      throw error
    }
  }

  static async #connect(options: ClientOptions): Promise<Client> {
    const { host, port, tls, timeoutMs = 30_000, clock = systemClock, network = systemNetwork } = options
    const late = new AbortController()
    const timer = clock.schedule(timeoutMs, () => late.abort(new Error(`no connection within ${timeoutMs} ms`)))
    try {
      return new Client(await network.connect({ host, port, tls }, late.signal), options)
    } catch (error) {
      throw new ClientError(`cannot connect to ${host}:${port}: ${(error as Error).message}`, { cause: error })
    } finally {
      timer.cancel()
    }
  }

  /** The port of this end. */
  get localPort(): number {
    return this.#wire.localPort
  }

  /** Sends a request and waits for its answer. Others may be sent meanwhile; the broker answers in order. */
  async send<A extends Api>(
    api: A,
    version: number,
    request: ClientRequestOf<A>,
    timeoutMs = this.#timeoutMs,
  ): Promise<ClientResponseOf<A>> {
    const correlationId = ++this.#correlationId
    const frame = await new Promise<Buffer>((resolve, reject) => {
      if (this.#end) {
        reject(this.#end)
        return
      }
      const chunks = encodeRequestFrame(api, version, correlationId, this.#clientId, request)
      this.#waiting.set(correlationId, { timeoutMs, resolve, reject })
      this.#deadlines.set(correlationId, this.#clock.monotonicMs() + timeoutMs)
      this.#alarm.set(this.#deadlines.nextMs())
      this.#write(chunks)
    })
    try {
      return decodeResponse(api, version, frame)
    } catch (error) {
      // Whoever is there speaks something else; nothing that it says later can be understood either.
      if (!(error instanceof DecodeError || error instanceof RangeError)) throw error
      const reason = `the answer to ${api.name} cannot be read: ${error.message}`
      this.#ended(reason)
      this.#wire.destroy()
      throw new ClientError(reason, { cause: error })
    }
  }

  /** Sends a request that the broker does not answer, Produce with acks=0; resolves when the system has taken its bytes. */
  sendUnanswered<A extends Api>(api: A, version: number, request: ClientRequestOf<A>): Promise<void> {
    if (this.#end) return Promise.reject(this.#end)
    const frame = encodeRequestFrame(api, version, ++this.#correlationId, this.#clientId, request)
    return new Promise((resolve, reject) => this.#wire.writeAll(frame, error => (error ? reject(error) : resolve())))
  }

  /** Sends bytes as they are. What comes back is taken by `receiveFrame`, unless its correlation id is one that `send` waits for. */
  sendRaw(bytes: Uint8Array): void {
    this.#wire.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  }

  /** The next frame that answers no `send`, without its size; null where the connection is closed before one comes. */
  async receiveFrame(): Promise<Buffer | null> {
    const frame = this.#frames.shift()
    if (frame) return frame
    if (this.#end) return null
    return new Promise(resolve => this.#frameTakers.push({ resolve, reject: () => resolve(null) }))
  }

  /** Reads nothing until `resume`: a client that does not take its answers. */
  pause(): void {
    this.#paused = true
    this.#wire.pause()
  }

  resume(): void {
    this.#paused = false
    this.#wire.resume()
  }

  /** Says that nothing more will be sent, and still reads. */
  endWriting(): void {
    this.#wire.endWriting()
  }

  /** Closes the connection; answers still under way are rejected. */
  close(): Promise<void> {
    this.#ended('the client was closed')
    this.#wire.destroy()
    return this.closed
  }

  #write(chunks: readonly Buffer[]): void {
    this.#wire.writeAll(chunks)
  }

  #received(bytes: Buffer): void {
    try {
      for (const frame of this.#incoming.push(bytes)) this.#deliver(frame)
    } catch (error) {
      if (!(error instanceof FrameSizeError)) throw error
      this.#ended(`the broker sent ${error.message}`)
      this.#wire.destroy()
    }
  }

  #deliver(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0)
    const waiting = this.#waiting.get(correlationId)
    if (waiting) {
      this.#forget(correlationId)
      waiting.resolve(frame)
      return
    }
    const taker = this.#frameTakers.shift()
    if (taker) taker.resolve(frame)
    else this.#frames.push(frame)
  }

  #forget(correlationId: number): void {
    this.#waiting.delete(correlationId)
    this.#deadlines.cancel(correlationId)
    if (this.#deadlines.size === 0) this.#alarm.cancel()
  }

  #expire(): void {
    for (const correlationId of this.#deadlines.expire(this.#clock.monotonicMs())) {
      const waiting = this.#waiting.get(correlationId)
      this.#waiting.delete(correlationId)
      waiting?.reject(new ClientError(`no answer within ${waiting.timeoutMs} ms`))
    }
    this.#alarm.set(this.#deadlines.nextMs())
  }

  #ended(reason: string): void {
    if (this.#end) return
    this.#end = new ClientError(reason)
    this.#alarm.cancel()
    this.#deadlines.clear()
    for (const waiting of this.#waiting.values()) waiting.reject(this.#end)
    this.#waiting.clear()
    for (let taker = this.#frameTakers.shift(); taker; taker = this.#frameTakers.shift()) taker.reject(this.#end)
  }
}

/** Decodes an answer's frame, its header included. */
export function decodeResponse<A extends Api>(api: A, version: number, frame: Buffer): ClientResponseOf<A> {
  const reader = new Reader()
  reader.reset(frame, 0, frame.length)
  reader.int32()
  if (api.key === apiVersionsKey) {
    // A broker that does not know the version answers in the oldest one.
    if (frame.readInt16BE(reader.position) === codes.UNSUPPORTED_VERSION) version = 0
  } else if (api.flexible !== null && version >= api.flexible) {
    reader.unknownTags()
  }
  return decode(api.response, version, frame, reader.position, frame.length) as ClientResponseOf<A>
}
