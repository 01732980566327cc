/**
 * What the broker needs of a place that keeps the cluster's metadata: reading, watching, compare-and-set transactions,
 * and sessions with a lease; leadership is built on these (leadership.ts). Every engine behind it passes the same contract tests.
 *
 * The store is one ordered history: each transaction that is applied has a revision greater than all before it, and
 * watchers see them in that order, each whole.
 */

/** One key with its value, both text. */
export interface Entry {
  readonly key: string
  readonly value: string
  /** The revision of the transaction that last wrote the key. */
  readonly revision: number
}

/** What a transaction asks before it does anything: the key was last written by this revision; 0 for a key that is absent. */
export interface Condition {
  readonly key: string
  readonly revision: number
}

/** A key that is written, or deleted where the value is null. */
export interface Change {
  readonly key: string
  readonly value: string | null
  /** The key goes when this session does; where it has ended already, the transaction rejects with SessionEnded. */
  readonly session?: Session
}

export interface Transaction {
  /** All must hold, else nothing is done. */
  readonly conditions?: readonly Condition[]
  readonly changes: readonly Change[]
}

export interface TransactionResult {
  /** False where a condition did not hold. */
  readonly applied: boolean
  /** The transaction's own revision, or the newest one where it was not applied. */
  readonly revision: number
}

/** What a watcher is told of one transaction: only the keys it watches. */
export interface WatchEvent {
  readonly revision: number
  readonly changes: readonly { readonly key: string; readonly value: string | null }[]
}

export interface Watch {
  /** No event follows. */
  close(): void
}

/** A lease that its holder keeps alive: when holder or connection die, the session ends and its keys go. */
export interface Session {
  readonly id: string
  readonly ended: boolean
  /** Called once when the session ends, also by `close`. */
  onEnd(listener: () => void): void
  close(): Promise<void>
}

export interface MetadataStore {
  /** The entry, or null where there is none. */
  get(key: string): Promise<Entry | null>
  /** The entries whose keys begin with the prefix, by key, and the newest revision that they reflect. */
  list(prefix: string): Promise<{ readonly entries: readonly Entry[]; readonly revision: number }>
  /**
   * Tells of every transaction after `afterRevision` that touched a key with the prefix, in order; of those that were
   * missed at once. Rejects with HistoryGone where they are too many.
   */
  watch(prefix: string, afterRevision: number, listener: (event: WatchEvent) => void): Promise<Watch>
  /**
   * All changes or none. Resolves once the transaction survives a crash, after the watchers of this store object were
   * told. Rejects where the store failed: then nobody knows whether it was applied.
   */
  transact(transaction: Transaction): Promise<TransactionResult>
  openSession(ttlMs: number): Promise<Session>
  /** Sessions end, and what is open is rejected. */
  close(): Promise<void>
}

/** What lies between the revision asked for and now is not known any more: list again, and watch from there. */
export class HistoryGone extends Error {
  constructor(revision: number) {
    super(`the metadata store does not remember what followed revision ${revision}; list again`)
    this.name = 'HistoryGone'
  }
}

/** The store cannot be used any more: closed, or its disk or server failed. */
export class StoreClosed extends Error {
  constructor(message = 'the metadata store is closed') {
    super(message)
    this.name = 'StoreClosed'
  }
}

/** A lease that a transaction counts on has run out or was closed. */
export class SessionEnded extends Error {
  constructor() {
    super('the session with the metadata store has ended')
    this.name = 'SessionEnded'
  }
}
