/** ListPartitionReassignments (KIP-455): partitions on their way to other brokers, of which there are never any. */
import { codes } from '../../protocol/errors.ts'
import type {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../../protocol/messages/list-partition-reassignments.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

export function listPartitionReassignments(
  _request: ListPartitionReassignmentsRequest,
  context: Context,
): ListPartitionReassignmentsResponse {
  checkClusterOperation(context, 'describe')
  return { throttleTimeMs: 0, errorCode: codes.NONE, errorMessage: null, topics: [] }
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
