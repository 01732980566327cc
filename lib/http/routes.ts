/** What is served over HTTP: paths, the methods of each, and answers as plain values. */

/** A request that passed the guard. */
export interface HttpRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** Empty where there is none. */
  readonly body: Buffer
}

export interface HttpAnswer {
  readonly status: number
  /** Sent as JSON unless it is text or bytes. */
  readonly body: unknown
  /** Of text and bytes; application/json for anything else. */
  readonly contentType?: string
}

export type HttpHandler = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>

/** Handlers by method. HEAD is answered as GET, without the body. */
export type HttpMethods = Readonly<Partial<Record<'GET' | 'POST' | 'PUT' | 'DELETE', HttpHandler>>>

/** Handlers by path; one that ends with a slash stands for all below it that have no row of their own. */
export type HttpRoutes = Readonly<Record<string, HttpMethods>>

/** Who answers, or the refusal: 404 or 405 with what there is. */
export function handlerFor(routes: HttpRoutes, method: string, path: string): HttpHandler {
  const methods = methodsOf(routes, path)
  if (methods === null) {
    const there = Object.keys(routes).sort()
    return () => ({ status: 404, body: { error: `there is no ${path}`, paths: there } })
  }
  const handler = methods[(method === 'HEAD' ? 'GET' : method) as keyof HttpMethods]
  if (handler !== undefined && Object.hasOwn(methods, method === 'HEAD' ? 'GET' : method)) return handler
  const allowed = Object.keys(methods).sort()
  return () => ({ status: 405, body: { error: `${path} takes ${allowed.join(' and ')}, not ${method}` } })
}

function methodsOf(routes: HttpRoutes, path: string): HttpMethods | null {
  if (Object.hasOwn(routes, path)) return routes[path]!
  for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
    const above = path.slice(0, end + 1)
    if (above !== '/' && Object.hasOwn(routes, above)) return routes[above]!
    if (end === 0) break
  }
  return null
}
