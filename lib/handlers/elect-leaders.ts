/**
 * ElectLeaders (KIP-183, KIP-460): has the preferred replica lead again, or any that is there. Partitions have one replica, which
 * leads as long as its disk works, so there is never anything to elect.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { ElectLeadersRequest, ElectLeadersResponse } from '../../protocol/messages/elect-leaders.ts'
import { isHiddenTopic } from '../cluster/topic-names.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'
import { checkTimeLeft } from './time-left.ts'

type PartitionResult = ElectLeadersResponse['replicaElectionResults'][number]['partitionResult'][number]

const electionTypes = { PREFERRED: 0, UNCLEAN: 1 }

/** Null asks for all partitions, of which those that need no election are left out. REQUEST_TIMED_OUT for a client that leaves no time. */
export function electLeaders(request: ElectLeadersRequest, context: Context): ElectLeadersResponse {
  const { electionType, topicPartitions, timeoutMs } = request
  checkClusterOperation(context, 'alter')
  if (!Object.values(electionTypes).includes(electionType)) {
    throw new KafkaError(codes.INVALID_REQUEST, `there are no elections of type ${electionType}`)
  }
  checkTimeLeft(timeoutMs, topicPartitions ?? [null])
  const all = topicPartitions === null
  const replicaElectionResults = (topicPartitions ?? allPartitions(context)).map(({ topic, partitions }) => {
    const results = partitions.map(partitionId => elect(topic, partitionId, electionType, context))
    return {
      topic,
      partitionResult: all ? results.filter(({ errorCode }) => errorCode !== codes.ELECTION_NOT_NEEDED) : results,
    }
  })
  return { throttleTimeMs: 0, errorCode: codes.NONE, replicaElectionResults }
}

function allPartitions({
  broker,
}: Context): readonly { readonly topic: string; readonly partitions: readonly number[] }[] {
  return [...broker.cluster.image.topics.values()]
    .filter(({ name }) => !isHiddenTopic(name))
    .map(({ name, partitions }) => ({
      topic: name,
      partitions: partitions.map(({ index }) => index),
    }))
}

function elect(topic: string, partitionId: number, electionType: number, { broker }: Context): PartitionResult {
  const image = broker.cluster.image.topics.get(topic)
  const unknown = codes.UNKNOWN_TOPIC_OR_PARTITION
  if (image === undefined) return { partitionId, errorCode: unknown, errorMessage: `there is no topic ${topic}` }
  if (image.partitions[partitionId] === undefined) {
    return { partitionId, errorCode: unknown, errorMessage: `${topic} has no partition ${partitionId}` }
  }
  if (broker.partitions.get(topic, partitionId)?.standing !== 'offline') {
    return { partitionId, errorCode: codes.ELECTION_NOT_NEEDED, errorMessage: 'the leader leads already' }
  }
  const preferred = electionType === electionTypes.PREFERRED
  return {
    partitionId,
    errorCode: preferred ? codes.PREFERRED_LEADER_NOT_AVAILABLE : codes.ELIGIBLE_LEADERS_NOT_AVAILABLE,
    errorMessage: 'the disk of the only replica has failed',
  }
}

/** The code at the top and at each partition. */
export function refuseElectLeaders(
  { topicPartitions }: ElectLeadersRequest,
  { errorCode, errorMessage }: Refusal,
): ElectLeadersResponse {
  return {
    throttleTimeMs: 0,
    errorCode,
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map(partitionId => ({ partitionId, errorCode, errorMessage })),
    })),
  }
}
