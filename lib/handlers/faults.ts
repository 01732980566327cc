/** Errors that handlers throw, as clients are told of them. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { SessionEnded, StoreClosed } from '../metadata/store.ts'
import { storageRefusalOf } from '../partitions/log-directories.ts'

/** A fault of the request, or of what the broker stands on, which the client may try again. Null for a bug. */
export function faultOf(error: unknown): KafkaError | null {
  if (error instanceof KafkaError) return error
  if (error instanceof StoreClosed || error instanceof SessionEnded) {
    return new KafkaError(codes.NOT_CONTROLLER, error.message)
  }
  return storageRefusalOf(error)
}
