/** A broker's surroundings for handlers that need no logs and no groups: a real cluster in memory, and one connection. */
import type { Test } from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { seededRandom } from '../../lib/base/random.ts'
import type { TopicToCreate } from '../../lib/cluster/topics.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import type { BrokerServices, Context, Operation, ResourceType } from '../../lib/handlers/context.ts'
import { advertisedApis } from '../../lib/handlers/table.ts'
import { Cluster } from '../../lib/metadata/cluster.ts'
import { EmbeddedStore } from '../../lib/metadata/embedded.ts'
import { memoryJournal } from '../../lib/metadata/journal.ts'
import type { Partitions } from '../../lib/partitions/partitions.ts'
import { DelegationTokens } from '../../lib/security/delegation-tokens.ts'
import type { ConnectionInfo } from '../../lib/server/connection-info.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { encode } from '../../protocol/codec.ts'
import type { Api } from '../../protocol/schema.ts'

export interface ClusterContextOptions {
  readonly properties?: Record<string, string>
  /** Says no to what it names; all else is allowed. */
  readonly hasAuthorizer?: boolean
  readonly deny?: (operation: Operation, type: ResourceType, name: string) => boolean
}

export interface ClusterContext {
  readonly cluster: Cluster
  readonly config: BrokerConfig
  /** The broker's. */
  readonly clock: ManualClock
  readonly connection: ConnectionInfo
  /** The context of a request in this version. */
  at(apiVersion: number): Context
}

export async function clusterContext(
  t: Test,
  { properties = {}, hasAuthorizer = false, deny = () => false }: ClusterContextOptions = {},
): Promise<ClusterContext> {
  const config = BrokerConfig.parse(properties)
  const store = new EmbeddedStore(memoryJournal())
  const random = seededRandom(1)
  const logger = silentLogger
  const cluster = await Cluster.open({ store, config, nodeId: 1, rack: 'r1', clusterId: 'cluster-a', random, logger })
  t.teardown(async () => {
    await cluster.close()
    await store.close()
  })
  const connection: ConnectionInfo = {
    id: 1,
    listener: 'PLAINTEXT',
    securityProtocol: 'PLAINTEXT',
    remoteAddress: '127.0.0.1',
    remotePort: 40_000,
    localAddress: '127.0.0.1',
    localPort: 9092,
    clientSoftwareName: 'unknown',
    clientSoftwareVersion: 'unknown',
    principal: 'User:ANONYMOUS',
    isByToken: false,
  }
  const clock = new ManualClock()
  const services: Partial<BrokerServices> = {
    advertisedApis,
    nodeId: 1,
    config,
    cluster,
    partitions: { anyOffline: false, get: () => undefined } as Partial<Partitions> as Partitions,
    random,
    clock,
    delegationTokens: new DelegationTokens({
      secret: config.get('delegation.token.secret.key'),
      tokens: () => cluster.image.tokens,
      clock,
      salt: () => random.bytes(16),
    }),
    logger,
    endpointFor: ({ localAddress, localPort }) => ({ host: localAddress, port: localPort, rack: 'r1' }),
    hasAuthorizer,
    authorize: (_, operation, type, name) => !deny(operation, type, name),
    authorizeAny: (_, operation, type) => !deny(operation, type, 'any'),
  }
  const at = (apiVersion: number): Context => ({
    connection,
    clientId: 'test',
    apiKey: 0,
    apiVersion,
    correlationId: 1,
    broker: services as BrokerServices,
    exchange: { afterSend: () => {}, takesFiles: () => false, ask: () => undefined },
  })
  return { cluster, config, clock, connection, at }
}

/** A topic to create, by the defaults where nothing is said. */
export function topic(name: string, fields: Partial<TopicToCreate> = {}): TopicToCreate {
  return { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [], ...fields }
}

/** Fails unless the answer can be written in every version of the API. */
export function encodable(t: Test, api: unknown, answer: object): void {
  const { response, versions, name } = api as Api
  for (let version = versions[0]; version <= versions[1]; version++) {
    t.ok(encode(response, version, answer).length > 0, `${name} v${version}`)
  }
}
