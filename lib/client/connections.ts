/** Connections to the brokers of a cluster: one to each, opened when it is first needed, at the versions that both ends speak. */

import { codeName, codes, KafkaError } from '../../protocol/errors.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import type { Api, ClientRequestOf, ClientResponseOf } from '../../protocol/schema.ts'
import { type Loose, wholeRequest } from '../../protocol/whole-request.ts'
import type { Clock } from '../base/clock.ts'
import type { Network, TlsConnecting } from '../network/network.ts'
import { Client, ClientError } from './client.ts'
import type { ClientLogin } from './login.ts'
import type { Lane } from './targets.ts'

/** Where a broker is reached. */
export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/** A broker that the cluster told of. */
export interface BrokerNode extends BrokerAddress {
  readonly nodeId: number
  readonly rack: string | null
}

export interface ConnectionOptions {
  readonly clientId: string
  /** How long one answer may take. */
  readonly requestTimeoutMs: number
  readonly clock: Clock
  readonly network: Network
  /** Encrypts the connections. */
  readonly tls?: TlsConnecting | undefined
  readonly login?: ClientLogin | undefined
}

/** A request as a function of the version in which it is going to be sent. */
export type RequestAt<A extends Api> = Loose<ClientRequestOf<A>> | ((version: number) => Loose<ClientRequestOf<A>>)

/** How one request is asked. */
export interface ConnectionAskOptions {
  /** The oldest version that can say what is meant. */
  readonly leastVersion?: number
  /** The newest version whose request and answer are understood. */
  readonly mostVersion?: number
  /** Time-out of this request; by default that of the connection. */
  readonly timeoutMs?: number
}

/** One connection, and which versions its broker speaks. */
export class Connection {
  readonly address: BrokerAddress
  readonly lane: Lane
  readonly #client: Client
  readonly #versions: ReadonlyMap<number, readonly [number, number]>

  private constructor(
    address: BrokerAddress,
    lane: Lane,
    client: Client,
    versions: ReadonlyMap<number, readonly [number, number]>,
  ) {
    this.address = address
    this.lane = lane
    this.#client = client
    this.#versions = versions
  }

  /** Rejects with ClientError where the broker cannot be reached. */
  static async open(address: BrokerAddress, options: ConnectionOptions, lane: Lane = 'requests'): Promise<Connection> {
    const { clientId, requestTimeoutMs: timeoutMs, clock, network, tls, login } = options
    const client = await Client.connect({ ...address, clientId, timeoutMs, clock, network, tls, login })
    try {
      const names = { clientSoftwareName: 'ottla', clientSoftwareVersion: '1' }
      let answer = await client.send(ApiVersions, 3, names)
      // A broker from before version 3 says in version 0 which ones it has.
      if (answer.errorCode === codes.UNSUPPORTED_VERSION) answer = await client.send(ApiVersions, 0, names)
      if (answer.errorCode !== 0) throw new ClientError(`ApiVersions is refused with ${codeName(answer.errorCode)}`)
      const versions = new Map(answer.apiKeys.map(each => [each.apiKey, [each.minVersion, each.maxVersion] as const]))
      return new Connection(address, lane, client, versions)
    } catch (error) {
      await client.close()
      throw error
    }
  }

  /** By API key: the oldest and the newest version that the broker speaks. */
  get versions(): ReadonlyMap<number, readonly [number, number]> {
    return this.#versions
  }

  /** The newest version of an API that both ends speak, up to `most`; -1 where there is none. */
  versionOf(api: Api, most = api.latestStable): number {
    const spoken = this.#versions.get(api.key)
    if (spoken === undefined) return -1
    const version = Math.min(spoken[1], most)
    return version >= Math.max(spoken[0], api.versions[0]) ? version : -1
  }

  /** Sends a request at the newest version that both speak. Rejects with ClientError or KafkaError. */
  async ask<A extends Api>(
    api: A,
    request: RequestAt<A>,
    { leastVersion = 0, mostVersion, timeoutMs }: ConnectionAskOptions = {},
  ): Promise<ClientResponseOf<A>> {
    const version = this.versionOf(api, mostVersion)
    if (version < leastVersion) {
      const { host, port } = this.address
      throw new KafkaError(
        codes.UNSUPPORTED_VERSION,
        `the broker ${host}:${port} does not serve ${api.name}${leastVersion > 0 ? ` from version ${leastVersion} on` : ''}; it may be too old, or have the feature off`,
      )
    }
    const loose = typeof request === 'function' ? request(version) : request
    return this.#client.send(api, version, wholeRequest(api, loose as Loose<ClientRequestOf<A>>), timeoutMs)
  }

  /** Sends a request that the broker does not answer; resolves when the system has taken it. */
  tell<A extends Api>(api: A, request: Loose<ClientRequestOf<A>>, mostVersion?: number): Promise<void> {
    return this.#client.sendUnanswered(api, this.versionOf(api, mostVersion), wholeRequest(api, request))
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

/** `host:port`, with an IPv6 host in brackets or bare. Throws KafkaError. */
export function parseAddress(text: string): BrokerAddress {
  const match = /^(?:[A-Z_0-9]+:\/\/)?(?:\[([^\]]+)\]|(.*)):(\d{1,5})$/.exec(text.trim())
  const host = match?.[1] ?? match?.[2]
  if (!match || !host) {
    throw new KafkaError(codes.INVALID_REQUEST, `'${text}' is no address of a broker; give it as host:port`)
  }
  return { host, port: Number(match[3]) }
}

/** The connections of one user. */
export class Connections {
  readonly #options: ConnectionOptions
  readonly #open = new Map<string, Promise<Connection>>()

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /** The connection to a broker; rejects with ClientError where it cannot be reached. */
  to(address: BrokerAddress, lane: Lane = 'requests'): Promise<Connection> {
    const key = keyOf(address, lane)
    const known = this.#open.get(key)
    if (known) return known
    const opening = Connection.open(address, this.#options, lane)
    this.#open.set(key, opening)
    opening.catch(() => this.#open.delete(key))
    return opening
  }

  /** Closes the connection to a broker, which has proved to be of no use. */
  drop({ address, lane }: Pick<Connection, 'address' | 'lane'>): void {
    const key = keyOf(address, lane)
    const known = this.#open.get(key)
    this.#open.delete(key)
    known?.then(connection => connection.close()).catch(() => undefined)
  }

  async close(): Promise<void> {
    const all = [...this.#open.values()]
    this.#open.clear()
    for (const each of all) await each.then(connection => connection.close()).catch(() => undefined)
  }
}

function keyOf({ host, port }: BrokerAddress, lane: Lane): string {
  return `${host}:${port} ${lane}`
}
