/** ExpireDelegationToken: ends a token, at once or after a while (KIP-48). Its owner and its renewers may. */
import type {
  ExpireDelegationTokenRequest,
  ExpireDelegationTokenResponse,
} from '../../protocol/messages/expire-delegation-token.ts'
import { planExpiry } from '../cluster/tokens.ts'
import type { Context } from './context.ts'
import { changeToken } from './delegation-tokens.ts'
import type { Refusal } from './refusals.ts'

export async function expireDelegationToken(
  { hmac, expiryTimePeriodMs }: ExpireDelegationTokenRequest,
  context: Context,
): Promise<ExpireDelegationTokenResponse> {
  const { connection, broker } = context
  const expired = await changeToken(context, now =>
    planExpiry(broker.delegationTokens.withHmac(hmac), connection.principal, expiryTimePeriodMs, now),
  )
  return { ...expired, throttleTimeMs: 0 }
}

/** The code, and no time. */
export function refuseExpireDelegationToken(
  _request: ExpireDelegationTokenRequest,
  { errorCode }: Refusal,
): ExpireDelegationTokenResponse {
  return { errorCode, expiryTimestampMs: 0, throttleTimeMs: 0 }
}
