/** What a handler is given besides the request: who asks, and the parts of the broker that can answer. */
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { Groups } from '../coordination/groups.ts'
import type { MarkerWriter } from '../coordination/markers.ts'
import type { Transactions } from '../coordination/transactions.ts'
import type { Cluster } from '../metadata/cluster.ts'
import type { Partitions } from '../partitions/partitions.ts'
import type { ProducerIds } from '../partitions/producer-ids.ts'
import type { FetchSessions } from '../partitions/sessions/fetch-sessions.ts'
import type { ConnectionInfo } from '../server/connection-info.ts'
import type { Exchange } from '../server/handler-row.ts'

/** What may be done to a resource, as Kafka's ACLs name it. */
export type Operation =
  | 'read'
  | 'write'
  | 'create'
  | 'delete'
  | 'alter'
  | 'describe'
  | 'clusterAction'
  | 'describeConfigs'
  | 'alterConfigs'
  | 'idempotentWrite'

/** What an operation is done to. */
export type ResourceType = 'topic' | 'group' | 'cluster' | 'transactionalId' | 'delegationToken' | 'user'

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
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The address that this client is told for this broker: the advertised one of its listener, else what it reached it by; see config/advertised.ts. */
  endpointFor(connection: ConnectionInfo): Endpoint
  authorize(context: Context, operation: Operation, resourceType: ResourceType, name: string): boolean
}

/** One request's surroundings. */
export interface Context {
  readonly connection: ConnectionInfo
  readonly clientId: string | null
  readonly apiVersion: number
  readonly correlationId: number
  readonly broker: BrokerServices
  readonly exchange: Exchange
}
