/** An administrator's operations on transactions and on producers of partitions. */
import { codes } from '../../protocol/errors.ts'
import { DescribeProducers } from '../../protocol/messages/describe-producers.ts'
import { DescribeTransactions } from '../../protocol/messages/describe-transactions.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { ListTransactions } from '../../protocol/messages/list-transactions.ts'
import { WriteTxnMarkers } from '../../protocol/messages/write-txn-markers.ts'
import type { ClientResponseOf } from '../../protocol/schema.ts'
import type { Admin, Target } from './admin.ts'
import { AdminError } from './admin-error.ts'
import { byLeader, type PartitionResult, type TopicPartition } from './by-leader.ts'
import { byTopic } from './offsets.ts'

/** A transactional id as its coordinator lists it. */
export interface ListedTransaction {
  readonly coordinatorId: number
  readonly transactionalId: string
  readonly producerId: number
  readonly transactionState: string
}

/** A transactional id as its coordinator describes it; the start is −1 where nothing is open. */
export interface DescribedTransaction {
  readonly coordinatorId: number
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly transactionState: string
  readonly transactionTimeoutMs: number
  readonly transactionStartTimeMs: number
  readonly partitions: readonly TopicPartition[]
}

/** A producer as a partition knows it; −1 where it knows no epoch of a coordinator, or no open transaction. */
export type ActiveProducer = ClientResponseOf<
  typeof DescribeProducers
>['topics'][number]['partitions'][number]['activeProducers'][number]

/** What has an open transaction in a partition. */
export interface OpenTransaction extends TopicPartition {
  readonly producer: ActiveProducer
}

/** What a transaction that is to be aborted in one partition is told by. */
export interface TransactionEnd extends TopicPartition {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
}

/** How long the producer may take that takes an id over, in ms; it never begins. */
const takeoverTimeoutMs = 30_000
/** The newest version of WriteTxnMarkers that needs no protocol of the transaction. */
const markersVersion = 1

/** The transactional ids of all coordinators. */
export async function listTransactions(
  admin: Admin,
  filter: {
    readonly producerIds?: readonly number[]
    /** Open for longer than this, in ms; negative: all. */
    readonly durationMs?: number
    /** RE2 that matches whole ids. */
    readonly pattern?: string
  } = {},
): Promise<ListedTransaction[]> {
  const { producerIds = [], durationMs = -1, pattern } = filter
  const all: ListedTransaction[] = []
  for (const { nodeId } of await admin.brokers()) {
    const { transactionStates } = await admin.ask(
      { to: 'broker', nodeId },
      ListTransactions,
      { producerIdFilters: [...producerIds], durationFilter: durationMs, transactionalIdPattern: pattern ?? null },
      { leastVersion: pattern === undefined ? (durationMs < 0 ? 0 : 1) : 2 },
    )
    all.push(...transactionStates.map(each => ({ coordinatorId: nodeId, ...each })))
  }
  return all
}

/** What is known of a transactional id. Rejects with TRANSACTIONAL_ID_NOT_FOUND where nothing is. */
export async function describeTransaction(admin: Admin, transactionalId: string): Promise<DescribedTransaction> {
  const coordinatorId = await admin.coordinatorId('transaction', transactionalId)
  const { transactionStates } = await admin.ask(
    { to: 'coordinator', of: 'transaction', key: transactionalId },
    DescribeTransactions,
    { transactionalIds: [transactionalId] },
    { errorOf: response => response.transactionStates[0]?.errorCode ?? 0 },
  )
  const { topics, ...described } = transactionStates[0]!
  const partitions = topics.flatMap(({ topic, partitions: indexes }) =>
    indexes.map(partition => ({ topic, partition })),
  )
  return { coordinatorId, ...described, partitions }
}

