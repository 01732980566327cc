/** `kafka-run-class CLASS ARGUMENTS`: the tool that Kafka has in a class of Java. */
import { type Io, UsageError } from './io.ts'

/** Commands by the last word of the name of their class; the packages changed between versions. */
const commands: Readonly<Record<string, string>> = {
  AclCommand: 'kafka-acls',
  BrokerApiVersionsCommand: 'kafka-broker-api-versions',
  ClientMetricsCommand: 'kafka-client-metrics',
  ClusterTool: 'kafka-cluster',
  ConfigCommand: 'kafka-configs',
  ConsoleConsumer: 'kafka-console-consumer',
  ConsoleProducer: 'kafka-console-producer',
  ConsumerGroupCommand: 'kafka-consumer-groups',
  ConsumerPerformance: 'kafka-consumer-perf-test',
  DelegationTokenCommand: 'kafka-delegation-tokens',
  DeleteRecordsCommand: 'kafka-delete-records',
  DumpLogSegments: 'kafka-dump-log',
  EndToEndLatency: 'kafka-e2e-latency',
  FeatureCommand: 'kafka-features',
  GetOffsetShell: 'kafka-get-offsets',
  GroupsCommand: 'kafka-groups',
  LeaderElectionCommand: 'kafka-leader-election',
  LogDirsCommand: 'kafka-log-dirs',
  MetadataQuorumCommand: 'kafka-metadata-quorum',
  ProducerPerformance: 'kafka-producer-perf-test',
  ReassignPartitionsCommand: 'kafka-reassign-partitions',
  StorageTool: 'kafka-storage',
  TopicCommand: 'kafka-topics',
  TransactionsCommand: 'kafka-transactions',
}

type Run = (argv: readonly string[], io: Io) => Promise<number>

const help = `ottla kafka-run-class CLASS [ARGUMENT ...]

Runs the tool that Kafka has in a class of Java, with the options of that tool.

  ottla kafka-run-class kafka.tools.GetOffsetShell --bootstrap-server localhost:9092 --topic orders
`

/** Carries out the command of a class; gives the exit code. Throws UsageError where there is none. */
export async function runClass(run: Run, [name = '', ...argv]: readonly string[], io: Io): Promise<number> {
  if (name === '--help' || name === '-h') {
    io.stdout.write(help)
    return 0
  }
  const command = /^(?:kafka|org\.apache\.kafka)\./.test(name) ? commands[name.split('.').at(-1)!] : undefined
  if (command === undefined) {
    const known = Object.keys(commands).join(', ')
    throw new UsageError(
      `there is no class ${name || 'given'} to run; those of Kafka that stand for a command here are ${known}`,
    )
  }
  return run([command, ...argv], io)
}
