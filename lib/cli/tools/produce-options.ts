/** The options of `ottla produce`, and what they mean to a producer. */
import type { Io } from '../io.ts'
import { propertiesOf } from './client-properties.ts'
import { byEitherWord, producerWords } from './older-words.ts'
import { connectionOptions, type Given, type Tool, ToolUsageError } from './tool.ts'

const options = {
  ...connectionOptions,
  topic: { value: 'TOPIC', doc: 'the topic to produce to; required' },
  'reader-property': {
    value: 'NAME=VALUE',
    multiple: true,
    doc: 'how lines are read: parse.timestamp, parse.partition, parse.headers, parse.key (true or false), in this order in a line; key.separator (tab), headers.delimiter (tab), headers.separator (,), headers.key.separator (:), null.marker, ignore.error',
  },
  'reader-config': { value: 'FILE', doc: 'the same as a file of properties' },
  'line-reader': { value: 'CLASS', doc: 'org.apache.kafka.tools.LineMessageReader' },
  'command-property': {
    value: 'NAME=VALUE',
    multiple: true,
    doc: 'a property of the producer, over those of --command-config',
  },
  'request-required-acks': { value: 'ACKS', doc: 'who confirms: 0, 1, or -1 for all replicas in sync (-1)' },
  'compression-codec': {
    value: 'CODEC',
    isOptional: true,
    doc: 'none, gzip (where none is named), snappy, lz4 or zstd',
  },
  transactional: {
    value: 'ID',
    doc: 'all lines in one transaction of this id, which is aborted where something fails',
  },
  'transaction-size': { value: 'COUNT', doc: 'with --transactional: commit after so many records' },
  sync: { doc: 'send one record at a time, and end at the first that fails' },
  'batch-size': { value: 'BYTES', doc: 'how large batches become (16384)' },
  timeout: { value: 'MS', doc: 'how long a batch waits for more records (1000)' },
  'message-send-max-retries': { value: 'COUNT', doc: 'how often sending is tried again (3)' },
  'retry-backoff-ms': { value: 'MS', doc: 'how long before it is (100)' },
  'request-timeout-ms': { value: 'MS', doc: 'how long an answer may take (1500)' },
  'max-block-ms': { value: 'MS', doc: 'how long the topic is looked for (60000)' },
  'max-memory-bytes': { value: 'BYTES', doc: 'how much is held at most (33554432)' },
  'metadata-expiry-ms': { value: 'MS', doc: 'accepted' },
  'socket-buffer-size': { value: 'BYTES', doc: 'accepted' },
  'max-partition-memory-bytes': { value: 'BYTES', doc: 'an older word for --batch-size' },
  property: { value: 'NAME=VALUE', multiple: true, doc: 'an older word for --reader-property' },
  'producer-property': { value: 'NAME=VALUE', multiple: true, doc: 'an older word for --command-property' },
  'producer.config': { value: 'FILE', doc: 'an older word for --command-config' },
} as const

export type ProduceOption = keyof typeof options

export const produceTool: Tool<ProduceOption> = {
  name: 'produce',
  about: 'lines of standard input become records',
  example: 'produce --bootstrap-server localhost:9092 --topic orders --reader-property parse.key=true < orders.tsv',
  options,
  dropped: { 'broker-list': 'bootstrap-server' },
}

/** Options that stand for properties, and what they are where nobody says. */
const standsFor: readonly (readonly [ProduceOption, string, string])[] = [
  ['timeout', 'linger.ms', '1000'],
  ['request-required-acks', 'acks', '-1'],
  ['request-timeout-ms', 'request.timeout.ms', '1500'],
  ['message-send-max-retries', 'retries', '3'],
  ['retry-backoff-ms', 'retry.backoff.ms', '100'],
  ['max-memory-bytes', 'buffer.memory', '33554432'],
  ['batch-size', 'batch.size', '16384'],
  ['max-block-ms', 'max.block.ms', '60000'],
]

/** What a command line asks for. */
export interface AskedToProduce {
  readonly topic: string
  readonly bootstrap: string
  readonly reader: Readonly<Record<string, string>>
  readonly producer: Readonly<Record<string, string>>
  readonly isSync: boolean
  /** Records in a transaction; 0 where there are none. */
  readonly transactionSize: number
}

/** Rejects with ToolUsageError, or with an Error where a file cannot be read. */
export async function askedToProduce(given: Given<ProduceOption>, io: Io): Promise<AskedToProduce> {
  const topic = given.one('topic')
  if (topic === undefined) throw new ToolUsageError('Missing required argument "[topic]"')
  const bootstrap = given.one('bootstrap-server')
  if (bootstrap === undefined) throw new ToolUsageError('Missing required argument "[bootstrap-server]"')
  if (!bootstrap.split(',').every(address => /^.+:\d+$/.test(address))) {
    throw new ToolUsageError('Please provide valid host:port like host1:9091,host2:9092\n ')
  }
  const readerTexts = byEitherWord(given, 'reader-property', 'property', producerWords, io)
  const producerTexts = byEitherWord(given, 'command-property', 'producer-property', producerWords, io)
  const file = byEitherWord(given, 'command-config', 'producer.config', producerWords, io).at(-1)
  const reader = await propertiesOf(given.one('reader-config'), readerTexts)
  const producer = await propertiesOf(file, producerTexts)
  for (const [option, name, preset] of standsFor) {
    if (option !== 'request-required-acks') given.long(option)
    if (given.has(option) || producer[name] === undefined) producer[name] = given.one(option) ?? preset
  }
  const memory = given.long('max-partition-memory-bytes')
  if (memory !== undefined) {
    io.stdout.write(
      'Warning: --max-partition-memory-bytes is deprecated and will be removed in Apache Kafka 5.0. Use --batch-size instead.\n',
    )
    producer['batch.size'] = String(memory)
  }
  if (given.has('compression-codec')) producer['compression.type'] = given.one('compression-codec') || 'gzip'
  producer['client.id'] ??= 'console-producer'
  const transactionalId = given.one('transactional')
  if (transactionalId !== undefined) producer['transactional.id'] = transactionalId
  const isTransactional = producer['transactional.id'] !== undefined
  return {
    ...{ topic, bootstrap, reader, producer },
    isSync: given.has('sync'),
    transactionSize: isTransactional ? (given.long('transaction-size') ?? Number.POSITIVE_INFINITY) : 0,
  }
}
