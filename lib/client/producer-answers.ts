/** What an answer to Produce says of one batch, and what is to become of it. */
import { codes, isRetriable, KafkaError } from '../../protocol/errors.ts'
import type { BatchRecord } from '../../protocol/records/batch.ts'
import type { ProducerBatch } from './producer-queue.ts'

/** What became of a batch. */
export interface Verdict {
  /** Null where the batch is in the log. */
  readonly error: KafkaError | null
  readonly baseOffset: number
}

/** What the answer for its partition says of a batch. */
export function verdictOf(answer: {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly baseOffset: number
}): Verdict {
  const { errorCode, errorMessage, baseOffset } = answer
  // It was sent twice because an answer was lost; it is in the log once.
  if (errorCode === codes.NONE || errorCode === codes.DUPLICATE_SEQUENCE_NUMBER) return { error: null, baseOffset }
  return { error: new KafkaError(errorCode, errorMessage ?? undefined), baseOffset: -1 }
}

/** What is known of a batch whose answer did not come. */
export const lost: Verdict = {
  error: new KafkaError(codes.NETWORK_EXCEPTION, 'the connection broke before the answer came'),
  baseOffset: -1,
}

/** Whether a batch goes again in two, as it is too large. */
export function isHalved(batch: ProducerBatch, code: number): boolean {
  return code === codes.MESSAGE_TOO_LARGE && batch.records.length > 1
}

/** Whether a broker no longer knows the producer in its epoch. */
export function losesEpoch(code: number): boolean {
  return code === codes.UNKNOWN_PRODUCER_ID || code === codes.INVALID_PRODUCER_EPOCH
}

/** Whether a batch that was refused may be taken another time. One that is out of order may be, where another has to come first. */
export function isPassing(code: number, isFirst: boolean): boolean {
  return isRetriable(code) || (code === codes.OUT_OF_ORDER_SEQUENCE_NUMBER && !isFirst)
}

/** A batch in two, as it is too large for the broker; their sequences are those of the whole. */
export function halvesOf<R extends BatchRecord>(batch: ProducerBatch<R>): ProducerBatch<R>[] {
  const middle = batch.records.length >> 1
  const bytes = batch.bytes >> 1
  const rest = {
    ...batch,
    records: batch.records.slice(middle),
    bytes: batch.bytes - bytes,
    count: batch.count - middle,
    sequence: batch.sequence < 0 ? -1 : (batch.sequence + middle) % 2 ** 31,
    encoded: null,
  }
  return [{ ...batch, records: batch.records.slice(0, middle), count: middle, bytes, encoded: null }, rest]
}
