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

/** All keys with a prefix, which is not empty, are deleted. */
export interface PrefixDeletion {
  readonly prefix: string
  readonly value: null
}

/** A key that is written, or deleted where the value is null. */
export interface KeyChange {
  readonly key: string
  readonly value: string | null
  /** The key goes when this session does; where it has ended already, the transaction rejects with SessionEnded. */
  readonly session?: Session
}

export type Change = KeyChange | PrefixDeletion

/**
 * Conditions, and changes, of one transaction: etcd takes 128 of each, and a few of them are the store's own. `embedded` takes any number,
 * so whoever writes more at once has to do it in an order in which a half is never taken for the whole.
 */
export const operationsMax = 120
/** What keys and values of one transaction may add up to: etcd takes 1.5 MiB with all that stands around them. */
export const transactionBytesMax = 1_300_000

export interface Transaction {
  /** All must hold, else nothing is done. */
  readonly conditions?: readonly Condition[]
  /** No key may be touched twice. */
  readonly changes: readonly Change[]
}

export interface TransactionResult {
  /** False where a condition did not hold. */
  readonly applied: boolean
  /**
   * The transaction's own revision. Where it was not applied, or deleted only what was not there, the newest of those that last wrote the
   * keys of its conditions: watchers of this store object were told of it, and of a key's deletion that made a condition fail.
   */
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
  /**
   * True from the moment on at which others may believe that the holder is dead, and for ever: time counts from when the last keep-alive
   * that was answered was sent. Looks at the clock, so it can be asked before each thing that needs the lease.
   */
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
   * missed at once. Rejects with HistoryGone where they are too many. Where that becomes so later, after the store was out of reach,
   * `gone` is called once, and no event follows: list again, and watch from there.
   */
  watch(prefix: string, afterRevision: number, listener: (event: WatchEvent) => void, gone: () => void): Promise<Watch>
  /**
   * All changes or none. Resolves once the transaction survives a crash, after the watchers of this store object were
   * told. Rejects where the store failed: then nobody knows whether it was applied.
   * Transactions that are asked for together are applied in that order; such as touch different keys may share a revision.
   */
  transact(transaction: Transaction): Promise<TransactionResult>
  openSession(ttlMs: number): Promise<Session>
  /** Forgets history that is older, so that it does not fill the store: called now and then by one of those who share it. */
  compact(olderThanMs: number): Promise<void>
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

/** More than a store takes at once; nothing was done. */
export class TransactionTooLarge extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TransactionTooLarge'
  }
}

/** The store cannot be used any more: closed, or its disk or server failed. */
export class StoreClosed extends Error {
  constructor(message = 'the metadata store is closed') {
    super(message)
    this.name = 'StoreClosed'
  }
}

/** The store cannot be reached, or not do it now. Where it was a transaction, nobody knows whether it was applied. */
export class StoreUnavailable extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'StoreUnavailable'
  }
}

/** A lease that a transaction counts on has run out or was closed. */
export class SessionEnded extends Error {
  constructor() {
    super('the session with the metadata store has ended')
    this.name = 'SessionEnded'
  }
}
