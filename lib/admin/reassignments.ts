/** An administrator's operations on where partitions have their replicas (KIP-455). */
import { AlterPartitionReassignments } from '../../protocol/messages/alter-partition-reassignments.ts'
import { ListPartitionReassignments } from '../../protocol/messages/list-partition-reassignments.ts'
import type { Admin } from './admin.ts'
import type { PartitionResult, TopicPartition } from './by-leader.ts'
import { byTopic } from './offsets.ts'

export interface Reassignment extends TopicPartition {
  readonly replicas: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
}

/** Reassignments that are under way: of some partitions, or of all. */
export async function listReassignments(
  admin: Admin,
  partitions: readonly TopicPartition[] | null = null,
): Promise<Reassignment[]> {
  const { topics } = await admin.ask({ to: 'controller' }, ListPartitionReassignments, {
    timeoutMs: admin.timeoutMs,
    topics:
      partitions &&
      byTopic(partitions).map(([name, all]) => ({ name, partitionIndexes: all.map(({ partition }) => partition) })),
  })
  return topics.flatMap(({ name, partitions: all }) =>
    all.map(({ partitionIndex, ...told }) => ({ topic: name, partition: partitionIndex, ...told })),
  )
}

/** Begins reassignments, or calls them off where `replicas` is null; the values are the sentences that came with errors. */
export async function alterReassignments(
  admin: Admin,
  targets: readonly (TopicPartition & { readonly replicas: readonly number[] | null })[],
): Promise<PartitionResult<string | null>[]> {
  const { responses } = await admin.ask({ to: 'controller' }, AlterPartitionReassignments, {
    timeoutMs: admin.timeoutMs,
    topics: byTopic(targets).map(([name, all]) => ({
      name,
      partitions: all.map(({ partition, replicas }) => ({ partitionIndex: partition, replicas })),
    })),
  })
  return responses.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, errorCode, errorMessage }) => ({
      ...{ topic: name, partition: partitionIndex, errorCode, value: errorMessage },
    })),
  )
}
