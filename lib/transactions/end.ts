/** EndTxn, a time-out, or fencing: whether a transaction may be ended so, and what becomes of it. */
import { codes } from '../../protocol/errors.ts'
import { isEnding } from './states.ts'
import {
  type ClientTransactionVersion,
  ending,
  epochMax,
  fenced,
  isEpochExhausted,
  noProducerId,
  type Transaction,
} from './transaction.ts'

/** An EndTxn of a client. */
export interface EndRequest {
  readonly producerId: number
  readonly producerEpoch: number
  readonly committed: boolean
  readonly clientTransactionVersion: ClientTransactionVersion
}

/** What is to be done: `next` is recorded, `done` says that it was ended so before, `needsProducerId` asks again with one. */
export type Ending =
  | { readonly kind: 'next'; readonly next: Transaction }
  | { readonly kind: 'done' }
  | { readonly kind: 'needsProducerId' }
  | { readonly kind: 'refused'; readonly errorCode: number }

function refused(errorCode: number): Ending {
  return { kind: 'refused', errorCode }
}

/** `producerId` is a fresh one, or null where none is at hand. */
export function end(request: EndRequest, transaction: Transaction, producerId: number | null, nowMs: number): Ending {
  return request.clientTransactionVersion >= 2
    ? endRaising(request, transaction, producerId, nowMs)
    : endKeeping(request, transaction, nowMs)
}

/** Transaction protocols 0 and 1: the epoch stays, so an end that is asked for again cannot be told from the next one. */
function endKeeping(request: EndRequest, transaction: Transaction, nowMs: number): Ending {
  const { committed, clientTransactionVersion } = request
  if (request.producerId !== transaction.producerId) return refused(codes.INVALID_PRODUCER_ID_MAPPING)
  if (request.producerEpoch !== transaction.producerEpoch) return refused(codes.PRODUCER_FENCED)
  switch (transaction.state) {
    case 'Ongoing': {
      const next = ending(transaction, { committed, clientTransactionVersion, nextProducerId: noProducerId, nowMs })
      return { kind: 'next', next }
    }
    case 'CompleteCommit':
      return committed ? { kind: 'done' } : refused(codes.INVALID_TXN_STATE)
    case 'CompleteAbort':
      return committed ? refused(codes.INVALID_TXN_STATE) : { kind: 'done' }
    case 'PrepareCommit':
    case 'PrepareAbort':
      return refused(codes.CONCURRENT_TRANSACTIONS)
    default:
      return refused(codes.INVALID_TXN_STATE)
  }
}

/** Transaction protocol 2: each end raises the epoch, so an end that is asked for again comes with the epoch before. */
function endRaising(request: EndRequest, transaction: Transaction, producerId: number | null, nowMs: number): Ending {
  const { committed, clientTransactionVersion } = request
  const { state } = transaction
  // Before all else: the client was answered already, and may come for its next transaction with an id and an epoch that are not in force yet.
  if (isEnding(state)) return refused(codes.CONCURRENT_TRANSACTIONS)
  // Where protocol 1 ended it, the epoch is another instance's: whoever has the one before was replaced.
  const wasRaised = transaction.clientTransactionVersion >= 2
  const afterOverflow =
    wasRaised &&
    transaction.previousProducerId === request.producerId &&
    request.producerEpoch === epochMax - 1 &&
    transaction.producerEpoch === 0
  const afterRaise = wasRaised && transaction.producerEpoch === request.producerEpoch + 1
  const isRepeated = afterRaise || afterOverflow
  if (request.producerId !== transaction.producerId && !afterOverflow) return refused(codes.INVALID_PRODUCER_ID_MAPPING)
  const isCurrent = request.producerEpoch === transaction.producerEpoch
  const isValid = isCurrent || ((state === 'CompleteCommit' || state === 'CompleteAbort') && isRepeated)
  if (!isValid) return refused(codes.PRODUCER_FENCED)
  const next = (): Ending => {
    const isExhausted = isEpochExhausted(transaction.producerEpoch)
    if (isExhausted && producerId === null) return { kind: 'needsProducerId' }
    const nextProducerId = isExhausted ? producerId! : noProducerId
    return { kind: 'next', next: ending(transaction, { committed, clientTransactionVersion, nextProducerId, nowMs }) }
  }
  switch (state) {
    case 'Ongoing':
      return next()
    case 'CompleteCommit':
      if (committed) return isRepeated ? { kind: 'done' } : refused(codes.INVALID_TXN_STATE)
      return isRepeated ? refused(codes.INVALID_TXN_STATE) : next()
    case 'CompleteAbort':
      if (committed) return refused(codes.INVALID_TXN_STATE)
      return isRepeated ? { kind: 'done' } : next()
    case 'Empty':
      return committed ? refused(codes.INVALID_TXN_STATE) : next()
    default:
      return refused(codes.INVALID_TXN_STATE)
  }
}

/**
 * The broker aborts an open transaction, as its time is over or somebody else takes over its id: whoever has it is shut out by a raised epoch.
 * Protocol 2 raises the epoch with each end anyway.
 */
export function abortAndFence(transaction: Transaction, nowMs: number): Transaction {
  const { clientTransactionVersion } = transaction
  const shutOut = clientTransactionVersion >= 2 ? transaction : fenced(transaction)
  return ending(shutOut, { committed: false, clientTransactionVersion, nextProducerId: noProducerId, nowMs })
}
