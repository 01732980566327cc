/** ReadShareGroupStateSummary: where a share group is (KIP-932). Such groups are not served. */
import type {
  ReadShareGroupStateSummaryRequest,
  ReadShareGroupStateSummaryResponse,
} from '../../protocol/messages/read-share-group-state-summary.ts'
import { type Refusal, refuseSharePartitions } from './refusals.ts'

const noState = { stateEpoch: 0, leaderEpoch: 0, startOffset: 0 }

/** The code at each partition, and no state. */
export function refuseReadShareGroupStateSummary(
  request: ReadShareGroupStateSummaryRequest,
  refusal: Refusal,
): ReadShareGroupStateSummaryResponse {
  const { results } = refuseSharePartitions(request, refusal)
  return {
    results: results.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(partition => ({ ...partition, ...noState })),
    })),
  }
}
