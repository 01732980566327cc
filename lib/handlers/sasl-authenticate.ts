/** SaslAuthenticate: what a client says to authenticate itself. No listener authenticates, so it comes at the wrong time. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { SaslAuthenticateRequest, SaslAuthenticateResponse } from '../../protocol/messages/sasl-authenticate.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

const noBytes = Buffer.alloc(0)

export function saslAuthenticate(_request: SaslAuthenticateRequest, { connection }: Context): SaslAuthenticateResponse {
  const { securityProtocol } = connection
  throw new KafkaError(codes.ILLEGAL_SASL_STATE, `a ${securityProtocol} listener does not authenticate`)
}

/** The code, and nothing for the client's mechanism. */
export function refuseSaslAuthenticate(
  _request: SaslAuthenticateRequest,
  { errorCode, errorMessage }: Refusal,
): SaslAuthenticateResponse {
  return { errorCode, errorMessage, authBytes: noBytes }
}
