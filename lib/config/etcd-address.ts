/** Where a cluster's metadata are kept in etcd, as `metadata.store` says it: `etcd://host:port,host:port/prefix`. */

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface EtcdAddress {
  readonly secure: boolean
  readonly endpoints: readonly Endpoint[]
  /** What the keys of this cluster begin with; ends with a slash. */
  readonly prefix: string
}

const defaultPort = 2379
const defaultPrefix = 'ottla'

/** The parts of the address, or what is wrong with it. */
export function parseEtcdAddress(text: string): EtcdAddress | string {
  const match = /^(etcds?):\/\/([^/]*)(?:\/(.*))?$/.exec(text)
  if (match === null) return `${text} is not of the form etcd://host:port,host:port/prefix`
  const [, scheme, hosts, path] = match
  if (hosts!.includes('@')) return 'user and password of etcd are metadata.store.user and metadata.store.password'
  const endpoints: Endpoint[] = []
  for (const part of hosts!.split(',')) {
    const endpoint = parseEndpoint(part.trim())
    if (typeof endpoint === 'string') return endpoint
    endpoints.push(endpoint)
  }
  const prefix = (path ?? '').replace(/^\/+|\/+$/g, '') || defaultPrefix
  return { secure: scheme === 'etcds', endpoints, prefix: `${prefix}/` }
}

function parseEndpoint(text: string): Endpoint | string {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^\s:[\]?#]+))(?::(\d+))?$/.exec(text)
  if (match === null) return `'${text}' is not the host and port of a member of etcd`
  const port = match[3] === undefined ? defaultPort : Number(match[3])
  if (port < 1 || port > 65_535) return `${text} has no port between 1 and 65535`
  return { host: (match[1] ?? match[2])!, port }
}
