/**
 * What is known of one transactional id, and the changes that it may go through. All of it is data: a change gives what is to be recorded, and it
 * holds once that record is replayed.
 */
import { assert } from '../base/assert.ts'
import { mayFollow, type TransactionState } from './states.ts'

/** The last epoch that a client may have is one below the greatest, so that the epoch can still be raised to fence it. */
export const epochMax = 32_767
export const noEpoch = -1
export const noProducerId = -1

/** Of a transaction that somebody else decides (KIP-939): its time is never over. */
export const twoPhaseTimeoutMs = 2_147_483_647

/** The transaction protocol of a client: 0 and 1 keep the epoch at each end, 2 raises it (KIP-890). */
export type ClientTransactionVersion = 0 | 1 | 2

/** Partitions by topic. */
export type TopicPartitions = ReadonlyMap<string, ReadonlySet<number>>

/** See the head of the file. */
export interface Transaction {
  readonly transactionalId: string
  readonly producerId: number
  /** The id before the last one was exhausted, −1 without. */
  readonly previousProducerId: number
  /** The id that follows this one once the transaction is ended, −1 without. */
  readonly nextProducerId: number
  readonly producerEpoch: number
  /** The epoch before the client asked for the next one, so that it may ask again. Not on record. */
  readonly lastProducerEpoch: number
  readonly timeoutMs: number
  readonly state: TransactionState
  /** Where the transaction wrote, or is going to. */
  readonly partitions: TopicPartitions
  /** When the transaction began, in ms since 1970; −1 where there is none. */
  readonly startMs: number
  readonly lastUpdateMs: number
  readonly clientTransactionVersion: ClientTransactionVersion
}

export const noPartitions: TopicPartitions = new Map()

/** A transactional id that was never seen. */
export function newTransaction(
  transactionalId: string,
  producerId: number,
  timeoutMs: number,
  nowMs: number,
): Transaction {
  return {
    transactionalId,
    producerId,
    previousProducerId: noProducerId,
    nextProducerId: noProducerId,
    producerEpoch: noEpoch,
    lastProducerEpoch: noEpoch,
    timeoutMs,
    state: 'Empty',
    partitions: noPartitions,
    startMs: -1,
    lastUpdateMs: nowMs,
    clientTransactionVersion: 0,
  }
}

/** No client may be given the epoch that follows. */
export function isEpochExhausted(epoch: number): boolean {
  return epoch >= epochMax - 1
}

function changed(
  before: Transaction,
  change: Partial<Transaction> & { readonly state: TransactionState },
): Transaction {
  assert(
    mayFollow(change.state, before.state),
    `${before.transactionalId} cannot go from ${before.state} to ${change.state}`,
  )
  return { ...before, ...change }
}

/** The producer has the next epoch; `lastProducerEpoch` is the one that it had, where it said so. */
export function withNextEpoch(
  before: Transaction,
  options: { readonly timeoutMs: number; readonly lastProducerEpoch: number; readonly nowMs: number },
): Transaction {
  return changed(before, {
    state: 'Empty',
    producerEpoch: before.producerEpoch + 1,
    lastProducerEpoch: options.lastProducerEpoch,
    timeoutMs: options.timeoutMs,
    partitions: noPartitions,
    startMs: -1,
    lastUpdateMs: options.nowMs,
  })
}

/** The producer asks once more for the epoch that it was given. */
export function withSameEpoch(before: Transaction, timeoutMs: number, nowMs: number): Transaction {
  return changed(before, { state: 'Empty', timeoutMs, partitions: noPartitions, startMs: -1, lastUpdateMs: nowMs })
}

/** The producer goes on under another id, from epoch 0. */
export function withProducerId(
  before: Transaction,
  options: {
    readonly producerId: number
    readonly timeoutMs: number
    readonly keepsLastEpoch: boolean
    readonly nowMs: number
  },
): Transaction {
  return changed(before, {
    state: 'Empty',
    producerId: options.producerId,
    previousProducerId: before.producerId,
    producerEpoch: 0,
    lastProducerEpoch: options.keepsLastEpoch ? before.producerEpoch : noEpoch,
    timeoutMs: options.timeoutMs,
    partitions: noPartitions,
    startMs: -1,
    lastUpdateMs: options.nowMs,
  })
}

/** The transaction writes to these partitions too, and begins with the first of them. */
export function withPartitions(
  before: Transaction,
  added: TopicPartitions,
  clientTransactionVersion: ClientTransactionVersion,
  nowMs: number,
): Transaction {
  const partitions = new Map(before.state === 'Ongoing' ? before.partitions : noPartitions)
  for (const [topic, indexes] of added) partitions.set(topic, new Set([...(partitions.get(topic) ?? []), ...indexes]))
  return changed(before, {
    state: 'Ongoing',
    partitions,
    startMs: before.state === 'Ongoing' ? before.startMs : nowMs,
    lastUpdateMs: nowMs,
    clientTransactionVersion,
  })
}

/** Whether the transaction has all of these partitions. */
export function hasPartitions(transaction: Transaction, wanted: TopicPartitions): boolean {
  for (const [topic, indexes] of wanted) {
    const own = transaction.partitions.get(topic)
    for (const index of indexes) if (!own?.has(index)) return false
  }
  return true
}

/** How a transaction is ended. */
export interface End {
  readonly committed: boolean
  readonly clientTransactionVersion: ClientTransactionVersion
  /** The id that follows where the epoch is exhausted, else −1. */
  readonly nextProducerId: number
  readonly nowMs: number
}

/** The outcome is decided; from now on its markers are written. */
export function ending(before: Transaction, end: End): Transaction {
  const raises = end.clientTransactionVersion >= 2
  return changed(before, {
    state: end.committed ? 'PrepareCommit' : 'PrepareAbort',
    nextProducerId: end.nextProducerId,
    producerEpoch: raises ? before.producerEpoch + 1 : before.producerEpoch,
    lastProducerEpoch: raises ? before.producerEpoch : before.lastProducerEpoch,
    partitions: before.state === 'Ongoing' ? before.partitions : noPartitions,
    // An abort without partitions has had no beginning.
    startMs: before.state === 'Ongoing' ? before.startMs : end.nowMs,
    lastUpdateMs: end.nowMs,
    clientTransactionVersion: end.clientTransactionVersion,
  })
}

/** All markers are written. */
export function completed(before: Transaction, nowMs: number): Transaction {
  const rotates = before.clientTransactionVersion >= 2 && before.nextProducerId !== noProducerId
  return changed(before, {
    state: before.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    ...(rotates
      ? { producerId: before.nextProducerId, previousProducerId: before.producerId, producerEpoch: 0 }
      : undefined),
    nextProducerId: noProducerId,
    partitions: noPartitions,
    lastUpdateMs: nowMs,
  })
}

/** The epoch is raised to shut out whoever has it; the transaction is then aborted under the new one. */
export function fenced(before: Transaction): Transaction {
  assert(before.producerEpoch < epochMax, `${before.transactionalId} has no epoch left to fence by`)
  // As observed: whoever says that it had the old epoch is given the new one, once the transaction is aborted.
  return { ...before, producerEpoch: before.producerEpoch + 1, lastProducerEpoch: before.producerEpoch }
}
