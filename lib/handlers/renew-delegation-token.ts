/** RenewDelegationToken: lets a token live longer, up to its end (KIP-48). Its owner and its renewers may. */
import type {
  RenewDelegationTokenRequest,
  RenewDelegationTokenResponse,
} from '../../protocol/messages/renew-delegation-token.ts'
import { planRenewal } from '../cluster/tokens.ts'
import type { Context } from './context.ts'
import { changeToken, tokenRulesOf } from './delegation-tokens.ts'
import type { Refusal } from './refusals.ts'

export async function renewDelegationToken(
  { hmac, renewPeriodMs }: RenewDelegationTokenRequest,
  context: Context,
): Promise<RenewDelegationTokenResponse> {
  const { connection, broker } = context
  const renewed = await changeToken(context, now =>
    planRenewal(
      broker.delegationTokens.withHmac(hmac),
      connection.principal,
      renewPeriodMs,
      tokenRulesOf(context),
      now,
    ),
  )
  return { ...renewed, throttleTimeMs: 0 }
}

/** The code, and no time. */
export function refuseRenewDelegationToken(
  _request: RenewDelegationTokenRequest,
  { errorCode }: Refusal,
): RenewDelegationTokenResponse {
  return { errorCode, expiryTimestampMs: 0, throttleTimeMs: 0 }
}
