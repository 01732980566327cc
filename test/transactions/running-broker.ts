/** A broker in memory with a client, for transactions as clients see them. */
import type { Test } from 'tap'
import { Broker } from '../../lib/broker.ts'
import { Client } from '../../lib/client/client.ts'
import { codes } from '../../protocol/errors.ts'
import { AddOffsetsToTxn } from '../../protocol/messages/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DescribeTransactions } from '../../protocol/messages/describe-transactions.ts'
import { EndTxn } from '../../protocol/messages/end-txn.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { TxnOffsetCommit } from '../../protocol/messages/txn-offset-commit.ts'
import { buildBatch, readRecords } from '../../protocol/records/batch.ts'
import { isControl, sizeInBytes } from '../../protocol/records/header.ts'
import type { Api, ClientRequestOf, ClientResponseOf } from '../../protocol/schema.ts'
import { type Loose, wholeRequest } from '../../protocol/whole-request.ts'

/** A producer as its client knows it. */
export interface Producing {
  transactionalId: string
  producerId: number
  producerEpoch: number
  /** The next sequence number by partition. */
  sequences: number[]
}

export class RunningBroker {
  readonly client: Client
  /** As the last produce request was answered. */
  logStartOffset = 0
  #topicId = ''
  /** What records are stamped with. */
  readonly #now: () => number

  private constructor(client: Client, now: () => number) {
    this.client = client
    this.#now = now
  }

  /** With a topic `a` of two partitions. */
  static async start(t: Test, properties: Record<string, string> = {}): Promise<RunningBroker> {
    const broker = await Broker.start({ port: 0, ephemeral: true, dev: true, properties })
    const [host, port] = broker.bootstrap.split(':') as [string, string]
    const client = await Client.connect({ host, port: Number(port) })
    t.teardown(async () => {
      await client.close()
      await broker.stop()
    })
    return RunningBroker.of(client)
  }

