/** ShareAcknowledge: what became of the records of a share group’s member (KIP-932). Such groups are not served. */
import type { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from '../../protocol/messages/share-acknowledge.ts'
import type { Refusal } from './refusals.ts'

/** The code at the top, and no partitions. */
export function refuseShareAcknowledge(
  _request: ShareAcknowledgeRequest,
  { errorCode, errorMessage }: Refusal,
): ShareAcknowledgeResponse {
  return {
    throttleTimeMs: 0,
    errorCode,
    errorMessage,
    acquisitionLockTimeoutMs: 0,
    responses: [],
    nodeEndpoints: [],
  }
}
