/**
 * The network side of a broker for tests, where one composition after the other serves behind the same listeners: connections stay, and each
 * request goes to who is behind when it comes.
 */
import type { BrokerServices, Context } from '../handlers/context.ts'
import type { Cluster } from '../metadata/cluster.ts'
import type { Logins } from '../security/logins.ts'
import {
  type BoundListener,
  type ListenerTls,
  type LoginRules,
  noQuotas,
  Outbox,
  type QuotaKeeping,
  type Server,
} from '../server/server.ts'
import type { TlsListeners } from '../tls/listeners.ts'

/** See the head of the file. */
export class Door {
  readonly outbox = new Outbox()
  /** Null until the first composition has opened it. */
  server: Server<Context> | null = null
  bound: readonly BoundListener[] = []
  /** Those of who serves now: by its settings clients log in, shake hands and are held to quotas. */
  logins: Logins | null = null
  quotas: QuotaKeeping = noQuotas
  declare tls: TlsListeners
  /** Who answers; set before the first request comes. */
  declare services: BrokerServices
  declare cluster: Cluster
  /** What clients call themselves, by the ids of connections. */
  readonly clientIds = new Map<number, string | null>()
  /** What the server is given, which stays. */
  readonly loginRules: LoginRules = {
    begin: connection => this.logins!.begin(connection),
    requestBytesMax: () => this.logins!.requestBytesMax(),
    refusalDelayMs: () => this.logins!.refusalDelayMs(),
    succeeded: (connection, authentication) => this.logins!.succeeded(connection, authentication),
    failed: (connection, authentication, reason) => this.logins!.failed(connection, authentication, reason),
  }
  readonly quotaKeeping: QuotaKeeping

  constructor() {
    const door = this
    this.quotaKeeping = {
      get requests() {
        return door.quotas.requests
      },
      get connectionThrottleMs() {
        return door.quotas.connectionThrottleMs
      },
      get heldMs() {
        return door.quotas.heldMs
      },
    }
  }

  /** What secures a listener; undefined where it does not speak TLS. */
  tlsOf(listener: { readonly name: string; readonly securityProtocol: string }): ListenerTls | undefined {
    if (this.tls.of(listener) === undefined) return undefined
    return {
      accepting: () => this.tls.of(listener)!.accepting(),
      principalOf: certificate => this.tls.of(listener)!.principalOf(certificate),
    }
  }
}
