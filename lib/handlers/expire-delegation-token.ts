/** ExpireDelegationToken: ends a token, at once or at a time (KIP-48). No tokens are given. */
import type {
  ExpireDelegationTokenRequest,
  ExpireDelegationTokenResponse,
} from '../../protocol/messages/expire-delegation-token.ts'
import type { Context } from './context.ts'
import { tokensRefused } from './delegation-tokens.ts'
import type { Refusal } from './refusals.ts'

export function expireDelegationToken(
  _request: ExpireDelegationTokenRequest,
  context: Context,
): ExpireDelegationTokenResponse {
  return { errorCode: tokensRefused(context).code, expiryTimestampMs: -1, throttleTimeMs: 0 }
}

/** The code, and no time. */
export function refuseExpireDelegationToken(
  _request: ExpireDelegationTokenRequest,
  { errorCode }: Refusal,
): ExpireDelegationTokenResponse {
  return { errorCode, expiryTimestampMs: 0, throttleTimeMs: 0 }
}
