/** kafkajs against a broker for tests: quiet, without long pauses, and closed with the test. */
import kafkajs, {
  type Consumer,
  type ConsumerConfig,
  type KafkaConfig,
  type Producer,
  type ProducerConfig,
} from 'kafkajs'
import type { Test } from 'tap'
import { TestKafka, type TestKafkaOptions } from '../../lib/testing.ts'

/** Pauses between attempts that a test can bear. */
const retry = { initialRetryTime: 5, maxRetryTime: 20, retries: 8 }

/** A broker, and clients of it that end before it does. */
export class Bench {
  readonly kit: TestKafka
  readonly #t: Test

  private constructor(kit: TestKafka, t: Test) {
    this.kit = kit
    this.#t = t
  }

  static async start(t: Test, options: TestKafkaOptions = {}): Promise<Bench> {
    const kit = await TestKafka.start({ topics: { orders: 3 }, seed: 1, timeoutMs: 30_000, trace: true, ...options })
    t.teardown(() => kit.stop())
    return new Bench(kit, t)
  }

  kafka(config: Partial<KafkaConfig> = {}): kafkajs.Kafka {
    return new kafkajs.Kafka({
      ...{ clientId: 'app', brokers: this.kit.bootstrap.split(','), logLevel: kafkajs.logLevel.NOTHING, retry },
      // A second by default, in which a process that is held up may not come to look.
      connectionTimeout: 60_000,
      ...config,
    })
  }

  async producer(config: ProducerConfig = {}, kafka: Partial<KafkaConfig> = {}): Promise<Producer> {
    const producer = this.kafka(kafka).producer({ allowAutoTopicCreation: false, ...config })
    await producer.connect()
    this.#t.teardown(() => producer.disconnect())
    return producer
  }

  /** A consumer of orders that runs, and what it has read. */
  async consumer(
    config: Partial<ConsumerConfig> = {},
    kafka: Partial<KafkaConfig> = {},
  ): Promise<{ consumer: Consumer; read: string[] }> {
    const consumer = this.kafka(kafka).consumer({ groupId: 'g', heartbeatInterval: 20, maxWaitTimeInMs: 50, ...config })
    const read: string[] = []
    await consumer.connect()
    this.#t.teardown(() => consumer.disconnect())
    await consumer.subscribe({ topic: 'orders', fromBeginning: true })
    await consumer.run({
      autoCommitThreshold: 1,
      eachMessage: async ({ message }) => {
        read.push(String(message.value))
      },
    })
    return { consumer, read }
  }
}

/** Sends these values to one partition of orders. */
export function send(producer: Producer, partition: number, ...values: string[]) {
  return producer.send({ topic: 'orders', messages: values.map(value => ({ partition, value })) })
}
