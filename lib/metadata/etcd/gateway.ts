/** Calls to etcd's HTTP gateway: one member at a time, the next one where it does not answer; logged in where there is a user. */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { EtcdAddress } from '../../config/etcd-address.ts'
import { AnswerTooLarge, EtcdRefusal, EtcdSilence, faultOfAnswer, grpcCodes } from './faults.ts'
import type { Header } from './messages.ts'

/** Certificates in PEM; null where the system's are trusted, or none is shown. */
export interface EtcdTls {
  readonly ca: Buffer | null
  readonly certificate: Buffer | null
  readonly key: Buffer | null
}

export interface GatewayOptions {
  readonly address: EtcdAddress
  readonly tls?: EtcdTls
  readonly user?: string | null
  readonly password?: string | null
  readonly clock: Clock
  readonly logger: Logger
}

/** A stream of messages from etcd. */
export interface MessageStream {
  close(): void
}

/** No more is held of one answer: the text of JSON has to fit into a string. */
const answerBytesMax = 256 * 1024 * 1024
/** Connections that are kept to one member for calls. */
const connectionsMax = 8

export class Gateway {
  readonly #options: GatewayOptions
  readonly #agent: HttpAgent
  readonly #requests = new Set<ClientRequest>()
  #member = 0
  #token: Promise<string> | null = null
  #clusterId: string | null = null
  #closed = false

  constructor(options: GatewayOptions) {
    this.#options = options
    const { address, tls } = options
    const kept = { keepAlive: true, maxSockets: connectionsMax }
    this.#agent = address.secure
      ? new HttpsAgent({
          ...kept,
          ...(tls?.ca && { ca: tls.ca }),
          ...(tls?.certificate && { cert: tls.certificate }),
          ...(tls?.key && { key: tls.key }),
        })
      : new HttpAgent(kept)
  }

  /** One attempt at one member. Rejects with EtcdRefusal, or with EtcdSilence, after which the next member's turn is there. */
  async call<T extends { readonly header?: Header }>(path: string, body: object, timeoutMs: number): Promise<T> {
    const token = await this.#login(timeoutMs)
    const member = this.#member
    try {
      const answer = await this.#attempt<T>(path, body, timeoutMs, token)
      this.#checkCluster(answer.header)
      return answer
    } catch (error) {
      if (error instanceof EtcdSilence) this.#leave(member)
      // Tokens run out, and a member that was started anew knows none: the next attempt logs in again.
      if (error instanceof EtcdRefusal && error.code === grpcCodes.unauthenticated && token !== null) {
        this.#token = null
        throw new EtcdSilence(error.message)
      }
      throw error
    }
  }

