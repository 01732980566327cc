/** StreamsGroupHeartbeat: joins, keeps alive and leaves a streams group (KIP-1071). Such groups are not served. */
import type {
  StreamsGroupHeartbeatRequest,
  StreamsGroupHeartbeatResponse,
} from '../../protocol/messages/streams-group-heartbeat.ts'
import type { Refusal } from './refusals.ts'

/** The code, and no tasks. */
export function refuseStreamsGroupHeartbeat(
  _request: StreamsGroupHeartbeatRequest,
  { errorCode, errorMessage }: Refusal,
): StreamsGroupHeartbeatResponse {
  return {
    throttleTimeMs: 0,
    errorCode,
    errorMessage,
    memberId: '',
    memberEpoch: 0,
    heartbeatIntervalMs: 0,
    acceptableRecoveryLagLegacy: 0,
    taskOffsetIntervalMs: 0,
    status: [],
    endpointInformationEpoch: 0,
  }
}
