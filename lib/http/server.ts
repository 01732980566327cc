/** A small HTTP server beside the broker: off unless asked for, on this machine only unless told otherwise, and bounded in all it takes. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { hostname } from 'node:os'
import type { Logger } from '../base/logger.ts'
import { refusalOfRequest } from './guard.ts'
import { type HttpAnswer, type HttpRoutes, handlerFor } from './routes.ts'

/** Where to listen. Port 0 takes a free one. */
export interface HttpAddress {
  readonly host: string
  readonly port: number
}

export interface HttpOptions {
  readonly address: HttpAddress
  readonly routes: HttpRoutes
  /** Names by which clients may call this server, beside its addresses and the machine's own name. */
  readonly names?: readonly string[]
  readonly logger: Logger
}

/** Bounds: one slow or greedy client costs no more than these. */
const [connectionsMax, headerBytesMax, bodyBytesMax, pathCharactersMax] = [64, 16_384, 1_048_576, 2_048]
/** How long a client may take to send its headers, the whole request, and the next one. */
const [headersMsMax, requestMsMax, keepAliveMs] = [5_000, 10_000, 5_000]

export class HttpServer {
  readonly #server: Server
  readonly #address: HttpAddress

  private constructor(server: Server, address: HttpAddress) {
    this.#server = server
    this.#address = address
  }

  /** Rejects with an error that says what to do where the port cannot be had. */
  static async listen(options: HttpOptions): Promise<HttpServer> {
    const { address, routes, logger, names = [] } = options
    const known = [address.host, hostname(), ...names]
    const server = createServer(
      {
        maxHeaderSize: headerBytesMax,
        headersTimeout: headersMsMax,
        requestTimeout: requestMsMax,
        keepAliveTimeout: keepAliveMs,
        // How often Node looks whether those are over.
        connectionsCheckingInterval: 1_000,
      },
      (request, response) => {
        answer(request, routes, known).then(
          found => send(response, request.method === 'HEAD', found),
          error => {
            logger.error('a request over HTTP failed', { path: request.url, error })
            send(response, false, { status: 500, body: { error: 'this is a fault of the server; its log says more' } })
          },
        )
      },
    )
    server.maxConnections = connectionsMax
    await new Promise<void>((resolve, reject) => {
      server.once('error', error => reject(listenError(error, address)))
      server.listen(address.port, address.host, () => {
        server.removeAllListeners('error')
        server.on('error', error => logger.warn('a connection over HTTP could not be taken', { error }))
        resolve()
      })
    })
    const bound = server.address()
    return new HttpServer(server, { ...address, port: typeof bound === 'object' && bound ? bound.port : address.port })
  }

  /** 'host:port' for a client on this machine. */
  get address(): string {
    const { host, port } = this.#address
    if (host === '0.0.0.0' || host === '::') return `localhost:${port}`
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  }

  /** Lets go of the port, and of all connections. */
  close(): Promise<void> {
    return new Promise(resolve => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }
}

async function answer(request: IncomingMessage, routes: HttpRoutes, names: readonly string[]): Promise<HttpAnswer> {
  const { method = 'GET', url = '/', headers } = request
  const refusal = refusalOfRequest(headers as Parameters<typeof refusalOfRequest>[0], names)
  if (refusal !== null) return { status: 403, body: { error: refusal } }
  if (url.length > pathCharactersMax) return { status: 414, body: { error: 'the path is too long' } }
  const [path = '/', query = ''] = url.split('?', 2)
  const body = await bodyOf(request)
  if (body === null) return { status: 413, body: { error: `a body may have ${bodyBytesMax} bytes` } }
  return handlerFor(routes, method, path)({ method, path, query: new URLSearchParams(query), body })
}

/** Null where it is longer than it may be. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function send(response: ServerResponse, isHead: boolean, { status, body, contentType }: HttpAnswer): void {
  const isPlain = typeof body === 'string' || body instanceof Uint8Array
  const bytes = isPlain ? Buffer.from(body) : Buffer.from(`${JSON.stringify(body)}\n`)
  response.writeHead(status, {
    'content-type': contentType ?? (isPlain ? 'text/plain; charset=utf-8' : 'application/json'),
    'content-length': bytes.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // What was not read of a request must not pass for the next.
    ...(status === 413 ? { connection: 'close' } : {}),
  })
  response.end(isHead ? undefined : bytes)
}

function listenError(error: NodeJS.ErrnoException, { host, port }: HttpAddress): Error {
  const place = `Cannot listen for HTTP on ${host}, port ${port}`
  switch (error.code) {
    case 'EADDRINUSE':
      return new Error(`${place}: the port is taken by another process. Choose another with --http, or leave it out.`, {
        cause: error,
      })
    case 'EACCES':
      return new Error(`${place}: the system does not allow it. Choose a port above 1023 with --http.`, {
        cause: error,
      })
    default:
      return new Error(
        `${place}: ${error.message}. Give an address of this machine with --http, as in 127.0.0.1:8080.`,
        {
          cause: error,
        },
      )
  }
}

/** Reads `[HOST:]PORT`, where 127.0.0.1 stands for a host that is left out. Null where it is none. */
export function httpAddressOf(text: string): HttpAddress | null {
  const match = /^(?:(?:\[([0-9a-f:.]+)\]|([\w.-]+)):)?(\d{1,5})$/i.exec(text.trim())
  if (match === null || Number(match[3]) > 65_535) return null
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port: Number(match[3]) }
}
