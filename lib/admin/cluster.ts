/** An administrator's operations on brokers and the cluster as a whole. */
import { KafkaError } from '../../protocol/errors.ts'
import { AlterReplicaLogDirs } from '../../protocol/messages/alter-replica-log-dirs.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { DescribeCluster } from '../../protocol/messages/describe-cluster.ts'
import { DescribeLogDirs } from '../../protocol/messages/describe-log-dirs.ts'
import { DescribeQuorum } from '../../protocol/messages/describe-quorum.ts'
import { ElectLeaders } from '../../protocol/messages/elect-leaders.ts'
import { UnregisterBroker } from '../../protocol/messages/unregister-broker.ts'
import { UpdateFeatures } from '../../protocol/messages/update-features.ts'
import type { ClientResponseOf } from '../../protocol/schema.ts'
import type { Admin } from './admin.ts'
import type { PartitionResult, TopicPartition } from './by-leader.ts'
import { byTopic } from './offsets.ts'

export type DescribedCluster = ClientResponseOf<typeof DescribeCluster>
export type DescribedLogDir = ClientResponseOf<typeof DescribeLogDirs>['results'][number]
export type FeatureAnswer = ClientResponseOf<typeof ApiVersions>
export type DescribedQuorum = ClientResponseOf<typeof DescribeQuorum>

/** The brokers, those too that are registered and not served by where that is asked for; and what the client may do to the cluster, as bits. */
export function describeCluster(
  admin: Admin,
  options: { readonly includeFencedBrokers?: boolean; readonly includeAuthorizedOperations?: boolean } = {},
): Promise<DescribedCluster> {
  const { includeFencedBrokers: fenced = false, includeAuthorizedOperations: operations = false } = options
  return admin.ask(
    { to: 'any' },
    DescribeCluster,
    {
      ...(fenced && { includeFencedBrokers: true }),
      ...(operations && { includeClusterAuthorizedOperations: true }),
    },
    { leastVersion: fenced ? 2 : 0 },
  )
}

/** The data directories of one broker with the partitions in them; those of some topics only, where `partitions` is given. */
export async function describeLogDirs(
  admin: Admin,
  nodeId: number,
  partitions: readonly TopicPartition[] | null = null,
): Promise<readonly DescribedLogDir[]> {
  const topics =
    partitions &&
    byTopic(partitions).map(([topic, all]) => ({ topic, partitions: all.map(({ partition }) => partition) }))
  const { results } = await admin.ask({ to: 'broker', nodeId }, DescribeLogDirs, { topics })
  return results
}

/** Begins to move replicas of one broker to directories of it. */
export async function alterLogDirs(
  admin: Admin,
  nodeId: number,
  moves: readonly (TopicPartition & { readonly path: string })[],
): Promise<PartitionResult<null>[]> {
  const paths = [...new Set(moves.map(({ path }) => path))]
  const dirs = paths.map(path => ({
    path,
    topics: byTopic(moves.filter(move => move.path === path)).map(([name, all]) => ({
      name,
      partitions: all.map(({ partition }) => partition),
    })),
  }))
  const { results } = await admin.ask({ to: 'broker', nodeId }, AlterReplicaLogDirs, { dirs })
  return results.flatMap(({ topicName, partitions }) =>
    partitions.map(({ partitionIndex, errorCode }) => ({
      ...{ topic: topicName, partition: partitionIndex, errorCode, value: null },
    })),
  )
}

/** What became of one partition's election; the value is the sentence that came with an error. */
export async function electLeaders(
  admin: Admin,
  type: 'preferred' | 'unclean',
  partitions: readonly TopicPartition[] | null,
): Promise<PartitionResult<string | null>[]> {
  const { replicaElectionResults } = await admin.ask(
    { to: 'controller' },
    ElectLeaders,
    {
      electionType: type === 'preferred' ? 0 : 1,
      topicPartitions:
        partitions &&
        byTopic(partitions).map(([topic, all]) => ({ topic, partitions: all.map(({ partition }) => partition) })),
      timeoutMs: admin.timeoutMs,
    },
    { leastVersion: type === 'preferred' ? 0 : 1 },
  )
  return replicaElectionResults.flatMap(({ topic, partitionResult }) =>
    partitionResult.map(({ partitionId, errorCode, errorMessage }) => ({
      ...{ topic, partition: partitionId, errorCode, value: errorMessage },
    })),
  )
}

/** The levels of features that a broker could be at, and that the cluster is at. */
export function describeFeatures(admin: Admin, nodeId: number | null = null): Promise<FeatureAnswer> {
  return admin.ask(nodeId === null ? { to: 'any' } : { to: 'broker', nodeId }, ApiVersions, {
    clientSoftwareName: 'ottla',
    clientSoftwareVersion: '1',
  })
}

/** The level that a feature is to be at (KIP-584). */
export interface FeatureUpdate {
  readonly feature: string
  readonly level: number
  readonly type: 'upgrade' | 'safeDowngrade' | 'unsafeDowngrade'
}

const upgradeTypes = { upgrade: 1, safeDowngrade: 2, unsafeDowngrade: 3 } as const

/** Changes all of them or none. Rejects with KafkaError. */
export async function updateFeatures(
  admin: Admin,
  updates: readonly FeatureUpdate[],
  options: { readonly validateOnly?: boolean } = {},
): Promise<void> {
  const { results } = await admin.ask({ to: 'controller' }, UpdateFeatures, version => ({
    timeoutMs: admin.timeoutMs,
    featureUpdates: updates.map(({ feature, level, type }) => ({
      feature,
      maxVersionLevel: level,
      ...(version === 0 ? { allowDowngrade: type !== 'upgrade' } : { upgradeType: upgradeTypes[type] }),
    })),
    ...(version === 0 ? {} : { validateOnly: options.validateOnly ?? false }),
  }))
  const failed = results?.find(({ errorCode }) => errorCode !== 0)
  if (failed) throw new KafkaError(failed.errorCode, failed.errorMessage ?? '')
}

/** Has the cluster forget a broker. */
export async function unregisterBroker(admin: Admin, brokerId: number): Promise<void> {
  await admin.ask({ to: 'controller' }, UnregisterBroker, { brokerId })
}

/** Who keeps the cluster's metadata. */
export function describeQuorum(admin: Admin): Promise<DescribedQuorum> {
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
  return admin.ask(
    { to: 'any' },
    DescribeQuorum,
    { topics },
    {
      errorOf: ({ errorCode, topics: [topic] }) => errorCode || (topic?.partitions[0]?.errorCode ?? 0),
    },
  )
}
