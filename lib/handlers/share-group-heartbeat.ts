/** ShareGroupHeartbeat: joins, keeps alive and leaves a share group (KIP-932). Such groups are not served. */
import type {
  ShareGroupHeartbeatRequest,
  ShareGroupHeartbeatResponse,
} from '../../protocol/messages/share-group-heartbeat.ts'
import type { Refusal } from './refusals.ts'

/** The code, and no assignment. */
export function refuseShareGroupHeartbeat(
  _request: ShareGroupHeartbeatRequest,
  { errorCode, errorMessage }: Refusal,
): ShareGroupHeartbeatResponse {
  return { throttleTimeMs: 0, errorCode, errorMessage, memberEpoch: 0, heartbeatIntervalMs: 0 }
}
