/** DeleteShareGroupOffsets: forgets how far a share group has read (KIP-932). Such groups are not served. */
import type {
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
} from '../../protocol/messages/delete-share-group-offsets.ts'
import type { Refusal } from './refusals.ts'

/** The code for the group, and no topics. */
export function refuseDeleteShareGroupOffsets(
  _request: DeleteShareGroupOffsetsRequest,
  { errorCode, errorMessage }: Refusal,
): DeleteShareGroupOffsetsResponse {
  return { throttleTimeMs: 0, errorCode, errorMessage, responses: [] }
}
