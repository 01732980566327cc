/**
 * AlterPartitionReassignments (KIP-455): where partitions are to have their replicas. There is but one broker, so the replicas that a
 * partition has are all that it can have: asked for again they are there at once, and nothing is ever under way that could be called off.
 */
import { codeName, codes, KafkaError } from '../../protocol/errors.ts'
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../protocol/messages/alter-partition-reassignments.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'
import { checkTimeLeft } from './time-left.ts'

/** REQUEST_TIMED_OUT for a client that leaves no time. */
export function alterPartitionReassignments(
  request: AlterPartitionReassignmentsRequest,
  context: Context,
): AlterPartitionReassignmentsResponse {
  const { allowReplicationFactorChange, topics } = request
  checkClusterOperation(context, 'alter')
  checkTimeLeft(request.timeoutMs, topics)
  const responses = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, replicas }) => {
      const refusal = refusalOf(name, partitionIndex, replicas, context)
      return { partitionIndex, errorCode: refusal?.code ?? codes.NONE, errorMessage: messageOf(refusal) }
    }),
  }))
  // As Apache Kafka has it: where nothing is asked for, the message is empty.
  const errorMessage = topics.length === 0 ? '' : null
  return { throttleTimeMs: 0, allowReplicationFactorChange, errorCode: codes.NONE, errorMessage, responses }
}

/** Null where the code says it all. */
function messageOf(refusal: KafkaError | null): string | null {
  return refusal === null || refusal.message === codeName(refusal.code) ? null : refusal.message
}

/** Why replicas cannot be had, in the order in which Apache Kafka looks; null where a partition has them. */
function refusalOf(
  name: string,
  index: number,
  replicas: readonly number[] | null,
  { broker }: Context,
): KafkaError | null {
  const { topics, brokers } = broker.cluster.image
  const topic = topics.get(name)
  if (topic === undefined) return new KafkaError(codes.UNKNOWN_TOPIC_OR_PARTITION, `there is no topic ${name}`)
  const partition = topic.partitions[index]
  if (partition === undefined) {
    return new KafkaError(codes.UNKNOWN_TOPIC_OR_PARTITION, `${name} has no partition ${index}`)
  }
  if (replicas === null) return new KafkaError(codes.NO_REASSIGNMENT_IN_PROGRESS)
  const invalid = (why: string) => new KafkaError(codes.INVALID_REPLICA_ASSIGNMENT, why)
  if (replicas.length === 0) return invalid('the list of replicas is empty; name at least one broker')
  const twice = replicas.find((id, at) => replicas.indexOf(id) !== at)
  if (twice !== undefined) return invalid(`the list of replicas has broker ${twice} more than once`)
  const unknown = replicas.find(id => !brokers.some(known => known.id === id))
  if (unknown !== undefined) return invalid(`there is no broker ${unknown}; name brokers of the cluster`)
  const isSame = replicas.length === partition.replicas.length && replicas.every(id => partition.replicas.includes(id))
  return isSame ? null : invalid(`${name}-${index} cannot leave the brokers ${partition.replicas.join(', ')}`)
}

/** The code at the top and at each partition. */
export function refuseAlterPartitionReassignments(
  { allowReplicationFactorChange, topics }: AlterPartitionReassignmentsRequest,
  { errorCode, errorMessage }: Refusal,
): AlterPartitionReassignmentsResponse {
  const responses = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode, errorMessage })),
  }))
  return { throttleTimeMs: 0, allowReplicationFactorChange, errorCode, errorMessage, responses }
}
