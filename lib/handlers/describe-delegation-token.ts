/** DescribeDelegationToken: the tokens of owners, as far as whoever asks may see them (KIP-48). No tokens are given. */
import type {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
} from '../../protocol/messages/describe-delegation-token.ts'
import type { Context } from './context.ts'
import { tokensRefused } from './delegation-tokens.ts'
import type { Refusal } from './refusals.ts'

export function describeDelegationToken(
  _request: DescribeDelegationTokenRequest,
  context: Context,
): DescribeDelegationTokenResponse {
  throw tokensRefused(context)
}

/** The code, and no tokens. */
export function refuseDescribeDelegationToken(
  _request: DescribeDelegationTokenRequest,
  { errorCode }: Refusal,
): DescribeDelegationTokenResponse {
  return { errorCode, tokens: [], throttleTimeMs: 0 }
}
