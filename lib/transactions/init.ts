/** InitProducerId with a transactional id: a new id, the next epoch, or the fencing of whoever has an open transaction. */
import { codes } from '../../protocol/errors.ts'
import { isEnding } from './states.ts'
import {
  isEpochExhausted,
  noEpoch,
  noProducerId,
  type Transaction,
  withNextEpoch,
  withProducerId,
  withSameEpoch,
} from './transaction.ts'

/** What a producer asks for. */
export interface InitRequest {
  readonly transactionalId: string
  readonly timeoutMs: number
  /** Somebody else decides its transactions (KIP-939); the time-out is then `twoPhaseTimeoutMs`. */
  readonly isTwoPhase?: boolean
  /** Who it says that it is (KIP-360), or −1. */
  readonly producerId: number
  readonly producerEpoch: number
}

/** What is to be done: `next` is recorded and answered, `fence` aborts the open transaction first, `needsProducerId` asks again with one. */
export type Initialisation =
  | { readonly kind: 'next'; readonly next: Transaction }
  | { readonly kind: 'fence' }
  | { readonly kind: 'needsProducerId' }
  | { readonly kind: 'refused'; readonly errorCode: number }

function refused(errorCode: number): Initialisation {
  return { kind: 'refused', errorCode }
}

/** Decides about a transactional id that is known. `producerId` is a fresh one, or null where none is at hand. */
export function initialise(
  { producerId: claimedId, producerEpoch: claimedEpoch, timeoutMs }: InitRequest,
  transaction: Transaction,
  producerId: number | null,
  nowMs: number,
): Initialisation {
  const claims = claimedId !== noProducerId
  // Before all else: the producer may have the id already that is in force once the transaction is over.
  if (isEnding(transaction.state)) return refused(codes.CONCURRENT_TRANSACTIONS)
  if (claims && !mayClaim(transaction, claimedId, claimedEpoch)) return refused(codes.PRODUCER_FENCED)
  if (transaction.state === 'Ongoing') return { kind: 'fence' }
  const isExhausted = isEpochExhausted(transaction.producerEpoch)
  if (isExhausted && (!claims || claimedEpoch === transaction.producerEpoch)) {
    if (producerId === null) return { kind: 'needsProducerId' }
    return { kind: 'next', next: withProducerId(transaction, { producerId, timeoutMs, keepsLastEpoch: claims, nowMs }) }
  }
  const raised = (lastProducerEpoch: number): Initialisation => ({
    kind: 'next',
    next: withNextEpoch(transaction, { timeoutMs, lastProducerEpoch, nowMs }),
  })
  if (!claims) return raised(noEpoch)
  if (transaction.producerEpoch === noEpoch || claimedEpoch === transaction.producerEpoch) {
    return raised(transaction.producerEpoch)
  }
  if (claimedEpoch === transaction.lastProducerEpoch) {
    return { kind: 'next', next: withSameEpoch(transaction, timeoutMs, nowMs) }
  }
  return refused(codes.PRODUCER_FENCED)
}

/** Whether a producer may say that it has this id and epoch: it has the id, or had the one before until its epochs ran out. */
function mayClaim(transaction: Transaction, producerId: number, producerEpoch: number): boolean {
  return (
    transaction.producerEpoch === noEpoch ||
    producerId === transaction.producerId ||
    (producerId === transaction.previousProducerId && isEpochExhausted(producerEpoch))
  )
}
