/** SaslHandshake: which mechanism a client is going to authenticate by. No listener authenticates, so it comes at the wrong time. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { SaslHandshakeRequest, SaslHandshakeResponse } from '../../protocol/messages/sasl-handshake.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

export function saslHandshake(_request: SaslHandshakeRequest, { connection }: Context): SaslHandshakeResponse {
  const { securityProtocol } = connection
  throw new KafkaError(codes.ILLEGAL_SASL_STATE, `a ${securityProtocol} listener does not authenticate`)
}

/** The code, and no mechanisms. */
export function refuseSaslHandshake(_request: SaslHandshakeRequest, { errorCode }: Refusal): SaslHandshakeResponse {
  return { errorCode, mechanisms: [] }
}
