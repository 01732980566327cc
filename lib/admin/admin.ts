/**
 * An administrator of a cluster: knows whom to ask (any broker, the controller, a leader, a coordinator), asks again where an answer says "not now"
 * or a connection breaks, and gives up after a time. The operations stand beside it: topics.ts, offsets.ts, groups.ts,
 * transactions.ts.
 */

import { codeName, codes, isRetriable, KafkaError } from '../../protocol/errors.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import type { Api, ClientResponseOf } from '../../protocol/schema.ts'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { ClientError } from '../client/client.ts'
import { type ClusterView, clusterView } from '../client/cluster-view.ts'
import {
  type BrokerAddress,
  type BrokerNode,
  type Connection,
  Connections,
  parseAddress,
  type RequestAt,
} from '../client/connections.ts'
import type { ClientLogin } from '../client/login.ts'
import type { AskOptions, CoordinatorKind, Lane, Routes, Target } from '../client/routes.ts'
import type { Network, TlsConnecting } from '../network/network.ts'
import { HandshakeError } from '../network/tls-errors.ts'
import { AdminError } from './admin-error.ts'

export type { AskOptions, CoordinatorKind, Target }
export { parseAddress }

export interface AdminOptions {
  /** Addresses of some brokers, as `host:port`, to begin with. */
  readonly bootstrap: readonly string[]
  readonly clientId?: string
  /** How long an operation may take with all that is tried again. */
  readonly timeoutMs?: number
  readonly requestTimeoutMs?: number
  readonly clock: Clock
  readonly network: Network
  /** Encrypts the connections. */
  readonly tls?: TlsConnecting
  /** Who the administrator is, where brokers ask for it. */
  readonly login?: ClientLogin
  readonly random: Random
}

type BrokerNodeAddress = BrokerAddress & { readonly nodeId: number }

const coordinatorTypes = { group: 0, transaction: 1, share: 2 } as const
const [timeoutMsDefault, requestTimeoutMsDefault] = [60_000, 30_000]
/** Between two attempts: doubled each time, with a fifth of chance. */
const [backoffMsMin, backoffMsMax, jitter] = [50, 1_000, 0.2]

export class Admin implements Routes {
  readonly timeoutMs: number
  readonly clock: Clock
  readonly random: Random
  readonly #bootstrap: readonly BrokerAddress[]
  readonly #connections: Connections
  #brokers: readonly BrokerNode[] = []
  #controllerId = -1
  #isClosed = false

  constructor(options: AdminOptions) {
    this.#bootstrap = options.bootstrap.map(parseAddress)
    this.clock = options.clock
    this.random = options.random
    this.timeoutMs = options.timeoutMs ?? timeoutMsDefault
    this.#connections = new Connections({
      clientId: options.clientId ?? 'ottla-admin',
      requestTimeoutMs: options.requestTimeoutMs ?? requestTimeoutMsDefault,
      clock: options.clock,
      network: options.network,
      tls: options.tls,
      login: options.login,
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Closes all connections; what is under way fails, and is not tried again. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.#connections.close()
  }

  /** Sends a request to whom it is meant for, again and again where it has to be. Rejects with AdminError. */
  ask<A extends Api>(
    target: Target,
    api: A,
    request: RequestAt<A>,
    options: AskOptions<ClientResponseOf<A>> = {},
  ): Promise<ClientResponseOf<A>> {
    return this.again(api.name, async () => {
      const connection = await this.connectionTo(target)
      const response = await this.#askBy(connection, api, request, options)
      const errorCode = options.errorOf?.(response) ?? (response as { errorCode?: number }).errorCode ?? 0
      if (errorCode === 0) return response
      const message = options.messageOf?.(response) ?? (response as { errorMessage?: string | null }).errorMessage
      throw new AdminError(errorCode, message)
    })
  }

