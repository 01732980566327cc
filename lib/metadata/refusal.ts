/** Errors of the metadata store, as clients are told of them. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { SessionEnded, StoreClosed, StoreUnavailable, TransactionTooLarge } from './store.ts'

/** Null for an error of another kind. */
export function storeRefusalOf(error: unknown): KafkaError | null {
  if (error instanceof StoreClosed || error instanceof SessionEnded) {
    return new KafkaError(codes.NOT_CONTROLLER, error.message)
  }
  // Whether it was done is to be seen, and it may be tried again.
  if (error instanceof StoreUnavailable) return new KafkaError(codes.REQUEST_TIMED_OUT, error.message)
  if (error instanceof TransactionTooLarge) return new KafkaError(codes.POLICY_VIOLATION, error.message)
  return null
}
