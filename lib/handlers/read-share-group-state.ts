/** ReadShareGroupState: reads the state of a share group (KIP-932). Such groups are not served. */
import type {
  ReadShareGroupStateRequest,
  ReadShareGroupStateResponse,
} from '../../protocol/messages/read-share-group-state.ts'
import { type Refusal, refuseSharePartitions } from './refusals.ts'

const noState = { stateEpoch: 0, startOffset: 0, stateBatches: [] }

/** The code at each partition, and no state. */
export function refuseReadShareGroupState(
  request: ReadShareGroupStateRequest,
  refusal: Refusal,
): ReadShareGroupStateResponse {
  const { results } = refuseSharePartitions(request, refusal)
  return {
    results: results.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(partition => ({ ...partition, ...noState })),
    })),
  }
}
