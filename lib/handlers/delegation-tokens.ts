/** What the APIs of delegation tokens (KIP-48) have in common. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { TokenOutcome, TokenRules } from '../cluster/tokens.ts'
import type { Context } from './context.ts'

/** A principal in the parts that messages have. */
export interface Principal {
  readonly principalType: string
  readonly principalName: string
}

export function principalOf(text: string): Principal {
  const colon = text.indexOf(':')
  return { principalType: text.slice(0, colon), principalName: text.slice(colon + 1) }
}

export function nameOf({ principalType, principalName }: Principal): string {
  return `${principalType}:${principalName}`
}

/** Why nothing is done with tokens; null where something may be. */
export function tokensRefused(context: Context): KafkaError | null {
  if (!mayAskForTokens(context)) {
    const { isByToken, securityProtocol } = context.connection
    const who = isByToken ? 'who is authenticated by a token' : `who is not authenticated, as over ${securityProtocol},`
    return new KafkaError(codes.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, `${who} may not ask for tokens`)
  }
  if (context.broker.delegationTokens.isEnabled) return null
  const why = 'this broker has no secret to make tokens by: delegation.token.secret.key sets one'
  return new KafkaError(codes.DELEGATION_TOKEN_AUTH_DISABLED, why)
}

/** Whether the client is somebody by itself, not by a token. */
export function mayAskForTokens({ connection }: Context): boolean {
  const { securityProtocol, principal, isByToken } = connection
  return (
    !isByToken && securityProtocol !== 'PLAINTEXT' && !(securityProtocol === 'SSL' && principal === 'User:ANONYMOUS')
  )
}

export function tokenRulesOf({ broker: { config } }: Context): TokenRules {
  return {
    maxLifetimeMs: config.get('delegation.token.max.lifetime.ms'),
    expiryTimeMs: config.get('delegation.token.expiry.time.ms'),
  }
}

/** What stands for a time where there is none: the broker and the controller of Kafka, of which the one looks who asks, differ in it. */
export function noTimeOf({ code }: Pick<KafkaError, 'code'>): number {
  return code === codes.DELEGATION_TOKEN_AUTH_DISABLED ? 0 : -1
}

/** Changes the token of an HMAC as it is planned, where the client may ask for that. */
export async function changeToken(
  context: Context,
  plan: (now: number) => TokenOutcome,
): Promise<TokenOutcome['result']> {
  const refusal = tokensRefused(context)
  if (refusal !== null) return { errorCode: refusal.code, expiryTimestampMs: noTimeOf(refusal) }
  return context.broker.cluster.changeBy(() => plan(context.broker.clock.now()))
}
