/** AlterPartitionReassignments (KIP-455): where partitions are to have their replicas, or that they are to stay where they were. */
import { codeName, codes, type KafkaError } from '../../protocol/errors.ts'
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../protocol/messages/alter-partition-reassignments.ts'
import { planAndReassign } from '../metadata/reassignments.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'
import { checkTimeLeft } from './time-left.ts'

/** REQUEST_TIMED_OUT for a client that leaves no time. */
export async function alterPartitionReassignments(
  request: AlterPartitionReassignmentsRequest,
  context: Context,
): Promise<AlterPartitionReassignmentsResponse> {
  const { allowReplicationFactorChange, topics } = request
  checkClusterOperation(context, 'alter')
  checkTimeLeft(request.timeoutMs, topics)
  const asked = topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partitionIndex: index, replicas }) => ({ topic, index, replicas })),
  )
  const { cluster, config } = context.broker
  const errors = await planAndReassign(cluster, config, asked, { mayChangeFactor: allowReplicationFactorChange })
  let next = 0
  const responses = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => {
      const refusal = errors[next++]!
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
