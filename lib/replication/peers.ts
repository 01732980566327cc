/** The other brokers of the cluster, as this one reaches them: by the listener that brokers use among themselves, with its security. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Api, ClientResponseOf } from '../../protocol/schema.ts'
import type { Clock } from '../base/clock.ts'
import { ClientError } from '../client/client.ts'
import {
  type BrokerAddress,
  Connection,
  type ConnectionAskOptions,
  Connections,
  type RequestAt,
} from '../client/connections.ts'
import { type ClientLogin, LoginError } from '../client/login.ts'
import { brokerOf, type ClusterImage } from '../cluster/image.ts'
import type { Network, TlsConnecting } from '../network/network.ts'

/** How a connection to another broker is secured. */
export interface PeerSecurity {
  readonly tls?: TlsConnecting | undefined
  readonly login?: ClientLogin | undefined
}

export interface PeersOptions {
  readonly nodeId: number
  /** Where the brokers are, at the moment. */
  readonly image: () => ClusterImage
  /** Name of the listener that brokers use among themselves; it may change. */
  readonly listener: () => string
  readonly security: () => PeerSecurity
  /** How long an answer may take (`replica.socket.timeout.ms`). */
  readonly timeoutMs: () => number
  readonly network: Network
  /** The wire's. */
  readonly clock: Clock
}

/** See the head of the file. */
export class Peers {
  readonly #options: PeersOptions
  readonly #shared = new Map<string, Connections>()
  #isClosed = false

  constructor(options: PeersOptions) {
    this.#options = options
  }

  /** Null where the broker is away, or has no such listener. */
  addressOf(nodeId: number): BrokerAddress | null {
    const listener = this.#options.listener()
    return brokerOf(this.#options.image(), nodeId)?.endpoints.find(each => each.listener === listener) ?? null
  }

  /** A connection of its own, for whoever asks for much or waits long. Rejects with ClientError, or with the LoginError of a broker that refuses. */
  async open(nodeId: number): Promise<Connection> {
    return Connection.open(this.#addressOf(nodeId), this.#connectionOptions())
  }

  /** Asks by a connection that all share. Rejects with ClientError where there is no answer, also where the broker refuses this one. */
  async ask<A extends Api>(
    nodeId: number,
    api: A,
    request: RequestAt<A>,
    options: ConnectionAskOptions = {},
  ): Promise<ClientResponseOf<A>> {
    const connections = this.#connectionsTo(nodeId)
    let connection: Connection | null = null
    try {
      connection = await connections.to(this.#addressOf(nodeId))
      return await connection.ask(api, request, options)
    } catch (error) {
      if (connection !== null && error instanceof ClientError) connections.drop(connection)
      throw asClientError(error)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const connections of this.#shared.values()) await connections.close()
  }

  #addressOf(nodeId: number): BrokerAddress {
    const address = this.addressOf(nodeId)
    if (address === null || this.#isClosed) throw new ClientError(`broker ${nodeId} is not there`)
    return address
  }

  /** One set for each broker, so that nothing is left of those that have gone away or changed. */
  #connectionsTo(nodeId: number): Connections {
    const key = `${nodeId}`
    let connections = this.#shared.get(key)
    if (connections === undefined) {
      connections = new Connections(this.#connectionOptions())
      this.#shared.set(key, connections)
    }
    return connections
  }

  #connectionOptions() {
    const { nodeId, security, timeoutMs, network, clock } = this.#options
    const { tls, login } = security()
    return { clientId: `broker-${nodeId}`, requestTimeoutMs: timeoutMs(), network, clock, tls, login }
  }
}

/** What keeps a request from being answered, as one kind of error; bugs stay what they are. */
function asClientError(error: unknown): unknown {
  const isRefusal =
    error instanceof LoginError || (error instanceof KafkaError && error.code === codes.UNSUPPORTED_VERSION)
  return isRefusal ? new ClientError(error.message, { cause: error }) : error
}
