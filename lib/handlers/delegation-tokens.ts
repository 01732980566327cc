/** What the APIs of delegation tokens (KIP-48) have in common: no tokens are given. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Context } from './context.ts'

/** Why nothing is done with tokens: connections that nobody has authenticated may not ask, and there is no secret to make them by. */
export function tokensRefused({ connection }: Context): KafkaError {
  return connection.securityProtocol === 'PLAINTEXT'
    ? new KafkaError(
        codes.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED,
        `${connection.securityProtocol} connections may not ask for tokens`,
      )
    : new KafkaError(codes.DELEGATION_TOKEN_AUTH_DISABLED, 'this broker has no secret to make tokens by')
}
