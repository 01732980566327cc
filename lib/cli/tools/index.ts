/** The twins of Kafka's command-line tools: each by our name and by Kafka's, and loaded on use. */
import type { Io } from '../io.ts'

/** Carries out a command line; gives the exit code. */
export type Command = (argv: readonly string[], io: Io) => Promise<number>

type Loader = () => Promise<Command>

const configs: Loader = async () => (await import('./configs.ts')).kafkaConfigs

/** Our name, Kafka's, and the tool. */
const tools: readonly (readonly [string, string, Loader])[] = [
  ['topics', 'kafka-topics', async () => (await import('./topics.ts')).kafkaTopics],
  ['configs', 'kafka-configs', configs],
  ['produce', 'kafka-console-producer', async () => (await import('./produce.ts')).produce],
  ['consume', 'kafka-console-consumer', async () => (await import('./consume.ts')).consume],
  ['groups', 'kafka-consumer-groups', async () => (await import('./groups.ts')).kafkaConsumerGroups],
  ['all-groups', 'kafka-groups', async () => (await import('./all-groups.ts')).kafkaGroups],
  ['get-offsets', 'kafka-get-offsets', async () => (await import('./get-offsets.ts')).kafkaGetOffsets],
  ['delete-records', 'kafka-delete-records', async () => (await import('./delete-records.ts')).kafkaDeleteRecords],
  ['log-dirs', 'kafka-log-dirs', async () => (await import('./log-dirs.ts')).kafkaLogDirs],
  ['leader-election', 'kafka-leader-election', async () => (await import('./leader-election.ts')).kafkaLeaderElection],
  ['client-metrics', 'kafka-client-metrics', async () => (await import('./client-metrics.ts')).kafkaClientMetrics],
  ['reassign', 'kafka-reassign-partitions', async () => (await import('./reassign.ts')).kafkaReassignPartitions],
  ['cluster', 'kafka-cluster', async () => (await import('./cluster.ts')).kafkaCluster],
  ['features', 'kafka-features', async () => (await import('./features.ts')).kafkaFeatures],
  ['metadata-quorum', 'kafka-metadata-quorum', async () => (await import('./metadata-quorum.ts')).kafkaMetadataQuorum],
  ['tokens', 'kafka-delegation-tokens', async () => (await import('./delegation-tokens.ts')).kafkaDelegationTokens],
  ['dump-log', 'kafka-dump-log', async () => (await import('./dump-log.ts')).kafkaDumpLog],
  ['acls', 'kafka-acls', async () => (await import('./acls.ts')).kafkaAcls],
  ['transactions', 'kafka-transactions', async () => (await import('./transactions.ts')).transactions],
  [
    'broker-api-versions',
    'kafka-broker-api-versions',
    async () => (await import('./broker-api-versions.ts')).kafkaBrokerApiVersions,
  ],
]

/** By every name that they have. */
export const toolCommands: Readonly<Record<string, Loader>> = {
  ...Object.fromEntries(tools.flatMap(([ours, kafkas, load]) => [ours, kafkas].map(name => [name, load]))),
  mirror: async () => (await import('./mirror.ts')).mirror,
  perf: async () => (await import('./perf.ts')).perf,
  'kafka-producer-perf-test': async () => (await import('./perf-produce.ts')).perfProduce,
  'kafka-consumer-perf-test': async () => (await import('./perf-consume.ts')).perfConsume,
  'kafka-e2e-latency': async () => (await import('./perf-latency.ts')).perfLatency,
  quotas: configs,
  users: async () => {
    const kafkaConfigs = await configs()
    return (argv, io) => kafkaConfigs(['--entity-type', 'users', ...argv], io)
  },
}
