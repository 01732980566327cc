/** A transactional producer, step by step: each of its requests is sent at a chosen version, and the answer written down. */
import { codes } from '../../../protocol/errors.ts'
import { AddOffsetsToTxn } from '../../../protocol/messages/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../../protocol/messages/add-partitions-to-txn.ts'
import { DescribeTransactions } from '../../../protocol/messages/describe-transactions.ts'
import { EndTxn } from '../../../protocol/messages/end-txn.ts'
import { FindCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { InitProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { Produce } from '../../../protocol/messages/produce.ts'
import { TxnOffsetCommit } from '../../../protocol/messages/txn-offset-commit.ts'
import { buildBatch } from '../../../protocol/records/batch.ts'
import { until } from '../../scenario.ts'
import type { Session } from '../../session.ts'
import { type Difference, recordTimestamp, saysMore } from '../case.ts'

/** What a coordinator answers that is not ready, or not known yet. */
export const notYet: readonly number[] = [
  codes.COORDINATOR_LOAD_IN_PROGRESS,
  codes.COORDINATOR_NOT_AVAILABLE,
  codes.NOT_COORDINATOR,
  codes.CONCURRENT_TRANSACTIONS,
]

/** From these versions on topics have ids for names, and partitions and groups are added by what is written to them. */
const produceIdsSince = 13
const commitIdsSince = 6

/** Has the coordinators of transactional ids made, and waits until they know whether they have them. */
export async function coordinators(session: Session, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await until('the coordinator', async () => {
      const { errorCode } = await session.prepare(FindCoordinator, 3, { key: id, keyType: 1 })
      if (notYet.includes(errorCode)) return undefined
      const { transactionStates } = await session.prepare(DescribeTransactions, 0, { transactionalIds: [id] })
      return notYet.includes(transactionStates[0]!.errorCode) ? undefined : true
    })
  }
}

/** A topic, as requests name it at one version or another. */
export interface Topic {
  readonly name: string
  readonly topicId: string
}

export async function topicOf(session: Session, what: string, partitions = 2): Promise<Topic> {
  const name = session.name(what)
  return { name, topicId: await session.topic(name, partitions) }
}

/** Parts of a request that say something else than what is so. */
export interface Other {
  readonly transactionalId?: string
  readonly producerId?: number
  readonly producerEpoch?: number
}

export class Producer {
  readonly session: Session
  readonly transactionalId: string
  producerId: number
  producerEpoch: number
  /** By topic and partition. */
  readonly #sequences = new Map<string, number>()

  private constructor(session: Session, transactionalId: string, producerId: number, producerEpoch: number) {
    this.session = session
    this.transactionalId = transactionalId
    this.producerId = producerId
    this.producerEpoch = producerEpoch
  }

  /** With an id and epoch, once whatever was open before is over. */
  static async begin(session: Session, what: string, transactionTimeoutMs = 60_000): Promise<Producer> {
    const transactionalId = session.name(what)
    await coordinators(session, [transactionalId])
    const { producerId, producerEpoch } = await until('a producer id', async () => {
      const answer = await session.prepare(InitProducerId, 4, { transactionalId, transactionTimeoutMs })
      return answer.errorCode === 0 ? answer : undefined
    })
    return new Producer(session, transactionalId, producerId, producerEpoch)
  }

  /** The same in other words. */
  as(other: Other): Producer {
    const { transactionalId, producerId, producerEpoch } = { ...this, ...other }
    return new Producer(this.session, transactionalId, producerId, producerEpoch)
  }

  get claim() {
    const { transactionalId, producerId, producerEpoch } = this
    return { transactionalId, producerId, producerEpoch }
  }

  /** Asks to go on. The session is told who the producer is where it is told at all. */
  async init(version: number, label: string, claims = true, transactionTimeoutMs = 60_000): Promise<number> {
    const { transactionalId, producerId, producerEpoch } = this
    const claim = claims ? { producerId, producerEpoch } : {}
    const request = { transactionalId, transactionTimeoutMs, ...claim }
    const answer = await this.session.send(InitProducerId, version, request, label)
    if (answer.errorCode === 0) this.#goOn(answer)
    return answer.errorCode
  }

  #goOn({ producerId, producerEpoch }: { producerId: number; producerEpoch: number }): void {
    if (producerId !== this.producerId || producerEpoch !== this.producerEpoch) this.#sequences.clear()
    this.producerId = producerId
    this.producerEpoch = producerEpoch
  }

  /** Adds partitions as clients do. */
  async add(version: number, topics: readonly { name: string; partitions: number[] }[], label: string): Promise<void> {
    const request = {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.producerEpoch,
      v3AndBelowTopics: [...topics],
    }
    await this.session.send(AddPartitionsToTxn, version, request, label)
  }

  async addOffsets(version: number, groupId: string, label: string): Promise<void> {
    await this.session.send(AddOffsetsToTxn, version, { ...this.claim, groupId }, label)
  }

  async commitOffset(version: number, groupId: string, topic: Topic, label: string, more: object = {}): Promise<void> {
    const named = version >= commitIdsSince ? { topicId: topic.topicId } : { name: topic.name }
    const partitions = [{ partitionIndex: 0, committedOffset: version + 1, committedMetadata: label }]
    const request = { ...this.claim, groupId, topics: [{ ...named, partitions }], ...more }
    await this.session.send(TxnOffsetCommit, version, request, label)
  }

  /** Sends a record; those that were taken count. */
  async send(
    version: number,
    topic: Topic,
    label: string,
    options: { index?: number; isTransactional?: boolean; transactionalId?: string | null } = {},
  ): Promise<number> {
    const { index = 0, isTransactional = true, transactionalId = this.transactionalId } = options
    const key = `${topic.name}-${index}`
    const baseSequence = this.#sequences.get(key) ?? 0
    const { producerId, producerEpoch } = this
    const records = buildBatch({
      ...{ producerId, producerEpoch, baseSequence, isTransactional },
      records: [{ timestamp: recordTimestamp, key: null, value: Buffer.from(label) }],
    })
    const named = version >= produceIdsSince ? { topicId: topic.topicId } : { name: topic.name }
    const request = {
      ...{ transactionalId, acks: -1, timeoutMs: 10_000 },
      topicData: [{ ...named, partitionData: [{ index, records }] }],
    }
    const { responses } = await this.session.send(Produce, version, request, label)
    const { errorCode } = responses[0]!.partitionResponses[0]!
    if (errorCode === 0) this.#sequences.set(key, baseSequence + 1)
    return errorCode
  }

  /** Ends the transaction; the producer goes on with what it is given. */
  async end(version: number, committed: boolean, label: string): Promise<number> {
    const answer = await this.session.send(EndTxn, version, { ...this.claim, committed }, label)
    if (answer.errorCode === 0 && version >= 5) this.#goOn(answer)
    return answer.errorCode
  }

  async state(): Promise<string> {
    const { transactionalId } = this
    const { transactionStates } = await this.session.prepare(DescribeTransactions, 0, {
      transactionalIds: [transactionalId],
    })
    return transactionStates[0]!.transactionState
  }

  /** Waits until the transaction is over. */
  async completed(timeoutMs?: number): Promise<void> {
    const state = async () => ((await this.state()).startsWith('Complete') ? true : undefined)
    await until('the end of the transaction', state, timeoutMs)
  }
}

/** Ours says why. */
export const producing: readonly Difference[] = [saysMore('Produce *')]
