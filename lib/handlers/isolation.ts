/** Isolation levels as requests name them by number. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Isolation } from '../partitions/partition.ts'

/** Throws UNKNOWN_SERVER_ERROR, by which the whole request is refused, for a level that there is not. */
export function isolationOf(level: number): Isolation {
  if (level === 0) return 'readUncommitted'
  if (level === 1) return 'readCommitted'
  throw new KafkaError(codes.UNKNOWN_SERVER_ERROR, `there is no isolation level ${level}`)
}
