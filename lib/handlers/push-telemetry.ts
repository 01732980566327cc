/** PushTelemetry: metrics of a client (KIP-714), whose last values are figures of this broker. */
import { codes } from '../../protocol/errors.ts'
import type { PushTelemetryRequest, PushTelemetryResponse } from '../../protocol/messages/push-telemetry.ts'
import type { Context } from './context.ts'
import { descriptionOf } from './get-telemetry-subscriptions.ts'
import { refuseByCode } from './refusals.ts'

export async function pushTelemetry(request: PushTelemetryRequest, context: Context): Promise<PushTelemetryResponse> {
  await context.broker.telemetry.prepared()
  context.broker.telemetry.push(request.clientInstanceId, descriptionOf(context), request)
  return { throttleTimeMs: 0, errorCode: codes.NONE }
}

export const refusePushTelemetry = refuseByCode
