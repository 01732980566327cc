/** OffsetForLeaderEpoch: where the records of a leader epoch end, so that a reader finds out where its log was cut (KIP-101). */

import { codes, KafkaError } from '../../protocol/errors.ts'
import type {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from '../../protocol/messages/offset-for-leader-epoch.ts'
import { checkLeadsIn } from '../partitions/leader-epoch-checks.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context } from './context.ts'
import { partitionFor } from './partition-for.ts'
import type { Refusal } from './refusals.ts'

type Wish = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number]
type Answer = OffsetForLeaderEpochResponse['topics'][number]['partitions'][number]

/** -1 in epoch and offset where the epoch is not known. */
export function offsetForLeaderEpoch(
  request: OffsetForLeaderEpochRequest,
  context: Context,
): OffsetForLeaderEpochResponse {
  const { broker } = context
  const isBroker = broker.authorize(context, 'clusterAction', 'cluster', clusterResource, false)
  return {
    throttleTimeMs: 0,
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions:
        isBroker || broker.authorize(context, 'describe', 'topic', topic)
          ? partitions.map(wish => answerOne(topic, wish, context))
          : partitions.map(wish => failure(wish, codes.TOPIC_AUTHORIZATION_FAILED)),
    })),
  }
}

function answerOne(topic: string, wish: Wish, context: Context): Answer {
  try {
    const partition = partitionFor(context, topic, wish.partition)
    checkLeadsIn(partition, wish.currentLeaderEpoch)
    const { leaderEpoch, endOffset } = partition.log.endOffsetForEpoch(wish.leaderEpoch)
    return { errorCode: codes.NONE, partition: wish.partition, leaderEpoch, endOffset }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return failure(wish, error.code)
  }
}

function failure({ partition }: Wish, errorCode: number): Answer {
  return { errorCode, partition, leaderEpoch: -1, endOffset: -1 }
}

/** The code at each partition. */
export function refuseOffsetForLeaderEpoch(
  { topics }: OffsetForLeaderEpochRequest,
  { errorCode }: Refusal,
): OffsetForLeaderEpochResponse {
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(wish => failure(wish, errorCode)),
    })),
  }
}
