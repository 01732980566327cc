/** AddPartitionsToTxn: takes partitions into a transaction (KIP-98). Transactions are not served. */
import type {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../../protocol/messages/add-partitions-to-txn.ts'
import type { Refusal } from './refusals.ts'

/** The code at each partition, or from version 4 on at the top. */
export function refuseAddPartitionsToTxn(
  { v3AndBelowTopics }: AddPartitionsToTxnRequest,
  { errorCode }: Refusal,
): AddPartitionsToTxnResponse {
  return {
    throttleTimeMs: 0,
    errorCode,
    resultsByTransaction: [],
    resultsByTopicV3AndBelow: v3AndBelowTopics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map(partitionIndex => ({ partitionIndex, partitionErrorCode: errorCode })),
    })),
  }
}
