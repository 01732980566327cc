/** ConsumerGroupHeartbeat: joins, keeps alive and leaves a consumer group (KIP-848). Such groups are not served. */
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../protocol/messages/consumer-group-heartbeat.ts'
import type { Refusal } from './refusals.ts'

/** The code, and no assignment. */
export function refuseConsumerGroupHeartbeat(
  _request: ConsumerGroupHeartbeatRequest,
  { errorCode, errorMessage }: Refusal,
): ConsumerGroupHeartbeatResponse {
  return { throttleTimeMs: 0, errorCode, errorMessage, memberEpoch: 0, heartbeatIntervalMs: 0 }
}