  /** What the cluster says of itself and of some topics; of all where `topics` is null, of none where it is empty. */
  async metadata(topics: readonly string[] | null = []): Promise<ClusterView> {
    const response = await this.again('Metadata', async () =>
      this.#askBy(await this.connectionTo({ to: 'any' }), Metadata, version => ({
        // In version 0 an empty list stands for all topics.
        topics: topics === null ? (version === 0 ? [] : null) : topics.map(name => ({ name })),
        allowAutoTopicCreation: false,
      })),
    )
    const view = clusterView(response)
    this.#brokers = view.brokers
    this.#controllerId = view.controllerId
    return view
  }

  /** All brokers, asked for anew. */
  async brokers(): Promise<readonly BrokerNode[]> {
    return (await this.metadata()).brokers
  }

  /** What a broker speaks: by API key, the oldest and the newest version. */
  versions(nodeId: number): Promise<ReadonlyMap<number, readonly [number, number]>> {
    return this.again('ApiVersions', async () => (await this.#connectionToNode(nodeId)).versions)
  }

  /**
   * Calls `attempt` until it resolves, or rejects with something that will not pass, or the time is over. What passes: a lost connection, and
   * codes that clients try again after.
   */
  async again<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    const end = this.clock.monotonicMs() + this.timeoutMs
    for (let backoffMs = backoffMsMin; ; backoffMs = Math.min(backoffMsMax, 2 * backoffMs)) {
      try {
        return await attempt()
      } catch (error) {
        if (this.#isClosed || !isPassing(error)) throw error
        const waitMs = backoffMs * (1 + jitter * (2 * this.random.next() - 1))
        if (this.clock.monotonicMs() + waitMs > end) throw lastOf(error, what, this.timeoutMs)
        await new Promise<void>(resolve => this.clock.schedule(waitMs, resolve))
      }
    }
  }

  async #askBy<A extends Api>(
    connection: Connection,
    api: A,
    request: RequestAt<A>,
    versions?: { readonly leastVersion?: number; readonly mostVersion?: number },
  ): Promise<ClientResponseOf<A>> {
    try {
      return await connection.ask(api, request, versions)
    } catch (error) {
      if (error instanceof ClientError) this.#connections.drop(connection)
      throw error
    }
  }

  async connectionTo(target: Target, lane?: Lane): Promise<Connection> {
    switch (target.to) {
      case 'any':
        return this.#anyConnection(lane)
      case 'controller': {
        await this.metadata()
        return this.#connectionToNode(this.#controllerId, lane)
      }
      case 'broker':
        return this.#connectionToNode(target.nodeId, lane)
      case 'coordinator': {
        const { host, port } = await this.#findCoordinator(target.of, target.key)
        return this.#connections.to({ host, port }, lane)
      }
    }
  }

  drop(connection: Connection): void {
    this.#connections.drop(connection)
  }

  /** Whoever can be reached, beginning with those who the cluster told of. */
  async #anyConnection(lane?: Lane): Promise<Connection> {
    let failure: unknown = new ClientError('no broker is known; give one as host:port')
    for (const address of [...this.#brokers, ...this.#bootstrap]) {
      try {
        return await this.#connections.to(address, lane)
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  async #connectionToNode(nodeId: number, lane?: Lane): Promise<Connection> {
    let node = this.#brokers.find(each => each.nodeId === nodeId)
    if (!node) {
      await this.metadata()
      node = this.#brokers.find(each => each.nodeId === nodeId)
    }
    if (!node) throw new AdminError(codes.BROKER_NOT_AVAILABLE, `there is no broker ${nodeId}`)
    return this.#connections.to(node, lane)
  }

  /** Node id of the coordinator of a key. */
  coordinatorId(kind: CoordinatorKind, key: string): Promise<number> {
    return this.again('FindCoordinator', async () => (await this.#findCoordinator(kind, key)).nodeId)
  }

  async #findCoordinator(kind: CoordinatorKind, key: string): Promise<BrokerNodeAddress> {
    const keyType = coordinatorTypes[kind]
    const any = await this.#anyConnection()
    const answer = await this.#askBy(any, FindCoordinator, version =>
      version >= 4 ? { keyType, coordinatorKeys: [key] } : { keyType, key },
    )
    const found = answer.coordinators[0] ?? answer
    if (found.errorCode !== 0) throw new AdminError(found.errorCode, found.errorMessage)
    return found
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof ClientError) return !(error.cause instanceof HandshakeError && error.cause.isFinal)
  return error instanceof KafkaError && isRetriable(error.code)
}

function lastOf(error: unknown, what: string, timeoutMs: number): AdminError {
  const code = error instanceof KafkaError ? error.code : codes.NETWORK_EXCEPTION
  const reason = error instanceof KafkaError ? codeName(error.code) : (error as Error).message
  return new AdminError(code, `${what} did not succeed within ${timeoutMs} ms; the last attempt: ${reason}`)
}
