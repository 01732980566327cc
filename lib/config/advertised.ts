/** The address that a client is told for this broker. */
import type { ListenerConfig } from './listeners.ts'
import { ConfigError } from './values.ts'

/** Both ends of a client's connection, as this end sees them. */
export interface Ends {
  readonly remoteAddress: string
  readonly localAddress: string
  readonly localPort: number
}

/** What clients that reach this machine through a published port are told. */
export interface Published {
  readonly host: string
  /** Null for the port of the listener. */
  readonly port: number | null
}

export interface Told {
  readonly host: string
  readonly port: number
}

/** Reads HOST or HOST:PORT, an IPv6 address in brackets. Throws ConfigError. */
export function parsePublished(text: string): Published {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(text)
  if (parts === null || Number(parts[3] ?? 1) > 65_535 || Number(parts[3] ?? 1) === 0) {
    throw new ConfigError(
      'published',
      `the published address cannot be '${text}': it takes HOST or HOST:PORT, such as localhost or localhost:9092`,
    )
  }
  return { host: parts[1] ?? parts[2]!, port: parts[3] === undefined ? null : Number(parts[3]) }
}

/**
 * The advertised address of the listener that the client came in by. Where it has none, the address that the client reached;
 * and with a published one, that for everybody who is on no network of this machine.
 */
export function addressFor(
  client: Ends,
  listener: ListenerConfig | undefined,
  boundPort: number | undefined,
  published: Published | null,
  isNeighbour: (peer: string, own: string) => boolean,
): Told {
  const port = listener?.advertisedPort ?? boundPort ?? client.localPort
  const advertised = listener?.advertisedHost ?? null
  if (advertised !== null) return { host: advertised, port }
  if (published === null || isNeighbour(client.remoteAddress, client.localAddress)) {
    return { host: client.localAddress, port }
  }
  return { host: published.host, port: published.port ?? port }
}
