/**
 * A producer: gathers records to batches by partition, sends them to the leaders, several requests to each under way, and again where
 * it has to, each once and in order (idempotent) unless it is told otherwise. What it holds is bounded: who sends has to wait for room.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { BatchRecord } from '../../protocol/records/batch.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import { recordCount } from '../../protocol/records/header.ts'
import { Partitioner } from './partitioner.ts'
import { type GroupOffset, ProducerIdentity } from './producer-identity.ts'
import { bytesOf, inFlightMax as inFlightMaxIdempotent, type ProducerBatch } from './producer-queue.ts'
import { ProducerSender, type SenderOptions } from './producer-sender.ts'
import type { Routes } from './routes.ts'
import { TopicLeaders } from './topic-leaders.ts'

/** What became of some records, in the order in which they were sent to their partition. */
export interface Delivery<R extends BatchRecord = BatchRecord> {
  readonly topic: string
  readonly partition: number
  /** None where a whole batch was handed on. */
  readonly records: readonly R[]
  /** What `sendBatch` was given for it; null for records. */
  readonly tag: unknown
  /** Offset of the first record; −1 where the broker does not tell: with acks 0, or as it has had the batch before. */
  readonly baseOffset: number
  readonly error: Error | null
}

export interface ProducerOptions<R extends BatchRecord = BatchRecord> {
  readonly routes: Routes
  /** Who confirms: nobody, the leader, or all replicas in sync (−1, the default). */
  readonly acks?: 0 | 1 | -1
  /** Each record once and in order; the default with acks −1. */
  readonly idempotent?: boolean
  /** Records belong to transactions under this id. */
  readonly transactionalId?: string
  readonly transactionTimeoutMs?: number
  readonly compression?: Codec
  readonly compressionLevel?: number
  readonly batchBytesMax?: number
  /** How long a batch waits for more records. */
  readonly lingerMs?: number
  readonly requestBytesMax?: number
  /** How many bytes of records are held before `send` says that there is no room. */
  readonly bufferBytesMax?: number
  /** Requests under way to one broker; more than one without `idempotent` may change the order where something is sent again. */
  readonly inFlightMax?: number
  readonly retriesMax?: number
  readonly retryBackoffMs?: number
  /** How long the broker may take for an answer. */
  readonly requestTimeoutMs?: number
  /** How long it may take from `send` until a record is confirmed, or given up. */
  readonly deliveryTimeoutMs?: number
  /** Called for each batch that was confirmed or given up. */
  readonly delivered?: (delivery: Delivery<R>) => void
}

const [batchBytesMaxDefault, requestBytesMaxDefault, bufferBytesMaxDefault] = [16_384, 1_048_576, 33_554_432]
const [lingerMsDefault, retryBackoffMsDefault, requestTimeoutMsDefault] = [5, 100, 30_000]
const [deliveryTimeoutMsDefault, transactionTimeoutMsDefault] = [120_000, 60_000]

export class Producer<R extends BatchRecord = BatchRecord> {
  readonly #leaders: TopicLeaders
  readonly #partitioner: Partitioner
  readonly #sender: ProducerSender<R>
  readonly #identity: ProducerIdentity | null
  readonly #bufferBytesMax: number
  readonly #delivered: (delivery: Delivery<R>) => void
  #bytesHeld = 0
  #failed: Error | null = null
  #roomWaiters: (() => void)[] = []
  #emptyWaiters: (() => void)[] = []

