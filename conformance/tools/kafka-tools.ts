/** Kafka's own command-line tools, run one after the other in one JVM, which takes a second to start. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { compiledJava } from '../java.ts'
import { fetchKafka, homeOf, kafkaVersion } from '../kafka.ts'
import type { Outcome } from './normal.ts'

const tools = 'org.apache.kafka.tools'

/** Their classes by the names of their scripts. */
const classes: Readonly<Record<string, string>> = {
  'kafka-acls': `${tools}.AclCommand`,
  'kafka-broker-api-versions': `${tools}.BrokerApiVersionsCommand`,
  'kafka-client-metrics': `${tools}.ClientMetricsCommand`,
  'kafka-cluster': `${tools}.ClusterTool`,
  'kafka-configs': `${tools}.ConfigCommand`,
  'kafka-console-consumer': `${tools}.consumer.ConsoleConsumer`,
  'kafka-console-producer': `${tools}.ConsoleProducer`,
  'kafka-consumer-groups': `${tools}.consumer.group.ConsumerGroupCommand`,
  'kafka-consumer-perf-test': `${tools}.ConsumerPerformance`,
  'kafka-delegation-tokens': `${tools}.DelegationTokenCommand`,
  'kafka-delete-records': `${tools}.DeleteRecordsCommand`,
  'kafka-dump-log': `${tools}.DumpLogSegments`,
  'kafka-e2e-latency': `${tools}.EndToEndLatency`,
  'kafka-features': `${tools}.FeatureCommand`,
  'kafka-get-offsets': `${tools}.GetOffsetShell`,
  'kafka-groups': `${tools}.GroupsCommand`,
  'kafka-leader-election': `${tools}.LeaderElectionCommand`,
  'kafka-log-dirs': `${tools}.LogDirsCommand`,
  'kafka-metadata-quorum': `${tools}.MetadataQuorumCommand`,
  'kafka-producer-perf-test': `${tools}.ProducerPerformance`,
  'kafka-reassign-partitions': `${tools}.reassign.ReassignPartitionsCommand`,
  'kafka-share-groups': `${tools}.consumer.group.ShareGroupCommand`,
  'kafka-storage': 'kafka.tools.StorageTool',
  'kafka-streams-groups': `${tools}.streams.StreamsGroupCommand`,
  'kafka-topics': `${tools}.TopicCommand`,
  'kafka-transactions': `${tools}.TransactionsCommand`,
  'kafka-verifiable-consumer': `${tools}.VerifiableConsumer`,
  'kafka-verifiable-producer': `${tools}.VerifiableProducer`,
}

/** Runs a tool by the words of its command line, the name first; ends it after `msMax`. */
export type RunTool = (words: readonly string[], stdin: string, msMax: number) => Promise<Outcome>

export interface KafkaTools {
  readonly run: RunTool
  stop(): void
}

/** Fetches them where they are not there yet. Throws where they cannot be had. */
export function startKafkaTools(): KafkaTools {
  const missing = fetchKafka()
  if (missing !== null) throw new Error(`there are no tools of Apache Kafka to run: ${missing}`)
  const source = fileURLToPath(new URL('java/ToolRunner.java', import.meta.url))
  const compiled = compiledJava('ToolRunner', [source], homeOf(kafkaVersion), kafkaVersion)
  if (typeof compiled === 'string') throw new Error(compiled)
  const options = ['-Xmx512M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.security.manager=allow']
  const quiet = '-Dorg.apache.logging.log4j.level=OFF'
  const child = spawn('java', [...options, quiet, '-cp', compiled.classPath, 'ToolRunner'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  return {
    run: (words, stdin, msMax) => run(child, answers, words, stdin, msMax),
    stop: () => child.stdin!.end(),
  }
}

async function run(
  child: ChildProcess,
  answers: AsyncIterator<string>,
  [name = '', ...args]: readonly string[],
  stdin: string,
  msMax: number,
): Promise<Outcome> {
  if (!Object.hasOwn(classes, name))
    throw new Error(`no tool of Kafka is known as ${name}; add its class to kafka-tools.ts`)
  child.stdin!.write(`${JSON.stringify({ main: classes[name], args, stdin, msMax })}\n`)
  const answer = await answers.next()
  if (answer.done) throw new Error(`the JVM ended while ${name} ran`)
  return JSON.parse(answer.value) as Outcome
}
