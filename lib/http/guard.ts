/**
 * Which requests are answered at all. A page that a browser has open may send requests to addresses of this machine, and by a name of its own
 * that it points here (DNS rebinding) it could read the answers. So a request must name this server by an address, by `localhost`, by a name
 * without dots, which nobody can register, or by a name that this server is known by; and one that a page of another origin sent is refused.
 */
import { isIP } from 'node:net'

/** The headers that tell where a request comes from. */
export interface GuardedHeaders {
  readonly host?: string | undefined
  readonly origin?: string | undefined
  readonly 'sec-fetch-site'?: string | undefined
}

/** Why a request is refused; null where it may pass. `names` are those by which this server is known. */
export function refusalOfRequest(headers: GuardedHeaders, names: readonly string[]): string | null {
  const { host, origin, 'sec-fetch-site': site } = headers
  if (host === undefined) return 'the request has no Host header'
  const name = hostName(host)
  if (name === null || !isOurs(name, names)) {
    return `the Host header names ${JSON.stringify(host.slice(0, 100))}, which is not this server; use its address, or localhost`
  }
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    return `a page of ${JSON.stringify(origin.slice(0, 100))} may not ask this server`
  }
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return 'a page of another origin may not ask this server'
  return null
}

/** The name or address in a Host header, without brackets and port; null where it is none. */
function hostName(host: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(host)
  return (match?.[1] ?? match?.[2])?.toLowerCase() ?? null
}

function isOurs(name: string, names: readonly string[]): boolean {
  if (isIP(name) !== 0 || !name.includes('.') || name.endsWith('.localhost')) return true
  return names.some(ours => ours.toLowerCase() === name)
}
