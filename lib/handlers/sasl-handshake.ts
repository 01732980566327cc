/** SaslHandshake: which mechanism a client is going to authenticate by. The server takes it where a client logs in; here it comes at the wrong time. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { SaslHandshakeRequest, SaslHandshakeResponse } from '../../protocol/messages/sasl-handshake.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

export function saslHandshake(_request: SaslHandshakeRequest, { connection }: Context): SaslHandshakeResponse {
  const { securityProtocol } = connection
  throw new KafkaError(
    codes.ILLEGAL_SASL_STATE,
    `a ${securityProtocol} listener does not authenticate, or this client has logged in already`,
  )
}

/** The code, and no mechanisms. */
export function refuseSaslHandshake(_request: SaslHandshakeRequest, { errorCode }: Refusal): SaslHandshakeResponse {
  return { errorCode, mechanisms: [] }
}
