/** What the APIs of access rules have in common: nobody keeps rules. */
import { codes, KafkaError } from '../../protocol/errors.ts'

/** The answer to all that rules are asked or told. */
export function noAuthorizer(): KafkaError {
  return new KafkaError(codes.SECURITY_DISABLED, 'this broker has no authorizer: everybody may do everything')
}
