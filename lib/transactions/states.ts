/** The states of a transactional id, and which may follow which (KIP-98, KIP-890). */

/** As Kafka prints them; the order is that of their bytes in `__transaction_state`. */
export const transactionStates = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
] as const

export type TransactionState = (typeof transactionStates)[number]

/**
 *     Empty ──first partition──▶ Ongoing ──EndTxn──▶ PrepareCommit ──all markers written──▶ CompleteCommit ─┐
 *       ▲                          ▲  └──EndTxn, time-out, fencing──▶ PrepareAbort ──▶ CompleteAbort ───────┤
 *       └── InitProducerId ────────┼──────────────────────────────────────────────────────────────────────┘
 *                                  └────────────────── next transaction ──────────────────────────────────┘
 *
 * With transaction protocol 2 an abort may follow where no partition was added. Nothing is stored of Dead (a tombstone is) and of
 * PrepareEpochFence, which Kafka passes through in memory.
 */
const previous: Readonly<Record<TransactionState, readonly TransactionState[]>> = {
  Empty: ['Empty', 'CompleteCommit', 'CompleteAbort'],
  Ongoing: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'],
  PrepareCommit: ['Ongoing', 'PrepareEpochFence'],
  PrepareAbort: ['Ongoing', 'PrepareEpochFence', 'Empty', 'CompleteCommit', 'CompleteAbort'],
  CompleteCommit: ['PrepareCommit'],
  CompleteAbort: ['PrepareAbort'],
  Dead: ['Empty', 'CompleteCommit', 'CompleteAbort'],
  PrepareEpochFence: ['Ongoing'],
}

/** Whether one state may follow another. */
export function mayFollow(next: TransactionState, before: TransactionState): boolean {
  return previous[next].includes(before)
}

/** Whether a transaction is ending: its outcome is decided and its markers are being written. */
export function isEnding(state: TransactionState): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort'
}

/** Whether there is nothing open: the id may begin a transaction, or expire. */
export function isAtRest(state: TransactionState): boolean {
  return state === 'Empty' || state === 'CompleteCommit' || state === 'CompleteAbort'
}
