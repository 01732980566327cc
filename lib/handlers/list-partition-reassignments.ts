/** ListPartitionReassignments (KIP-455): partitions on their way to other brokers. */
import { codes } from '../../protocol/errors.ts'
import type {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../../protocol/messages/list-partition-reassignments.ts'
import type { PartitionImage } from '../cluster/image.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

export function listPartitionReassignments(
  { topics: asked }: ListPartitionReassignmentsRequest,
  context: Context,
): ListPartitionReassignmentsResponse {
  checkClusterOperation(context, 'describe')
  const { image } = context.broker.cluster
  const named = asked ?? [...image.topics.values()].map(({ name }) => ({ name, partitionIndexes: null }))
  const topics = named.flatMap(({ name, partitionIndexes }) => {
    const partitions = (image.topics.get(name)?.partitions ?? [])
      .filter(partition => isReassigning(partition) && (partitionIndexes?.includes(partition.index) ?? true))
      .map(({ index, replicas, addingReplicas, removingReplicas }) => ({
        ...{ partitionIndex: index, replicas, addingReplicas, removingReplicas },
      }))
    return partitions.length > 0 ? [{ name, partitions }] : []
  })
  return { throttleTimeMs: 0, errorCode: codes.NONE, errorMessage: null, topics }
}

function isReassigning({ addingReplicas, removingReplicas }: PartitionImage): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0
}

/** The code, and nothing under way at the partitions that were asked for. */
export function refuseListPartitionReassignments(
  { topics }: ListPartitionReassignmentsRequest,
  { errorCode, errorMessage }: Refusal,
): ListPartitionReassignmentsResponse {
  const named = (topics ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map(partitionIndex => ({
      partitionIndex,
      replicas: [],
      addingReplicas: [],
      removingReplicas: [],
    })),
  }))
  return { throttleTimeMs: 0, errorCode, errorMessage, topics: named }
}
