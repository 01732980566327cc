/** A small HTTP server beside the broker: off unless asked for, on this machine only unless told otherwise, and bounded in all it takes. */
import { createServer, type Server } from 'node:http'
import { hostname } from 'node:os'
import type { Logger } from '../base/logger.ts'
import type { HttpAccess, HttpSession } from './access.ts'
import type { HttpRequest, HttpRoutes } from './routes.ts'
import { send } from './send.ts'
import { baseOf, cookieOf, type Site, serve } from './site.ts'

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
  /** `host` or `host:port` of proxies before it. */
  readonly proxies?: readonly string[]
  /** The path that a proxy puts all of it under, as in `/kafka`; what comes without it is served as well. */
  readonly base?: string
  /** Who may write; without it nobody may, but by routes that ask for themselves. */
  readonly access?: HttpAccess
  readonly logger: Logger
}

/** Bounds: one slow or greedy client costs no more than these. */
const [connectionsMax, headerBytesMax] = [64, 16_384]
/** How long a client may take to send its headers, the whole request, and the next one. */
const [headersMsMax, requestMsMax, keepAliveMs] = [5_000, 10_000, 5_000]

export class HttpServer {
  readonly #server: Server
  readonly #address: HttpAddress
  readonly #site: Site

  private constructor(server: Server, address: HttpAddress, site: Site) {
    this.#server = server
    this.#address = address
    this.#site = site
  }

  /** Rejects with an error that says what to do where the port cannot be had. */
  static async listen(options: HttpOptions): Promise<HttpServer> {
    const { address, logger, names = [], proxies = [], base = '', access = null } = options
    const known = { names: [address.host, hostname(), ...names], proxies }
    const site: Site = { known, access, base: baseOf(base), routes: options.routes, cookieName: 'ottla' }
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
        serve(request, response, site).catch(error => {
          logger.error('a request over HTTP failed', { path: request.url?.split('?', 1)[0], error })
          if (response.headersSent) response.destroy()
          else
            void send(response, false, {
              status: 500,
              body: { error: 'this is a fault of the server; its log says more' },
            })
        })
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
    const port = typeof bound === 'object' && bound ? bound.port : address.port
    // Browsers send cookies to all ports of a host.
    site.cookieName = `ottla_${port}`
    return new HttpServer(server, { ...address, port }, site)
  }

  /** Serves these as well from now on; they stand in place of those of the same path. */
  add(routes: HttpRoutes): void {
    this.#site.routes = { ...this.#site.routes, ...routes }
  }

  /** Whether there is a row of just this path. */
  has(path: string): boolean {
    return Object.hasOwn(this.#site.routes, path)
  }

  /** The headers of an answer that gives its browser a session. */
  enter(session: HttpSession): Readonly<Record<string, string>> {
    const { access } = this.#site
    return access === null ? {} : cookieOf(this.#site, access.begin(session))
  }

  /** Those of an answer that takes it away again, from this request's browser. */
  leave({ headers }: HttpRequest): Readonly<Record<string, string>> {
    this.#site.access?.end(headers.cookie, this.#site.cookieName)
    return cookieOf(this.#site, '')
  }

  /** The link of who may write, for a browser on this machine. */
  get link(): string {
    const { access, base } = this.#site
    const query = access === null || access.isOpen ? '' : `?token=${access.token}`
    return `http://${this.address}${base}/${query}`
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
