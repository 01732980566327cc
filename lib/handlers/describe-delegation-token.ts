/** DescribeDelegationToken: the tokens of owners, as far as whoever asks may see them (KIP-48, KIP-373). */
import type {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
} from '../../protocol/messages/describe-delegation-token.ts'
import { type DelegationToken, isSeenBy } from '../cluster/tokens.ts'
import type { Context } from './context.ts'
import { nameOf, principalOf, tokensRefused } from './delegation-tokens.ts'
import type { Refusal } from './refusals.ts'

/** Null asks for all tokens, and the empty list for none. A name stands for tokens that are renewed or were asked for by it, too. */
export function describeDelegationToken(
  { owners }: DescribeDelegationTokenRequest,
  context: Context,
): DescribeDelegationTokenResponse {
  const refusal = tokensRefused(context)
  if (refusal !== null) throw refusal
  const { delegationTokens } = context.broker
  const asked = owners === null ? null : owners.map(nameOf)
  const tokens: DescribeDelegationTokenResponse['tokens'][number][] = []
  for (const token of delegationTokens.tokens.values()) {
    if (asked !== null && !asked.some(name => isSeenBy(token, name))) continue
    if (maySee(token, context)) tokens.push(described(token, delegationTokens.hmacOf(token.tokenId)))
  }
  return { errorCode: 0, tokens, throttleTimeMs: 0 }
}

function maySee(token: DelegationToken, context: Context): boolean {
  const { authorize } = context.broker
  return (
    isSeenBy(token, context.connection.principal) ||
    authorize(context, 'describe', 'delegationToken', token.tokenId, false) ||
    authorize(context, 'describeTokens', 'user', token.owner, false)
  )
}

function described(token: DelegationToken, hmac: Buffer): DescribeDelegationTokenResponse['tokens'][number] {
  const { tokenId, owner, requester, renewers, issueTimestamp, expiryTimestamp, maxTimestamp } = token
  const { principalType, principalName } = principalOf(requester)
  return {
    ...principalOf(owner),
    tokenRequesterPrincipalType: principalType,
    tokenRequesterPrincipalName: principalName,
    ...{ issueTimestamp, expiryTimestamp, maxTimestamp, tokenId, hmac },
    renewers: renewers.map(principalOf),
  }
}

/** The code, and no tokens. */
export function refuseDescribeDelegationToken(
  _request: DescribeDelegationTokenRequest,
  { errorCode }: Refusal,
): DescribeDelegationTokenResponse {
  return { errorCode, tokens: [], throttleTimeMs: 0 }
}
