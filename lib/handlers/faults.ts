/** Errors that handlers throw, as clients are told of them. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { storeRefusalOf } from '../metadata/refusal.ts'
import { storageRefusalOf } from '../partitions/log-directories.ts'

/** What clients are told who may not do what they ask for. */
const denials: ReadonlySet<number> = new Set([
  codes.TOPIC_AUTHORIZATION_FAILED,
  codes.GROUP_AUTHORIZATION_FAILED,
  codes.CLUSTER_AUTHORIZATION_FAILED,
  codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  codes.DELEGATION_TOKEN_AUTHORIZATION_FAILED,
])

/** Whether it says that the client may not: of that the authorizer has a line of its own. */
export function isDenial({ code }: KafkaError): boolean {
  return denials.has(code)
}

/** A fault of the request, or of what the broker stands on, which the client may try again. Null for a bug. */
export function faultOf(error: unknown): KafkaError | null {
  if (error instanceof KafkaError) return error
  return storeRefusalOf(error) ?? storageRefusalOf(error)
}
