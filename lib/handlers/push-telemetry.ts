/** PushTelemetry: metrics of a client (KIP-714). Nothing receives them. */
import { refuseByCode } from './refusals.ts'

export const refusePushTelemetry = refuseByCode