/** The producers of partitions, as their leaders know them, or one broker. */
export function describeProducers(
  admin: Admin,
  partitions: readonly TopicPartition[],
  brokerId?: number,
): Promise<PartitionResult<readonly ActiveProducer[]>[]> {
  const ask = async (target: Target, asked: readonly TopicPartition[]) => {
    const topics = byTopic(asked).map(([name, all]) => ({
      name,
      partitionIndexes: all.map(({ partition }) => partition),
    }))
    const response = await admin.ask(target, DescribeProducers, { topics })
    return response.topics.flatMap(({ name, partitions: told }) =>
      told.map(({ partitionIndex, errorCode, activeProducers }) => ({
        ...{ topic: name, partition: partitionIndex, errorCode, value: activeProducers },
      })),
    )
  }
  return brokerId === undefined
    ? byLeader<readonly ActiveProducer[]>(admin, partitions, [], ask)
    : ask({ to: 'broker', nodeId: brokerId }, partitions)
}

/** Ends a transaction in one partition, whatever its coordinator knows of it. */
export async function abortTransaction(admin: Admin, transaction: TransactionEnd): Promise<void> {
  const { topic, partition, producerId, producerEpoch, coordinatorEpoch } = transaction
  const [result] = await byLeader(admin, [transaction], null, async target => {
    const { markers } = await admin.ask(
      target,
      WriteTxnMarkers,
      {
        markers: [
          {
            ...{ producerId, producerEpoch, coordinatorEpoch, transactionResult: false },
            topics: [{ name: topic, partitionIndexes: [partition] }],
          },
        ],
      },
      { mostVersion: markersVersion },
    )
    const errorCode = markers[0]?.topics[0]?.partitions[0]?.errorCode ?? codes.UNKNOWN_SERVER_ERROR
    return [{ topic, partition, errorCode, value: null }]
  })
  if (result!.errorCode !== 0) throw new AdminError(result!.errorCode)
}

/** Takes a transactional id over: whatever is open under it is aborted, and whoever uses it is shut out. */
export async function forceTerminateTransaction(admin: Admin, transactionalId: string): Promise<void> {
  const target = { to: 'coordinator', of: 'transaction', key: transactionalId } as const
  await admin.ask(target, InitProducerId, { transactionalId, transactionTimeoutMs: takeoverTimeoutMs })
}

/**
 * Transactions that are open in a partition and of which no coordinator knows, so that nobody is going to end them. Those whose producers have
 * written after `lateSinceMs` are left alone: their coordinators may hear of them yet.
 */
export async function findHanging(
  admin: Admin,
  partitions: readonly TopicPartition[],
  lateSinceMs: number,
  brokerId?: number,
): Promise<OpenTransaction[]> {
  const open: OpenTransaction[] = []
  for (const { topic, partition, errorCode, value } of await describeProducers(admin, partitions, brokerId)) {
    if (errorCode !== 0) throw new AdminError(errorCode)
    for (const producer of value) {
      if (producer.currentTxnStartOffset >= 0 && producer.lastTimestamp < lateSinceMs)
        open.push({ topic, partition, producer })
    }
  }
  if (open.length === 0) return []
  const producerIds = [...new Set(open.map(({ producer }) => producer.producerId))]
  const idOf = new Map(
    (await listTransactions(admin, { producerIds })).map(each => [each.producerId, each.transactionalId]),
  )
  const known = new Set<string>()
  for (const transactionalId of new Set(idOf.values())) {
    for (const each of await partitionsOf(admin, transactionalId))
      known.add(`${transactionalId} ${each.topic}-${each.partition}`)
  }
  return open.filter(({ topic, partition, producer }) => {
    const transactionalId = idOf.get(producer.producerId)
    return transactionalId === undefined || !known.has(`${transactionalId} ${topic}-${partition}`)
  })
}

/** Of an id that was forgotten meanwhile: none. */
async function partitionsOf(admin: Admin, transactionalId: string): Promise<readonly TopicPartition[]> {
  try {
    return (await describeTransaction(admin, transactionalId)).partitions
  } catch (error) {
    if (error instanceof AdminError && error.code === codes.TRANSACTIONAL_ID_NOT_FOUND) return []
    throw error
  }
}
