/** One request: whether it is answered at all, who sent it, whether it may write, and who answers. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { byToken, type HttpAccess } from './access.ts'
import { type KnownAs, refusalOfRequest } from './guard.ts'
import { type HttpAnswer, type HttpRoutes, handlerFor, methodsOf } from './routes.ts'
import { send } from './send.ts'

/** Bounds of one request. */
const [bodyBytesMax, pathCharactersMax] = [1_048_576, 2_048]

/** What is served, and to whom. */
export interface Site {
  readonly known: KnownAs
  readonly access: HttpAccess | null
  readonly base: string
  routes: HttpRoutes
  cookieName: string
}

/** Resolves once the answer is sent, or its client is gone. */
export async function serve(request: IncomingMessage, response: ServerResponse, site: Site): Promise<void> {
  const found = await answer(request, site)
  // A refused request was not read.
  await send(response, request.method === 'HEAD', found, !request.readableEnded)
}

async function answer(request: IncomingMessage, site: Site): Promise<HttpAnswer> {
  const { method = 'GET', url = '/', headers } = request
  const { known, access, base, routes, cookieName } = site
  // A proxy may go by one, and Node by the other.
  if ((request.headersDistinct.host?.length ?? 0) > 1)
    return { status: 400, body: { error: 'there is one Host header' } }
  const refusal = refusalOfRequest(headers as Parameters<typeof refusalOfRequest>[0], known, method)
  if (refusal !== null) return { status: 403, body: { error: refusal } }
  if (url.length > pathCharactersMax) return { status: 414, body: { error: 'the path is too long' } }
  const [whole = '/', text = ''] = url.split('?', 2)
  const path = base !== '' && (whole === base || whole.startsWith(`${base}/`)) ? whole.slice(base.length) || '/' : whole
  const query = new URLSearchParams(text)
  const shown = query.get('token')
  if (shown !== null && access !== null && method === 'GET') {
    if (!access.isToken(shown))
      return { status: 403, body: { error: 'this is not the token that this server printed at its start' } }
    return entered(path, query, access.begin(byToken), site)
  }
  const session = access?.sessionOf(headers.authorization, headers.cookie, cookieName) ?? null
  const mayWrite = access !== null && (access.isOpen || (session?.mayWrite ?? false))
  const methods = methodsOf(routes, path) ?? {}
  if (method !== 'GET' && method !== 'HEAD' && Object.hasOwn(methods, method) && !methods.isOpen) {
    if (!mayWrite) {
      return {
        status: 401,
        body: {
          error:
            'to write, open the link that the server printed at its start, or send its token: Authorization: Bearer TOKEN',
        },
      }
    }
    // Forms of other sites cannot send it.
    if (!/^application\/json *(;|$)/i.test(headers['content-type'] ?? '')) {
      return { status: 415, body: { error: 'a request that writes has Content-Type: application/json' } }
    }
  }
  const body = await bodyOf(request)
  if (body === null) return { status: 413, body: { error: `a body may have ${bodyBytesMax} bytes` } }
  return handlerFor(routes, method, path)({ method, path, query, headers, body, session, mayWrite })
}

/** Leads to the same page without the token, which is in the browser's history otherwise, and in what links from there tell. */
function entered(path: string, query: URLSearchParams, id: string, site: Site): HttpAnswer {
  query.delete('token')
  const rest = query.toString()
  // Relative, as a proxy may serve it under a path that nobody told of.
  const page = path.slice(path.lastIndexOf('/') + 1)
  return {
    status: 303,
    body: '',
    headers: {
      location: `./${page}${rest === '' ? '' : `?${rest}`}`,
      ...cookieOf(site, id),
    },
  }
}

/** The header that has a browser keep the session of this id; an empty one ends it there. */
export function cookieOf({ base, cookieName }: Site, id: string): Readonly<Record<string, string>> {
  const end = id === '' ? '; Max-Age=0' : ''
  return { 'set-cookie': `${cookieName}=${id}; Path=${base === '' ? '/' : base}; HttpOnly; SameSite=Strict${end}` }
}

/** With a slash before and none after it; empty where there is none. */
export function baseOf(text: string): string {
  const path = text
    .split('/')
    .filter(part => part !== '')
    .join('/')
  return path === '' ? '' : `/${path}`
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
