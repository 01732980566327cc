/** CreateDelegationToken: makes a token by which somebody else may authenticate as its owner (KIP-48), who may be another than the client (KIP-373). */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type {
  CreateDelegationTokenRequest,
  CreateDelegationTokenResponse,
} from '../../protocol/messages/create-delegation-token.ts'
import { newToken, storedToken } from '../cluster/tokens.ts'
import type { Context } from './context.ts'
import {
  mayAskForTokens,
  nameOf,
  noTimeOf,
  type Principal,
  principalOf,
  tokenRulesOf,
  tokensRefused,
} from './delegation-tokens.ts'
import type { Refusal } from './refusals.ts'

const noBytes = Buffer.alloc(0)
const anonymous: Principal = { principalType: 'User', principalName: 'ANONYMOUS' }

/** The answer names who owns the token, or would have, and who asked. UNKNOWN_SERVER_ERROR for an owner with a name and no type. */
export async function createDelegationToken(
  request: CreateDelegationTokenRequest,
  context: Context,
): Promise<CreateDelegationTokenResponse> {
  const requester = principalOf(context.connection.principal)
  const { ownerPrincipalType, ownerPrincipalName } = request
  const owner = ownerOf(ownerPrincipalType, ownerPrincipalName) ?? requester
  const errorCode = refusalOf(request, owner, requester, context)
  if (errorCode !== codes.NONE) return withoutToken(errorCode, owner, requester)
  const { broker } = context
  const made = {
    ...{ tokenId: broker.random.uuid(), owner: nameOf(owner), requester: nameOf(requester) },
    renewers: request.renewers.map(nameOf),
  }
  const token = newToken(made, request.maxLifetimeMs, tokenRulesOf(context), broker.clock.now())
  await broker.cluster.changeBy(() => ({ changes: [storedToken(token)], result: undefined }))
  return {
    ...withoutToken(codes.NONE, owner, requester),
    issueTimestampMs: token.issueTimestamp,
    expiryTimestampMs: token.expiryTimestamp,
    maxTimestampMs: token.maxTimestamp,
    tokenId: token.tokenId,
    hmac: broker.delegationTokens.hmacOf(token.tokenId),
  }
}

/** Before it is told that there are no tokens, a client hears whether it might have one. */
function refusalOf(
  { renewers }: CreateDelegationTokenRequest,
  owner: Principal,
  requester: Principal,
  context: Context,
): number {
  const ownerName = nameOf(owner)
  const mayAsk = () => context.broker.authorize(context, 'createTokens', 'user', ownerName)
  if (mayAskForTokens(context)) {
    if (ownerName !== nameOf(requester) && !mayAsk()) return codes.DELEGATION_TOKEN_AUTHORIZATION_FAILED
    if (renewers.some(({ principalType }) => principalType !== 'User')) return codes.INVALID_PRINCIPAL_TYPE
  }
  return tokensRefused(context)?.code ?? codes.NONE
}

/** Null where nobody is named. */
function ownerOf(principalType: string | null, principalName: string | null): Principal | null {
  if (principalName === null || principalName === '') return null
  if (principalType === null) throw new KafkaError(codes.UNKNOWN_SERVER_ERROR, `${principalName} is of no type`)
  return { principalType, principalName }
}

/** The code, and no token. */
export function refuseCreateDelegationToken(
  _request: CreateDelegationTokenRequest,
  { errorCode }: Refusal,
): CreateDelegationTokenResponse {
  return withoutToken(errorCode, anonymous, anonymous)
}

function withoutToken(errorCode: number, owner: Principal, requester: Principal): CreateDelegationTokenResponse {
  const noTime = noTimeOf({ code: errorCode })
  return {
    errorCode,
    ...owner,
    tokenRequesterPrincipalType: requester.principalType,
    tokenRequesterPrincipalName: requester.principalName,
    issueTimestampMs: noTime,
    expiryTimestampMs: noTime,
    maxTimestampMs: noTime,
    tokenId: '',
    hmac: noBytes,
    throttleTimeMs: 0,
  }
}
