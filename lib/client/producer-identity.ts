/** The id and epoch of a producer (KIP-98, KIP-360), and its transactions, which it asks their coordinator for. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { AddOffsetsToTxn } from '../../protocol/messages/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts'
import { EndTxn } from '../../protocol/messages/end-txn.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { TxnOffsetCommit } from '../../protocol/messages/txn-offset-commit.ts'
import type { Routes } from './routes.ts'
import type { Target } from './targets.ts'

export interface PartitionName {
  readonly topic: string
  readonly partition: number
}

/** How far a group has come in a partition. */
export interface GroupOffset extends PartitionName {
  readonly offset: number
  readonly metadata?: string | null
}

/** Partitions by their topics. */
export function byTopicName<P extends PartitionName>(partitions: Iterable<P>): Map<string, P[]> {
  const topics = new Map<string, P[]>()
  for (const each of partitions) {
    const known = topics.get(each.topic)
    if (known) known.push(each)
    else topics.set(each.topic, [each])
  }
  return topics
}

/** The newest versions before those in which a broker adds partitions to transactions by itself (KIP-890): older brokers know them too. */
const [addPartitionsVersion, addOffsetsVersion, offsetCommitVersion, endVersion] = [3, 3, 3, 4]

export class ProducerIdentity {
  readonly transactionalId: string | null
  readonly #transactionTimeoutMs: number
  readonly #routes: Routes
  id = -1
  epoch = -1

  constructor(routes: Routes, transactionalId: string | null, transactionTimeoutMs: number) {
    this.#routes = routes
    this.transactionalId = transactionalId
    this.#transactionTimeoutMs = transactionTimeoutMs
  }

  /** Gets an id, or the next epoch of the one that there is. Rejects with KafkaError. */
  async begin(): Promise<void> {
    const request = {
      transactionalId: this.transactionalId,
      transactionTimeoutMs: this.#transactionTimeoutMs,
      producerId: this.id,
      producerEpoch: this.epoch,
    }
    const answer = await this.#routes.ask(this.#coordinator, InitProducerId, request)
    this.id = answer.producerId
    this.epoch = answer.producerEpoch
  }

  /** Partitions become part of the transaction, before anything is sent to them. */
  async addPartitions(partitions: readonly PartitionName[]): Promise<void> {
    const topics = [...byTopicName(partitions)].map(([name, all]) => ({
      name,
      partitions: all.map(({ partition }) => partition),
    }))
    await this.#routes.ask(
      this.#coordinator,
      AddPartitionsToTxn,
      { ...this.#asTransaction, v3AndBelowTopics: topics },
      {
        mostVersion: addPartitionsVersion,
        errorOf: ({ resultsByTopicV3AndBelow }) =>
          resultsByTopicV3AndBelow
            .flatMap(({ resultsByPartition }) => resultsByPartition.map(each => each.partitionErrorCode))
            // Where one is refused, the others are only told that they were not tried.
            .sort((a, b) => Number(a === codes.OPERATION_NOT_ATTEMPTED) - Number(b === codes.OPERATION_NOT_ATTEMPTED))
            .find(code => code !== 0) ?? 0,
      },
    )
  }

  /** Offsets of a group are committed with the transaction. */
  async addOffsets(groupId: string, offsets: readonly GroupOffset[]): Promise<void> {
    await this.#routes.ask(
      this.#coordinator,
      AddOffsetsToTxn,
      { ...this.#asTransaction, groupId },
      { mostVersion: addOffsetsVersion },
    )
    const topics = [...byTopicName(offsets)].map(([name, all]) => ({
      name,
      partitions: all.map(({ partition, offset, metadata }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedMetadata: metadata ?? '',
      })),
    }))
    await this.#routes.ask(
      { to: 'coordinator', of: 'group', key: groupId },
      TxnOffsetCommit,
      { ...this.#asTransaction, groupId, topics },
      {
        mostVersion: offsetCommitVersion,
        errorOf: answer => answer.topics.flatMap(each => each.partitions).find(each => each.errorCode)?.errorCode ?? 0,
      },
    )
  }

  /** Commits or aborts the transaction. */
  async end(committed: boolean): Promise<void> {
    await this.#routes.ask(
      this.#coordinator,
      EndTxn,
      { ...this.#asTransaction, committed },
      { mostVersion: endVersion },
    )
  }

  get #coordinator(): Target {
    return this.transactionalId === null
      ? { to: 'any' }
      : { to: 'coordinator', of: 'transaction', key: this.transactionalId }
  }

  get #asTransaction() {
    if (this.transactionalId === null) throw new KafkaError(codes.INVALID_TXN_STATE, 'there is no transactional id')
    const { transactionalId, id: producerId, epoch: producerEpoch } = this
    return {
      ...{ transactionalId, producerId, producerEpoch },
      ...{ v3AndBelowTransactionalId: transactionalId },
      ...{ v3AndBelowProducerId: producerId, v3AndBelowProducerEpoch: producerEpoch },
    }
  }
}
