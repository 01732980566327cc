/** CreateDelegationToken: makes a token by which somebody else may authenticate (KIP-48). No tokens are given. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type {
  CreateDelegationTokenRequest,
  CreateDelegationTokenResponse,
} from '../../protocol/messages/create-delegation-token.ts'
import type { Context } from './context.ts'
import { tokensRefused } from './delegation-tokens.ts'
import type { Refusal } from './refusals.ts'

const noBytes = Buffer.alloc(0)
const anonymous = { principalType: 'User', principalName: 'ANONYMOUS' }

/** The answer names who would have owned the token, and who asked. UNKNOWN_SERVER_ERROR for an owner with a name and no type. */
export function createDelegationToken(
  request: CreateDelegationTokenRequest,
  context: Context,
): CreateDelegationTokenResponse {
  const { principal } = context.connection
  const colon = principal.indexOf(':')
  const requester = { principalType: principal.slice(0, colon), principalName: principal.slice(colon + 1) }
  const { ownerPrincipalType, ownerPrincipalName } = request
  const owner = ownerOf(ownerPrincipalType, ownerPrincipalName) ?? requester
  return withoutToken(tokensRefused(context).code, owner, requester)
}

/** Null where nobody is named. */
function ownerOf(principalType: string | null, principalName: string | null): typeof anonymous | null {
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

function withoutToken(
  errorCode: number,
  owner: typeof anonymous,
  requester: typeof anonymous,
): CreateDelegationTokenResponse {
  return {
    errorCode,
    ...owner,
    tokenRequesterPrincipalType: requester.principalType,
    tokenRequesterPrincipalName: requester.principalName,
    issueTimestampMs: -1,
    expiryTimestampMs: -1,
    maxTimestampMs: -1,
    tokenId: '',
    hmac: noBytes,
    throttleTimeMs: 0,
  }
}
