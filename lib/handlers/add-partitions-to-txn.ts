/**
 * AddPartitionsToTxn: takes partitions into a transaction before it writes to them (KIP-98). From version 4 on it is asked by brokers, for several
 * transactions at once, to add or only to verify (KIP-890).
 */
import { codes } from '../../protocol/errors.ts'
import type {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../../protocol/messages/add-partitions-to-txn.ts'
import { isInternalTopic } from '../cluster/topic-names.ts'
import { type Answer, andThen, gather } from '../coordination/answer.ts'
import type { Claim } from '../transactions/shard.ts'
import type { ClientTransactionVersion, TopicPartitions } from '../transactions/transaction.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

type Topics = AddPartitionsToTxnRequest['v3AndBelowTopics']
type Results = NonNullable<AddPartitionsToTxnResponse['resultsByTopicV3AndBelow']>
type Transaction = AddPartitionsToTxnRequest['transactions'][number]
type CodeOf = (topic: string, index: number) => number

/** First versions whose clients know PRODUCER_FENCED, and that are for brokers. */
const [fencedSince, byBrokersSince] = [2, 4]

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
  const added = add(claim, topics, 0, (topic, index) => clientError(topic, index, context), context)
  return andThen(added, results => answerOf([], forVersion(results, apiVersion)))
}

/** Brokers ask for what their clients may do: who may write was decided where the records came in. */
function ofBroker(transaction: Transaction, context: Context): Answer<Results> {
  const { transactionalId, producerId, producerEpoch, verifyOnly, topics } = transaction
  const claim = { transactionalId, producerId, producerEpoch }
  const code = (topic: string, index: number) => missingError(topic, index, context)
  if (!verifyOnly) return add(claim, topics, 2, code, context)
  const named = topics.filter(({ partitions }) => partitions.length > 0)
  const refused = refusedBy(named, code)
  if (refused) return refused
  // Whatever the version: a broker turns the code into one that its own client knows.
  const verified = context.broker.transactions.verify(claim, partitionsOf(named), codes.TRANSACTION_ABORTABLE)
  return andThen(verified, results => {
    const found = new Map(results.map(each => [`${each.topic}-${each.index}`, each.errorCode]))
    return resultsOf(named, (topic, index) => found.get(`${topic}-${index}`)!)
  })
}

function add(
  claim: Claim,
  topics: Topics,
  version: ClientTransactionVersion,
  code: CodeOf,
  context: Context,
): Answer<Results> {
  const refused = refusedBy(topics, code)
  if (refused) return refused
  const added = context.broker.transactions.addPartitions(claim, partitionsOf(topics), version)
  return andThen(added, errorCode => resultsOf(topics, () => errorCode))
}

/** All partitions or none: where one is not there or not allowed, nothing is attempted with the others. */
function refusedBy(topics: Topics, code: CodeOf): Results | null {
  const isRefused = topics.some(({ name, partitions }) => partitions.some(index => code(name, index) !== codes.NONE))
  return isRefused ? resultsOf(topics, (topic, index) => code(topic, index) || codes.OPERATION_NOT_ATTEMPTED) : null
}

/** Nobody writes to the broker's own topics by himself: groups come in by AddOffsetsToTxn. */
function clientError(topic: string, index: number, context: Context): number {
  if (isInternalTopic(topic) || !context.broker.authorize(context, 'write', 'topic', topic)) {
    return codes.TOPIC_AUTHORIZATION_FAILED
  }
  return missingError(topic, index, context)
}

function missingError(topic: string, index: number, { broker }: Context): number {
  return broker.cluster.image.topics.get(topic)?.partitions[index] ? codes.NONE : codes.UNKNOWN_TOPIC_OR_PARTITION
}

function partitionsOf(topics: Topics): TopicPartitions {
  const all = new Map<string, Set<number>>()
  for (const { name, partitions } of topics) all.set(name, new Set([...(all.get(name) ?? []), ...partitions]))
  return all
}

function resultsOf(topics: Topics, codeOf: CodeOf): Results {
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
