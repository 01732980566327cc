/**
 * AddPartitionsToTxn: takes partitions into a transaction before it writes to them (KIP-98). From version 4 on it is asked by brokers, for several
 * transactions at once, to add or only to verify (KIP-890).
 */
import { codes } from '../../protocol/errors.ts'
import type {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../../protocol/messages/add-partitions-to-txn.ts'
import { type Answer, andThen, gather } from '../coordination/answer.ts'
import type { TopicPartitions } from '../transactions/transaction.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

type Topics = AddPartitionsToTxnRequest['v3AndBelowTopics']
type Results = NonNullable<AddPartitionsToTxnResponse['resultsByTopicV3AndBelow']>
type Transaction = AddPartitionsToTxnRequest['transactions'][number]

/** First versions whose clients know PRODUCER_FENCED, that are for brokers, and whose senders know TRANSACTION_ABORTABLE. */
const [fencedSince, byBrokersSince, abortableSince] = [2, 4, 5]

export function addPartitionsToTxn(
  request: AddPartitionsToTxnRequest,
  context: Context,
): Answer<AddPartitionsToTxnResponse> {
  const { broker, apiVersion } = context
  if (apiVersion >= byBrokersSince) {
    if (!broker.authorize(context, 'clusterAction', 'cluster', clusterResource)) {
      return { ...answerOf([], []), errorCode: codes.CLUSTER_AUTHORIZATION_FAILED }
    }
    const all = request.transactions.map(transaction =>
      andThen(ofBroker(transaction, context), topicResults => ({
        transactionalId: transaction.transactionalId,
        topicResults,
      })),
    )
    return gather(all, results => answerOf(results, []))
  }
  const { v3AndBelowTransactionalId: transactionalId, v3AndBelowTopics: topics } = request
  if (!broker.authorize(context, 'write', 'transactionalId', transactionalId)) {
    return answerOf(
      [],
      resultsOf(topics, () => codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED),
    )
  }
  const claim = {
    transactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
  }
  const added = add(claim, topics, 0, context)
  return andThen(added, results => answerOf([], forVersion(results, apiVersion)))
}

function ofBroker(transaction: Transaction, context: Context): Answer<Results> {
  const { transactionalId, producerId, producerEpoch, verifyOnly, topics } = transaction
  const claim = { transactionalId, producerId, producerEpoch }
  if (!verifyOnly) return add(claim, topics, 2, context)
  const missing = context.apiVersion >= abortableSince ? codes.TRANSACTION_ABORTABLE : codes.INVALID_TXN_STATE
  const verified = context.broker.transactions.verify(claim, partitionsOf(topics), missing)
  return andThen(verified, results => {
    const found = new Map(results.map(each => [`${each.topic}-${each.index}`, each.errorCode]))
    return resultsOf(topics, (topic, index) => found.get(`${topic}-${index}`)!)
  })
}

/** All partitions or none: where one is not there or not allowed, nothing is attempted with the others. */
function add(
  claim: { transactionalId: string; producerId: number; producerEpoch: number },
  topics: Topics,
  version: 0 | 2,
  context: Context,
): Answer<Results> {
  const { broker } = context
  const errors = new Map<string, number>()
  for (const { name, partitions } of topics) {
    for (const index of partitions) {
      const errorCode = !broker.authorize(context, 'write', 'topic', name)
        ? codes.TOPIC_AUTHORIZATION_FAILED
        : broker.cluster.image.topics.get(name)?.partitions[index]
          ? codes.NONE
          : codes.UNKNOWN_TOPIC_OR_PARTITION
      if (errorCode !== codes.NONE) errors.set(`${name}-${index}`, errorCode)
    }
  }
  if (errors.size > 0) {
    return resultsOf(topics, (topic, index) => errors.get(`${topic}-${index}`) ?? codes.OPERATION_NOT_ATTEMPTED)
  }
  const added = broker.transactions.addPartitions(claim, partitionsOf(topics), version)
  return andThen(added, errorCode => resultsOf(topics, () => errorCode))
}

function partitionsOf(topics: Topics): TopicPartitions {
  const all = new Map<string, Set<number>>()
  for (const { name, partitions } of topics) all.set(name, new Set([...(all.get(name) ?? []), ...partitions]))
  return all
}

function resultsOf(topics: Topics, codeOf: (topic: string, index: number) => number): Results {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map(partitionIndex => ({
      partitionIndex,
      partitionErrorCode: codeOf(name, partitionIndex),
    })),
  }))
}

function forVersion(results: Results, apiVersion: number): Results {
  if (apiVersion >= fencedSince) return results
  return results.map(({ name, resultsByPartition }) => ({
    name,
    resultsByPartition: resultsByPartition.map(({ partitionIndex, partitionErrorCode }) => ({
      partitionIndex,
      partitionErrorCode:
        partitionErrorCode === codes.PRODUCER_FENCED ? codes.INVALID_PRODUCER_EPOCH : partitionErrorCode,
    })),
  }))
}

function answerOf(
  resultsByTransaction: NonNullable<AddPartitionsToTxnResponse['resultsByTransaction']>,
  resultsByTopicV3AndBelow: Results,
): AddPartitionsToTxnResponse {
  return { throttleTimeMs: 0, errorCode: codes.NONE, resultsByTransaction, resultsByTopicV3AndBelow }
}

/** The code at each partition, or from version 4 on at the top. */
export function refuseAddPartitionsToTxn(
  { v3AndBelowTopics }: AddPartitionsToTxnRequest,
  { errorCode }: Refusal,
): AddPartitionsToTxnResponse {
  return {
    ...answerOf(
      [],
      resultsOf(v3AndBelowTopics, () => errorCode),
    ),
    errorCode,
  }
}
