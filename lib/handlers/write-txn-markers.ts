/** WriteTxnMarkers: ends transactions in the logs of their partitions (KIP-98). Transactions are not served. */
import type { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from '../../protocol/messages/write-txn-markers.ts'
import type { Refusal } from './refusals.ts'

/** The code at each partition of each transaction. */
export function refuseWriteTxnMarkers(
  { markers }: WriteTxnMarkersRequest,
  { errorCode }: Refusal,
): WriteTxnMarkersResponse {
  return {
    markers: markers.map(({ producerId, topics }) => ({
      producerId,
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map(partitionIndex => ({ partitionIndex, errorCode })),
      })),
    })),
  }
}
