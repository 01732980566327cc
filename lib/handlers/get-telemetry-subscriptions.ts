/** GetTelemetrySubscriptions: which metrics a client is to push (KIP-714). Nothing receives them. */
import type {
  GetTelemetrySubscriptionsRequest,
  GetTelemetrySubscriptionsResponse,
} from '../../protocol/messages/get-telemetry-subscriptions.ts'
import type { Refusal } from './refusals.ts'

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** The code, and nothing to push. */
export function refuseGetTelemetrySubscriptions(
  _request: GetTelemetrySubscriptionsRequest,
  { errorCode }: Refusal,
): GetTelemetrySubscriptionsResponse {
  return {
    throttleTimeMs: 0,
    errorCode,
    clientInstanceId: noId,
    subscriptionId: 0,
    acceptedCompressionTypes: [],
    pushIntervalMs: 0,
    telemetryMaxBytes: 0,
    deltaTemporality: false,
    requestedMetrics: [],
  }
}
