/** What is served over HTTP: paths, the methods of each, and answers as plain values. */
import type { IncomingHttpHeaders } from 'node:http'
import type { HttpSession } from './access.ts'

/** A request that passed the guard. */
export interface HttpRequest {
  readonly method: string
  /** Without the query, and without the path that all of the server lies under. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** Empty where there is none. */
  readonly body: Buffer
  /** Who showed the token or logged in; null where nobody did. */
  readonly session: HttpSession | null
  /** Whether it may write: by its session, or because everybody may. */
  readonly mayWrite: boolean
}

export interface HttpAnswer {
  readonly status: number
  /** Sent as JSON unless it is text, bytes, or pieces of them, which are asked for as the client takes them. */
  readonly body: unknown
  /** Of text and bytes; application/json for anything else. */
  readonly contentType?: string
  /** Beside those that every answer has, or in their place; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A body in pieces, of which each is sent before the next one is asked for; where the client goes away, its iterator is told by `return`. */
export type HttpPieces = AsyncIterable<string | Uint8Array>

export type HttpHandler = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>

/** Handlers by method. HEAD is answered as GET, without the body. All but GET write: they take JSON, from who may write. */
export interface HttpMethods
  extends Readonly<Partial<Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', HttpHandler>>> {
  /** Its handlers ask for themselves who may call them. */
  readonly isOpen?: true
}

/** Handlers by path; one that ends with a slash stands for all below it that have no row of their own. */
export type HttpRoutes = Readonly<Record<string, HttpMethods>>

const methodNames = ['DELETE', 'GET', 'PATCH', 'POST', 'PUT'] as const

/** A row of the table and who answers; or the refusal, 404 or 405 with what there is. */
export function handlerFor(routes: HttpRoutes, method: string, path: string): HttpHandler {
  const methods = methodsOf(routes, path)
  if (methods === null) {
    const there = Object.keys(routes).sort()
    return () => ({ status: 404, body: { error: `there is no ${path}`, paths: there } })
  }
  const name = methodNames.find(each => each === (method === 'HEAD' ? 'GET' : method))
  const handler = name === undefined || !Object.hasOwn(methods, name) ? undefined : methods[name]
  if (handler !== undefined) return handler
  const allowed = methodNames.filter(each => methods[each] !== undefined)
  return () => ({
    status: 405,
    body: { error: `${path} takes ${allowed.join(' and ')}, not ${method.slice(0, 20)}` },
    headers: { allow: allowed.join(', ') },
  })
}

/** The row of a path: its own, or that of the nearest path above; null where there is none. */
export function methodsOf(routes: HttpRoutes, path: string): HttpMethods | null {
  if (Object.hasOwn(routes, path)) return routes[path]!
  for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
    const above = path.slice(0, end + 1)
    if (above !== '/' && Object.hasOwn(routes, above)) return routes[above]!
    if (end === 0) break
  }
  return null
}
