/** A broker in memory, ways to it, and what tests do with both. */
import type { Test } from 'tap'
import { Admin } from '../../lib/admin/admin.ts'
import { createTopics } from '../../lib/admin/topics.ts'
import { systemClock } from '../../lib/base/clock.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { Broker } from '../../lib/broker.ts'
import { Consumer, type ConsumerOptions, recordsOf } from '../../lib/client/consumer.ts'
import { Producer, type ProducerOptions } from '../../lib/client/producer.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'

export class ClusterOfOne {
  readonly admin: Admin
  readonly broker: Broker
  readonly #t: Test

  private constructor(t: Test, broker: Broker, admin: Admin) {
    this.#t = t
    this.broker = broker
    this.admin = admin
  }

  static async start(t: Test, topics: Readonly<Record<string, number>>, properties = {}): Promise<ClusterOfOne> {
    const broker = await Broker.start({ port: 0, ephemeral: true, dev: true, logLevel: 'error', properties })
    t.teardown(() => broker.stop())
    const admin = new Admin({
      ...{ bootstrap: [broker.bootstrap], clock: systemClock, network: systemNetwork, random: seededRandom(1) },
    })
    t.teardown(() => admin.close())
    await createTopics(
      admin,
      Object.entries(topics).map(([name, partitions]) => ({ name, partitions })),
    )
    return new ClusterOfOne(t, broker, admin)
  }

  async producer(topic: string, options: Partial<ProducerOptions> = {}): Promise<Producer> {
    const producer = new Producer({ routes: this.admin, ...options })
    this.#t.teardown(() => producer.destroy())
    await producer.find(topic)
    return producer
  }

  /** Produces values, to partition 0 where nothing else is said. */
  async produce(topic: string, values: readonly string[], options: Partial<ProducerOptions> = {}, partition = 0) {
    const producer = await this.producer(topic, options)
    for (const value of values) producer.send(topic, recordOf(value), partition)
    await producer.close()
  }

  consumer(options: Partial<ConsumerOptions> = {}): Consumer {
    const consumer = new Consumer({ routes: this.admin, reset: 'earliest', ...options })
    this.#t.teardown(() => consumer.close())
    return consumer
  }

  /** All values of a topic's partitions, each with its offset. */
  async valuesOf(topic: string, count: number, options: Partial<ConsumerOptions> = {}): Promise<string[]> {
    const consumer = this.consumer(options)
    await consumer.subscribe({ topics: [topic] })
    return await values(consumer, count)
  }
}

export function recordOf(value: string, key: string | null = null) {
  return { timestamp: 1, key: key === null ? null : Buffer.from(key), value: Buffer.from(value) }
}

/** So many records that a consumer gets, as partition, offset and value. */
export async function values(consumer: Consumer, count: number): Promise<string[]> {
  const got: string[] = []
  while (got.length < count) {
    const batch = consumer.take()
    if (batch === null) await consumer.wait(10_000)
    else
      for (const { offset, value } of recordsOf(batch))
        got.push(`${batch.partition}@${offset} ${value?.toString() ?? 'null'}`)
  }
  return got
}
