/** RenewDelegationToken: lets a token live longer (KIP-48). No tokens are given. */
import type {
  RenewDelegationTokenRequest,
  RenewDelegationTokenResponse,
} from '../../protocol/messages/renew-delegation-token.ts'
import type { Context } from './context.ts'
import { tokensRefused } from './delegation-tokens.ts'
import type { Refusal } from './refusals.ts'

export function renewDelegationToken(
  _request: RenewDelegationTokenRequest,
  context: Context,
): RenewDelegationTokenResponse {
  return { errorCode: tokensRefused(context).code, expiryTimestampMs: -1, throttleTimeMs: 0 }
}

/** The code, and no time. */
export function refuseRenewDelegationToken(
  _request: RenewDelegationTokenRequest,
  { errorCode }: Refusal,
): RenewDelegationTokenResponse {
  return { errorCode, expiryTimestampMs: 0, throttleTimeMs: 0 }
}
