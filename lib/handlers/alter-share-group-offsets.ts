/** AlterShareGroupOffsets: sets how far a share group has read (KIP-932). Such groups are not served. */
import type {
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
} from '../../protocol/messages/alter-share-group-offsets.ts'
import type { Refusal } from './refusals.ts'

/** The code for the group, and no topics. */
export function refuseAlterShareGroupOffsets(
  _request: AlterShareGroupOffsetsRequest,
  { errorCode, errorMessage }: Refusal,
): AlterShareGroupOffsetsResponse {
  return { throttleTimeMs: 0, errorCode, errorMessage, responses: [] }
}