  constructor(options: ProducerOptions<R>) {
    const { routes, acks = -1, transactionalId = null, idempotent = acks === -1 } = options
    this.#leaders = new TopicLeaders(routes, { createsTopics: true })
    const batchBytesMax = options.batchBytesMax ?? batchBytesMaxDefault
    this.#partitioner = new Partitioner(routes.random, batchBytesMax)
    this.#bufferBytesMax = options.bufferBytesMax ?? bufferBytesMaxDefault
    this.#delivered = options.delivered ?? (() => undefined)
    const isIdentified = idempotent || transactionalId !== null
    this.#identity = isIdentified
      ? new ProducerIdentity(routes, transactionalId, options.transactionTimeoutMs ?? transactionTimeoutMsDefault)
      : null
    const inFlightMax = options.inFlightMax ?? inFlightMaxIdempotent
    const senderOptions: SenderOptions<R> = {
      ...{ routes, acks, batchBytesMax, leaders: this.#leaders, identity: this.#identity },
      compression: options.compression ?? 'none',
      compressionLevel: options.compressionLevel,
      lingerMs: options.lingerMs ?? lingerMsDefault,
      requestBytesMax: options.requestBytesMax ?? requestBytesMaxDefault,
      inFlightMax: isIdentified ? Math.min(inFlightMax, inFlightMaxIdempotent) : inFlightMax,
      retriesMax: options.retriesMax ?? Number.POSITIVE_INFINITY,
      retryBackoffMs: options.retryBackoffMs ?? retryBackoffMsDefault,
      requestTimeoutMs: options.requestTimeoutMs ?? requestTimeoutMsDefault,
      deliveryTimeoutMs: options.deliveryTimeoutMs ?? deliveryTimeoutMsDefault,
      done: (batch, baseOffset, error) => this.#done(batch, baseOffset, error),
    }
    this.#sender = new ProducerSender(senderOptions)
  }

  /** Finds a topic, without which nothing can be sent to it; how many partitions it has. Rejects with KafkaError. */
  async find(topic: string): Promise<number> {
    return (await this.#leaders.find(topic)).partitions.length
  }

  /**
   * Takes a record for a topic that was found, and for a partition where one is given. False where there is no more room: wait for `room` before
   * the next. Throws KafkaError where there is no such partition.
   */
  send(topic: string, record: R, partition: number | null = null): boolean {
    const view = this.#leaders.topic(topic)
    if (view === undefined) throw new KafkaError(codes.UNKNOWN_TOPIC_OR_PARTITION, `${topic} was not looked for yet`)
    const bytes = bytesOf(record)
    const index = partition ?? this.#partitioner.partitionOf(view, record.key, bytes)
    if (index < 0 || index >= view.partitions.length) {
      throw new KafkaError(codes.UNKNOWN_TOPIC_OR_PARTITION, `${topic} has no partition ${index}`)
    }
    this.#bytesHeld += bytes
    this.#sender.add(topic, index, record, bytes)
    return this.#bytesHeld < this.#bufferBytesMax
  }

  /**
   * Takes a whole batch of magic 2, dense and with timestamps of who made the records, for a partition of a topic that was found. `tag` comes back with
   * its delivery. False where there is no more room.
   */
  sendBatch(topic: string, partition: number, batch: Buffer, tag: unknown): boolean {
    this.#bytesHeld += batch.length
    this.#sender.addMade(topic, partition, batch, recordCount(batch, 0), tag)
    return this.#bytesHeld < this.#bufferBytesMax
  }

  /** Resolves when there is room for more. */
  room(): Promise<void> {
    if (this.#bytesHeld < this.#bufferBytesMax) return Promise.resolve()
    // What is being gathered would wait for more, which does not come.
    this.#sender.hurry()
    return new Promise(resolve => this.#roomWaiters.push(resolve))
  }

  /** Sends at once what is being gathered, and resolves when everything is confirmed or given up. */
  flush(): Promise<void> {
    if (this.#bytesHeld === 0) return Promise.resolve()
    this.#sender.hurry()
    return new Promise(resolve => this.#emptyWaiters.push(resolve))
  }

  /** Begins a transaction; the first one asks for the producer's epoch, and so ends what a former producer has left open. */
  async begin(): Promise<void> {
    this.#failed = null
    await this.#sender.begin()
  }

  /** Commits. Rejects with the error of a record that was given up, and then leaves the transaction to `abort`. */
  async commit(): Promise<void> {
    await this.flush()
    if (this.#failed) throw this.#failed
    await this.#sender.end(true)
  }

  /** Aborts: what is not sent yet never is. */
  async abort(): Promise<void> {
    this.#sender.giveUp(new KafkaError(codes.TRANSACTION_ABORTABLE, 'the transaction was aborted'))
    await this.flush()
    await this.#sender.end(false)
  }

  /** Commits a group's offsets with the transaction. */
  async sendOffsets(groupId: string, offsets: readonly GroupOffset[]): Promise<void> {
    await this.#identity!.addOffsets(groupId, offsets)
    this.#sender.hasOffsets()
  }

  /** Sends what there is, and ends. The connections stay with who gave them. */
  async close(): Promise<void> {
    await this.flush()
    this.#sender.close()
  }

  /** Gives up what has not been confirmed, and ends. */
  destroy(): void {
    this.#sender.giveUp(new KafkaError(codes.REQUEST_TIMED_OUT, 'the producer was closed'))
    this.#sender.close()
  }

  #done({ queue, records, bytes, tag }: ProducerBatch<R>, baseOffset: number, error: Error | null): void {
    this.#bytesHeld -= bytes
    if (error) this.#failed ??= error
    this.#delivered({ topic: queue.topic, partition: queue.partition, records, tag, baseOffset, error })
    if (this.#bytesHeld < this.#bufferBytesMax) {
      const waiters = this.#roomWaiters
      this.#roomWaiters = []
      for (const resolve of waiters) resolve()
    }
    if (this.#bytesHeld === 0) {
      const waiters = this.#emptyWaiters
      this.#emptyWaiters = []
      for (const resolve of waiters) resolve()
    }
  }
}
