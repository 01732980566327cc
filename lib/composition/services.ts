/** What answers requests: coordinators, and what handlers are given. */
import { markersAmong } from '../coordination/elsewhere.ts'
import { Groups } from '../coordination/groups.ts'
import { MarkerWriter } from '../coordination/markers.ts'
import { Transactions } from '../coordination/transactions.ts'
import type { BrokerServices } from '../handlers/context.ts'
import { advertisedApis, handlerTable, unstableApis } from '../handlers/table.ts'
import type { Cluster } from '../metadata/cluster.ts'
import { authorizationMetrics } from '../metrics/authorizations.ts'
import type { Partitions } from '../partitions/partitions.ts'
import { ProducerIds } from '../partitions/producer-ids.ts'
import { FetchSessions } from '../partitions/sessions/fetch-sessions.ts'
import type { Peers } from '../replication/peers.ts'
import type { Throttles } from '../replication/throttles.ts'
import { authorizationOf } from '../security/authorizer.ts'
import { DelegationTokens } from '../security/delegation-tokens.ts'
import { ClientTelemetry } from '../telemetry/client-telemetry.ts'
import { elsewhereBy } from './elsewhere.ts'
import type { Opened } from './opened.ts'
import type { CompositionOptions } from './parts.ts'

/** Of what is made of a delegation token for SCRAM. */
const saltBytes = 24

/** Begins to load the coordinators; where clients reach this broker is known to the listeners alone. */
export function openServices(
  options: CompositionOptions,
  cluster: Cluster,
  partitions: Partitions,
  { peers, throttles }: { readonly peers: Peers; readonly throttles: Throttles },
  endpointFor: BrokerServices['endpointFor'],
  opened: Opened,
): BrokerServices {
  const { config, parts, logger, handlers = handlerTable } = options
  const { clocks, random } = parts
  const groups = new Groups({
    partitions,
    cluster,
    config,
    clock: clocks.broker,
    wire: clocks.wire,
    random,
    logger: logger.child('groups'),
    timers: options.groupTimers,
    continued: options.continued,
  })
  const producerIds = new ProducerIds(() => cluster.allocateProducerIds())
  const markers = new MarkerWriter({ partitions, groups, clock: clocks.broker })
  const elsewhere = elsewhereBy(peers, cluster, config.get('node.id'))
  const writeMarkers = markersAmong((end, named) => markers.write(end, named), elsewhere)
  const transactions = new Transactions({
    config,
    cluster,
    partitions,
    producerIds,
    writeMarkers: options.markersThrough?.(writeMarkers) ?? writeMarkers,
    elsewhere,
    clock: clocks.broker,
    wire: clocks.wire,
    logger: logger.child('transactions'),
    seen: options.continued?.membersAreGone ? options.continued.producerEpochs : undefined,
  })
  opened.metrics.add(() => transactions.metrics())
  const authorization = authorizationOf({
    ...{ config, rules: cluster, clock: clocks.wire, logger: logger.child('authorizer'), handlers },
  })
  const telemetry = new ClientTelemetry({
    subscriptions: () => clientMetricsIn(cluster.image.otherConfigs),
    bytesMax: () => config.get('telemetry.max.bytes'),
    clock: clocks.wire,
    random,
  })
  const delegationTokens = new DelegationTokens({
    secret: config.get('delegation.token.secret.key'),
    tokens: () => cluster.image.tokens,
    clock: clocks.broker,
    salt: () => random.bytes(saltBytes),
  })
  opened.metrics.add(() => telemetry.metrics())
  opened.metrics.add(() => authorizationMetrics(authorization.counts()))
  return {
    advertisedApis: config.get('unstable.api.versions.enable') ? unstableApis() : advertisedApis,
    nodeId: config.get('node.id'),
    config,
    cluster,
    partitions,
    groups,
    producerIds,
    transactions,
    markers,
    fetchSessions: new FetchSessions({
      slotsMax: config.get('max.incremental.fetch.session.cache.slots'),
      clock: clocks.wire,
      random,
    }),
    leaderThrottle: throttles.leader,
    telemetry,
    delegationTokens,
    clock: clocks.broker,
    random,
    logger: logger.child('handlers'),
    endpointFor,
    ...authorization,
  }
}

/** The settings of subscriptions to metrics of clients. */
function* clientMetricsIn(configs: Cluster['image']['otherConfigs']): Iterable<ReadonlyMap<string, string>> {
  for (const [key, settings] of configs) if (key.startsWith('client-metrics/')) yield settings
}
