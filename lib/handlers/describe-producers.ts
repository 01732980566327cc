/** DescribeProducers: the idempotent and transactional producers that partitions know of (KIP-664). */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { DescribeProducersRequest, DescribeProducersResponse } from '../../protocol/messages/describe-producers.ts'
import { topicNameError } from '../cluster/topic-names.ts'
import type { ProducerState } from '../partitions/partition.ts'
import type { Context } from './context.ts'
import { partitionFor } from './partition-for.ts'
import type { Refusal } from './refusals.ts'

type Answer = DescribeProducersResponse['topics'][number]['partitions'][number]
type Producer = Answer['activeProducers'][number]

/** Producers that were silent for `producer.id.expiration.ms` are not known any more. */
export function describeProducers(request: DescribeProducersRequest, context: Context): DescribeProducersResponse {
  return {
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map(index => describe(name, index, context)),
    })),
  }
}

function describe(topic: string, partitionIndex: number, context: Context): Answer {
  try {
    const nameError = topicNameError(topic)
    if (nameError !== null) throw new KafkaError(codes.INVALID_TOPIC_EXCEPTION, nameError)
    if (!context.broker.authorize(context, 'read', 'topic', topic)) {
      throw new KafkaError(codes.TOPIC_AUTHORIZATION_FAILED, `not allowed to read ${topic}`)
    }
    const partition = partitionFor(context, topic, partitionIndex)
    partition.checkLeads()
    const activeProducers = Array.from(partition.log.activeProducers(), producerAnswer)
    return { partitionIndex, errorCode: codes.NONE, activeProducers }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { partitionIndex, errorCode: error.code, errorMessage: error.message, activeProducers: [] }
  }
}

function producerAnswer(state: ProducerState): Producer {
  const { producerId, epoch, batches, lastTimestamp, coordinatorEpoch, currentTxnFirstOffset } = state
  return {
    producerId,
    producerEpoch: epoch,
    lastSequence: batches.length === 0 ? -1 : batches[batches.length - 1].lastSequence,
    lastTimestamp,
    coordinatorEpoch,
    currentTxnStartOffset: currentTxnFirstOffset,
  }
}

/** The code at each partition. */
export function refuseDescribeProducers(
  { topics }: DescribeProducersRequest,
  { errorCode, errorMessage }: Refusal,
): DescribeProducersResponse {
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map(partitionIndex => ({
        partitionIndex,
        errorCode,
        errorMessage,
        activeProducers: [],
      })),
    })),
  }
}
