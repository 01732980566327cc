/** ShareFetch: records for a member of a share group (KIP-932). Such groups are not served. */
import type { ShareFetchRequest, ShareFetchResponse } from '../../protocol/messages/share-fetch.ts'
import type { Refusal } from './refusals.ts'

/** The code at the top, and no partitions. */
export function refuseShareFetch(
  _request: ShareFetchRequest,
  { errorCode, errorMessage }: Refusal,
): ShareFetchResponse {
  return {
    throttleTimeMs: 0,
    errorCode,
    errorMessage,
    acquisitionLockTimeoutMs: 0,
    responses: [],
    nodeEndpoints: [],
  }
}
