/** What a handler is given besides the request: who asks, and the parts of the broker that can answer. */
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { Operation, ResourceType } from '../cluster/acls.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { Groups } from '../coordination/groups.ts'
import type { MarkerWriter } from '../coordination/markers.ts'
import type { Transactions } from '../coordination/transactions.ts'
import type { Cluster } from '../metadata/cluster.ts'
import type { Partitions } from '../partitions/partitions.ts'
import type { ProducerIds } from '../partitions/producer-ids.ts'
import type { FetchSessions } from '../partitions/sessions/fetch-sessions.ts'
import type { ReplicationThrottle } from '../partitions/throttled.ts'
import type { DelegationTokens } from '../security/delegation-tokens.ts'
import type { ConnectionInfo } from '../server/connection-info.ts'
import type { Exchange } from '../server/handler-row.ts'
import type { ClientTelemetry } from '../telemetry/client-telemetry.ts'

export type { Operation, ResourceType } from '../cluster/acls.ts'

/** Where a client reaches a broker. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** An API as it is advertised. */
export interface AdvertisedApi {
  readonly key: number
  readonly min: number
  readonly max: number
}

/** The parts of the broker, one object for its life. */
export interface BrokerServices {
  /** The APIs that clients are told of. */
  readonly advertisedApis: readonly AdvertisedApi[]
  readonly nodeId: number
  readonly config: BrokerConfig
  readonly cluster: Cluster
  readonly partitions: Partitions
  readonly groups: Groups
  readonly producerIds: ProducerIds
  readonly transactions: Transactions
  readonly markers: MarkerWriter
  readonly fetchSessions: FetchSessions
  /** What followers out of sync are held to. */
  readonly leaderThrottle: ReplicationThrottle
  readonly telemetry: ClientTelemetry
  readonly delegationTokens: DelegationTokens
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The address that this client is told for this broker: the advertised one of its listener, else what it reached it by; see config/advertised.ts. */
  endpointFor(connection: ConnectionInfo): Endpoint
  /** Whether access rules are kept and asked. */
  readonly hasAuthorizer: boolean
  /** A refusal is logged, unless it is said not to: where the client does not ask for the resource, but what there is that it may see. */
  authorize(
    context: Context,
    operation: Operation,
    resourceType: ResourceType,
    name: string,
    isLogged?: boolean,
  ): boolean
  /** Whether the client may do this to at least one resource of the kind, which need not exist. */
  authorizeAny(context: Context, operation: Operation, resourceType: ResourceType): boolean
}

/** One request's surroundings. */
export interface Context {
  readonly connection: ConnectionInfo
  readonly clientId: string | null
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly broker: BrokerServices
  readonly exchange: Exchange
}
