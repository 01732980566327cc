/** What the APIs of access rules have in common. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Context } from './context.ts'

/** Throws SECURITY_DISABLED where nobody would ask the rules. */
export function checkHasAuthorizer({ broker }: Context): void {
  if (broker.hasAuthorizer) return
  throw new KafkaError(
    codes.SECURITY_DISABLED,
    'this broker has no authorizer: everybody may do everything; authorizer.class.name sets one',
  )
}
