/** ListPartitionReassignments (KIP-455): partitions on their way to other brokers, of which there are never any. */
import { codes } from '../../protocol/errors.ts'
import type {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../../protocol/messages/list-partition-reassignments.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context } from './context.ts'

export function listPartitionReassignments(
  _request: ListPartitionReassignmentsRequest,
  context: Context,
): ListPartitionReassignmentsResponse {
  if (!context.broker.authorize(context, 'describe', 'cluster', clusterResource)) {
    const errorCode = codes.CLUSTER_AUTHORIZATION_FAILED
    return { throttleTimeMs: 0, errorCode, errorMessage: 'not allowed to describe the cluster', topics: [] }
  }
  return { throttleTimeMs: 0, errorCode: codes.NONE, errorMessage: null, topics: [] }
}
