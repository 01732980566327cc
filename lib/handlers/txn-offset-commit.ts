/** TxnOffsetCommit: commits a group’s offsets as part of a transaction (KIP-98). Transactions are not served. */
import type { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from '../../protocol/messages/txn-offset-commit.ts'
import type { Refusal } from './refusals.ts'

/** The code at each partition. */
export function refuseTxnOffsetCommit(
  { topics }: TxnOffsetCommitRequest,
  { errorCode }: Refusal,
): TxnOffsetCommitResponse {
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }
}
