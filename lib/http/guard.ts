/**
 * Which requests are answered at all. A page that a browser has open may send requests to addresses of this machine, and by a name of its own
 * that it points here (DNS rebinding) it could read the answers. So a request must name this server by an address, by `localhost`, by a name
 * without dots, which nobody can register, or by a name that this server is known by; and one that a page of another origin sent is refused.
 * A link may lead here from anywhere: what it opens stands in no frame, and the page that it stood on cannot read it.
 */
import { isIP } from 'node:net'

/** The headers that tell where a request comes from. */
export interface GuardedHeaders {
  readonly host?: string | undefined
  readonly origin?: string | undefined
  readonly 'sec-fetch-site'?: string | undefined
  readonly 'sec-fetch-mode'?: string | undefined
  readonly 'sec-fetch-dest'?: string | undefined
}

/** By what this server is known. */
export interface KnownAs {
  /** Names without ports. */
  readonly names: readonly string[]
  /** `host` or `host:port` of proxies before it, as browsers show them. */
  readonly proxies?: readonly string[]
}

/** Why a request is refused; null where it may pass. */
export function refusalOfRequest(headers: GuardedHeaders, known: KnownAs, method = 'GET'): string | null {
  const { host, origin, 'sec-fetch-site': site } = headers
  if (host === undefined) return 'the request has no Host header'
  const name = hostName(host)
  if (name === null || !isOurs(name, known)) {
    return `the Host header names ${JSON.stringify(host.slice(0, 100))}, which is not this server; use its address, or localhost`
  }
  if (origin !== undefined && !isOwnOrigin(origin.toLowerCase(), host.toLowerCase(), known)) {
    return `a page of ${JSON.stringify(origin.slice(0, 100))} may not ask this server`
  }
  if (site === undefined || site === 'same-origin' || site === 'none' || isLink(headers, method)) return null
  return 'a page of another origin may not ask this server'
}

/** The origin that the request names, by TLS where a proxy speaks it; or that of a proxy which does not hand on the name. */
function isOwnOrigin(origin: string, host: string, { proxies = [] }: KnownAs): boolean {
  const named = /^https?:\/\/(.+)$/.exec(origin)?.[1]
  return named !== undefined && (named === host || proxies.some(proxy => proxy.toLowerCase() === named))
}

function isLink(headers: GuardedHeaders, method: string): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = headers
  return method === 'GET' && mode === 'navigate' && destination === 'document'
}

/** The name or address in a Host header, without brackets and port; null where it is none. */
function hostName(host: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(host)
  return (match?.[1] ?? match?.[2])?.toLowerCase() ?? null
}

function isOurs(name: string, { names, proxies = [] }: KnownAs): boolean {
  if (isIP(name) !== 0 || !name.includes('.') || name.endsWith('.localhost')) return true
  return names.some(ours => ours.toLowerCase() === name) || proxies.some(proxy => hostName(proxy) === name)
}
