/** AlterPartition: a leader tells the controller which replicas are in sync. Partitions have one replica. */
import type { AlterPartitionRequest, AlterPartitionResponse } from '../../protocol/messages/alter-partition.ts'
import type { Refusal } from './refusals.ts'

/** The code, and no topics. */
export function refuseAlterPartition(_request: AlterPartitionRequest, { errorCode }: Refusal): AlterPartitionResponse {
  return { throttleTimeMs: 0, errorCode, topics: [] }
}
