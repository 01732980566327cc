/** GetTelemetrySubscriptions: which metrics a client is to push (KIP-714). */
import { codes } from '../../protocol/errors.ts'
import type {
  GetTelemetrySubscriptionsRequest,
  GetTelemetrySubscriptionsResponse,
} from '../../protocol/messages/get-telemetry-subscriptions.ts'
import { acceptedCompressionTypes, type ClientDescription } from '../telemetry/client-telemetry.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** THROTTLING_QUOTA_EXCEEDED for a client that asks more often than it is to push. */
export async function getTelemetrySubscriptions(
  { clientInstanceId }: GetTelemetrySubscriptionsRequest,
  context: Context,
): Promise<GetTelemetrySubscriptionsResponse> {
  const { broker } = context
  await broker.telemetry.prepared()
  const { instanceId, subscription } = broker.telemetry.subscribe(clientInstanceId, descriptionOf(context))
  return {
    throttleTimeMs: 0,
    errorCode: codes.NONE,
    clientInstanceId: instanceId,
    subscriptionId: subscription.id,
    acceptedCompressionTypes: [...acceptedCompressionTypes],
    pushIntervalMs: subscription.pushIntervalMs,
    telemetryMaxBytes: broker.config.get('telemetry.max.bytes'),
    deltaTemporality: true,
    requestedMetrics: [...subscription.metrics],
  }
}

/** What subscriptions choose a client by. */
export function descriptionOf({ clientId, connection }: Context): ClientDescription {
  return {
    client_id: clientId ?? '',
    client_software_name: connection.clientSoftwareName,
    client_software_version: connection.clientSoftwareVersion,
    client_source_address: connection.remoteAddress,
    client_source_port: String(connection.remotePort),
  }
}

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
