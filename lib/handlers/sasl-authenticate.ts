/** SaslAuthenticate: what a client says to authenticate itself. The server takes it where a client logs in; here it comes at the wrong time. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { SaslAuthenticateRequest, SaslAuthenticateResponse } from '../../protocol/messages/sasl-authenticate.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

const noBytes = Buffer.alloc(0)

export function saslAuthenticate(_request: SaslAuthenticateRequest, _context: Context): SaslAuthenticateResponse {
  throw new KafkaError(codes.ILLEGAL_SASL_STATE, 'SaslAuthenticate request received after successful authentication')
}

/** The code, and nothing for the client's mechanism. */
export function refuseSaslAuthenticate(
  _request: SaslAuthenticateRequest,
  { errorCode, errorMessage }: Refusal,
): SaslAuthenticateResponse {
  return { errorCode, errorMessage, authBytes: noBytes }
}