  /** Messages as they come, until `end` is called with the reason, once. */
  async stream(
    path: string,
    body: object,
    message: (message: unknown) => void,
    end: (error: Error) => void,
    timeoutMs: number,
  ): Promise<MessageStream> {
    const token = await this.#login(timeoutMs)
    const member = this.#member
    let ended = false
    const stop = (error: Error) => {
      if (ended) return
      ended = true
      request.destroy()
      if (error instanceof EtcdSilence) this.#leave(member)
      end(error)
    }
    const request = this.#send(path, JSON.stringify(body), token, response => {
      const lines = new Lines(line => {
        if (ended) return
        const parsed = parse(line) as { result?: unknown; error?: unknown } | undefined
        if (typeof parsed?.result === 'object' && parsed.result !== null) message(parsed.result)
        else stop(faultOfStream(response.statusCode ?? 0, parsed))
      })
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        if (!lines.take(text)) stop(new EtcdSilence('a message is too large'))
      })
      response.on('end', () => stop(new EtcdSilence('the stream has ended')))
      response.on('error', error => stop(new EtcdSilence(error.message)))
      response.on('close', () => stop(new EtcdSilence('the connection was closed')))
    })
    request.on('error', error => stop(new EtcdSilence(error.message)))
    return { close: () => stop(new EtcdSilence('closed')) }
  }

  close(): void {
    this.#closed = true
    for (const request of this.#requests) request.destroy()
    this.#agent.destroy()
  }

  /** The next member's turn is there, unless it is already: several calls may have failed at one. */
  #leave(member: number): void {
    if (this.#member === member) this.#member++
  }

  #attempt<T>(path: string, body: object, timeoutMs: number, token: string | null): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (error: Error | null, answer?: T) => {
        timer.cancel()
        if (error === null) resolve(answer!)
        else {
          reject(error)
          request.destroy()
        }
      }
      const request = this.#send(path, JSON.stringify(body), token, response => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          bytes += chunk.length
          if (bytes > answerBytesMax) settle(new AnswerTooLarge(answerBytesMax))
        })
        response.on('error', error => settle(new EtcdSilence(error.message)))
        response.on('close', () => settle(new EtcdSilence('the connection was closed')))
        response.on('end', () => {
          const status = response.statusCode ?? 0
          const answer = parse(Buffer.concat(chunks).toString('utf8'))
          if (status !== 200) settle(faultOfAnswer(status, answer))
          else if (typeof answer !== 'object' || answer === null || !response.complete)
            settle(new EtcdSilence('an answer is no object of JSON'))
          else settle(null, answer as T)
        })
      })
      request.on('error', error => settle(new EtcdSilence(error.message)))
      const timer = this.#options.clock.schedule(timeoutMs, () =>
        settle(new EtcdSilence(`${path} was not answered within ${Math.round(timeoutMs)} ms`)),
      )
    })
  }

  #send(path: string, body: string, token: string | null, answered: (response: IncomingMessage) => void) {
    if (this.#closed) throw new EtcdSilence('closed')
    const { endpoints, secure } = this.#options.address
    const { host, port } = endpoints[this.#member % endpoints.length]!
    const request = (secure ? httpsRequest : httpRequest)(
      {
        host,
        port,
        path,
        method: 'POST',
        agent: this.#agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          // A member that has lost its leader ends its streams.
          'grpc-metadata-hasleader': 'true',
          ...(token !== null && { authorization: token }),
        },
      },
      answered,
    )
    this.#requests.add(request)
    request.on('close', () => this.#requests.delete(request))
    request.end(body)
    return request
  }

  #login(timeoutMs: number): Promise<string | null> {
    const { user, password } = this.#options
    if (!user) return Promise.resolve(null)
    const member = this.#member
    this.#token ??= this.#attempt<{ token?: string }>(
      '/v3/auth/authenticate',
      { name: user, password },
      timeoutMs,
      null,
    )
      .then(({ token }) => token ?? '')
      .catch(error => {
        this.#token = null
        if (error instanceof EtcdSilence) this.#leave(member)
        throw error
      })
    return this.#token
  }

  /** Members of two clusters in one address would each keep half of the truth. */
  #checkCluster(header: Header | undefined): void {
    const id = header?.cluster_id
    if (id === undefined) return
    this.#clusterId ??= id
    if (this.#clusterId === id) return
    this.#options.logger.error('metadata.store names members of different clusters of etcd', {
      id,
      other: this.#clusterId,
    })
    throw new EtcdSilence('a member belongs to another cluster of etcd')
  }
}

/** Cuts text into lines as it comes. */
class Lines {
  readonly #line: (line: string) => void
  /** What came of the line that is not whole. */
  #parts: string[] = []
  #length = 0

  constructor(line: (line: string) => void) {
    this.#line = line
  }

  /** False where a line is too long. */
  take(text: string): boolean {
    let from = 0
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      const line = this.#parts.join('') + text.slice(from, at)
      this.#parts = []
      this.#length = 0
      from = at + 1
      if (line !== '') this.#line(line)
    }
    if (from < text.length) this.#parts.push(text.slice(from))
    this.#length += text.length - from
    return this.#length <= answerBytesMax
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function faultOfStream(status: number, message: { error?: unknown } | undefined): Error {
  const { error } = message ?? {}
  if (typeof error !== 'object' || error === null) return faultOfAnswer(status, message)
  const { grpc_code, code, message: text } = error as { grpc_code?: unknown; code?: unknown; message?: unknown }
  return faultOfAnswer(status, { code: grpc_code ?? code, message: text })
}