  /** A broker that somebody else started; the topic is made where there is none. */
  static async of(client: Client, now = Date.now): Promise<RunningBroker> {
    const running = new RunningBroker(client, now)
    await running.ask(CreateTopics, 5, {
      topics: [{ name: 'a', numPartitions: 2, replicationFactor: 1 }],
      timeoutMs: 5_000,
    })
    const { topics } = await running.ask(Metadata, 12, { topics: [{ name: 'a' }] })
    running.#topicId = topics[0]!.topicId
    await running.ask(FindCoordinator, 4, { keyType: 1, coordinatorKeys: ['t'] })
    await running.ask(FindCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] })
    return running
  }

  ask<A extends Api>(api: A, version: number, request: Loose<ClientRequestOf<A>>): Promise<ClientResponseOf<A>> {
    return this.client.send(api, version, wholeRequest(api, request))
  }

  init(
    transactionalId: string,
    claim: { producerId?: number; producerEpoch?: number; transactionTimeoutMs?: number } = {},
  ) {
    return this.ask(InitProducerId, 5, { transactionalId, transactionTimeoutMs: 60_000, ...claim })
  }

  /** A producer that may begin; waits while an earlier transaction of its id ends. */
  async producer(transactionalId: string, transactionTimeoutMs = 60_000): Promise<Producing> {
    for (;;) {
      const { errorCode, producerId, producerEpoch } = await this.init(transactionalId, { transactionTimeoutMs })
      if (errorCode === 0) return { transactionalId, producerId, producerEpoch, sequences: [0, 0] }
      if (errorCode !== codes.CONCURRENT_TRANSACTIONS) throw new Error(`no producer: ${errorCode}`)
    }
  }

  /** Adds partition 0 of the topic, as clients of protocol 1 do. */
  async add({ transactionalId, producerId, producerEpoch }: Producing, index = 0): Promise<number> {
    const { resultsByTopicV3AndBelow } = await this.ask(AddPartitionsToTxn, 3, {
      ...{ v3AndBelowTransactionalId: transactionalId, v3AndBelowProducerId: producerId },
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: 'a', partitions: [index] }],
    })
    return resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode
  }

  /** Sends a value in the transaction; gives the error code. */
  async send(producer: Producing, value: string, { version = 12, index = 0 } = {}): Promise<number> {
    const { transactionalId, producerId, producerEpoch } = producer
    const records = buildBatch({
      ...{ producerId, producerEpoch, baseSequence: producer.sequences[index], isTransactional: true },
      records: [{ timestamp: this.#now(), key: null, value: Buffer.from(value) }],
    })
    const { responses } = await this.ask(Produce, version, {
      ...{ transactionalId, acks: -1, timeoutMs: 5_000 },
      topicData: [{ name: 'a', topicId: this.#topicId, partitionData: [{ index, records }] }],
    })
    const { errorCode, logStartOffset } = responses[0]!.partitionResponses[0]!
    this.logStartOffset = logStartOffset
    if (errorCode === 0) producer.sequences[index]!++
    return errorCode
  }

  /** Ends the transaction; the producer goes on with the id and epoch that it is given. */
  async end(producer: Producing, committed: boolean, version = 5): Promise<number> {
    const { transactionalId, producerId, producerEpoch } = producer
    const answer = await this.ask(EndTxn, version, { transactionalId, producerId, producerEpoch, committed })
    if (answer.errorCode === 0 && version >= 5) {
      if (answer.producerEpoch !== producerEpoch) producer.sequences = [0, 0]
      producer.producerId = answer.producerId
      producer.producerEpoch = answer.producerEpoch
    }
    return answer.errorCode
  }

  async state(transactionalId: string): Promise<string> {
    const { transactionStates } = await this.ask(DescribeTransactions, 0, { transactionalIds: [transactionalId] })
    return transactionStates[0]!.transactionState
  }

  /** Waits until a transaction is over. */
  async completed(transactionalId: string): Promise<void> {
    while (!(await this.state(transactionalId)).startsWith('Complete'));
  }

  /** What a reader is given, as far as it may read. */
  async read(isolation: 'committed' | 'uncommitted', index = 0) {
    const answer = await this.ask(Fetch, 11, {
      ...{ maxWaitMs: 0, minBytes: 0, isolationLevel: isolation === 'committed' ? 1 : 0 },
      topics: [{ topic: 'a', partitions: [{ partition: index, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] }],
    })
    const { records, abortedTransactions, lastStableOffset, highWatermark } = answer.responses[0]!.partitions[0]!
    const values: string[] = []
    for (let at = 0; records && at < records.length; at += sizeInBytes(records, at)) {
      if (!isControl(records, at)) for (const { value } of readRecords(records, at)) values.push(String(value))
    }
    return { values, aborted: abortedTransactions ?? [], lastStableOffset, highWatermark }
  }

  async addOffsets({ transactionalId, producerId, producerEpoch }: Producing): Promise<number> {
    const { errorCode } = await this.ask(AddOffsetsToTxn, 3, {
      transactionalId,
      producerId,
      producerEpoch,
      groupId: 'g',
    })
    return errorCode
  }

  async commitOffset(
    { sequences: _, ...producer }: Producing,
    offset: number,
    version = 5,
    member = {},
  ): Promise<number> {
    const { topics } = await this.ask(TxnOffsetCommit, version, {
      ...{ ...producer, groupId: 'g', ...member },
      topics: [{ name: 'a', partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }] }],
    })
    return topics[0]!.partitions[0]!.errorCode
  }

  async offset(requireStable = false): Promise<{ committedOffset: number; errorCode: number }> {
    const { topics } = await this.ask(OffsetFetch, 7, {
      ...{ groupId: 'g', requireStable },
      topics: [{ name: 'a', partitionIndexes: [0] }],
    })
    return topics[0]!.partitions[0]!
  }
}
