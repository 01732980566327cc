/** kafkajs, made ready: every codec of Kafka's registered through our own, quiet logs, names that no other run uses. */
import assert from 'node:assert/strict'
import kafkajs, {
  type Admin,
  type Consumer,
  type ConsumerConfig,
  type KafkaConfig,
  type KafkaMessage,
  type Producer,
} from 'kafkajs'
import { type Codec, compress, decompress } from '../../protocol/records/compression.ts'
import { until } from '../scenario.ts'

export const { CompressionTypes } = kafkajs

/** No test here sends more than this in one batch. */
const batchBytesMax = 64 * 1024 * 1024

for (const [type, codec] of [
  [CompressionTypes.Snappy, 'snappy'],
  [CompressionTypes.LZ4, 'lz4'],
  [CompressionTypes.ZSTD, 'zstd'],
] as const satisfies readonly (readonly [number, Codec])[]) {
  kafkajs.CompressionCodecs[type] = () => ({
    compress: async (encoder: { buffer: Buffer }) => compress(codec, encoder.buffer),
    decompress: async (data: Buffer) => decompress(codec, data, batchBytesMax),
  })
}

export interface Seen {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: KafkaMessage['headers']
}

/** A client of a broker, or of several with commas between, that keeps what it opened, and closes it. */
export class Client {
  readonly bootstrap: string
  /** Of the topics that it makes. */
  readonly replicationFactor: number
  readonly #kafka: InstanceType<typeof kafkajs.Kafka>
  readonly #open: { disconnect(): Promise<void> }[] = []
  readonly #run = `${process.pid}-${Math.floor(performance.timeOrigin)}`
  #count = 0

  constructor(bootstrap: string, options: Partial<KafkaConfig> = {}, replicationFactor = 1) {
    this.bootstrap = bootstrap
    this.replicationFactor = replicationFactor
    this.#kafka = new kafkajs.Kafka({
      clientId: 'conformance',
      brokers: bootstrap.split(','),
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { initialRetryTime: 50, retries: 10 },
      ...options,
    })
  }

  /** A name that nothing on the broker has yet. */
  name(what: string): string {
    this.#count++
    return `${what}-${this.#run}-${this.#count}`
  }

  async topic(what: string, numPartitions = 1, configs: Record<string, string> = {}): Promise<string> {
    const topic = this.name(what)
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
    const admin = await this.admin()
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions, replicationFactor: this.replicationFactor, configEntries }],
    })
    return topic
  }

  async producer(options: Parameters<InstanceType<typeof kafkajs.Kafka>['producer']>[0] = {}): Promise<Producer> {
    return this.#connected(
      this.#kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner, ...options }),
    )
  }

  async consumer(groupId: string, options: Partial<ConsumerConfig> = {}): Promise<Consumer> {
    return this.#connected(
      this.#kafka.consumer({
        groupId,
        heartbeatInterval: 500,
        sessionTimeout: 6_000,
        rebalanceTimeout: 10_000,
        maxWaitTimeInMs: 200,
        ...options,
      }),
    )
  }

  /** `retries` is 0 where a refusal is what is asked for: kafkajs takes some of them for passing troubles. */
  async admin(retries = 10): Promise<Admin> {
    return this.#connected(this.#kafka.admin({ retry: { initialRetryTime: 50, retries } }))
  }

  async #connected<T extends { connect(): Promise<void>; disconnect(): Promise<void> }>(client: T): Promise<T> {
    this.#open.push(client)
    await client.connect()
    return client
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map(client => client.disconnect().catch(() => {})))
  }
}

/** Starts a consumer that puts what it sees into a list. */
export async function collect(
  consumer: Consumer,
  topics: readonly string[],
  seen: Seen[],
  fromBeginning = true,
): Promise<void> {
  await consumer.subscribe({ topics: [...topics], fromBeginning })
  await consumer.run({
    autoCommitInterval: 200,
    eachMessage: async ({ topic, partition, message }) => {
      seen.push({
        topic,
        partition,
        offset: Number(message.offset),
        timestamp: Number(message.timestamp),
        key: message.key?.toString() ?? null,
        value: message.value?.toString() ?? null,
        headers: message.headers,
      })
    },
  })
}

/** Waits until as many records were seen. */
export async function seenAtLeast(seen: readonly Seen[], count: number): Promise<void> {
  await until(`${count} records (${seen.length} seen at first)`, () => (seen.length >= count ? true : undefined))
}

/** Reads a topic from its beginning in a group of its own. */
export async function readAll(client: Client, topic: string, count: number): Promise<Seen[]> {
  const seen: Seen[] = []
  const consumer = await client.consumer(client.name('reader'))
  await collect(consumer, [topic], seen)
  await seenAtLeast(seen, count)
  await consumer.disconnect()
  assert.equal(seen.length, count, `${count} records were produced, and ${seen.length} were read`)
  return seen.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}
