/** What happened to transactions, in the order in which it was asked for and answered. Writers and readers put it down, and `check.ts` judges it. */

/** One thing that happened. Values are never sent twice; a partition is `topic-index`. */
export type Event =
  /** A writer is about to send a value in a transaction. */
  | { readonly type: 'send'; readonly transaction: string; readonly partition: string; readonly value: string }
  /** A writer is about to ask for the transaction to be committed: from here on it may be seen. */
  | { readonly type: 'commit'; readonly transaction: string }
  /** A writer was told that it is committed. */
  | { readonly type: 'committed'; readonly transaction: string }
  /** A reader of what is committed begins at the beginning of all partitions. */
  | { readonly type: 'session'; readonly reader: string }
  /** It read a record. */
  | {
      readonly type: 'read'
      readonly reader: string
      readonly partition: string
      readonly offset: number
      readonly value: string
    }

/** A record at its place. */
export interface Placed {
  readonly offset: number
  readonly value: string
}

/** All that is committed at the end, in the order of offsets, by partition; as one client read it. */
export interface Reading {
  readonly reader: string
  readonly partitions: ReadonlyMap<string, readonly Placed[]>
}

/** A whole run. */
export interface History {
  readonly events: readonly Event[]
  /** Those of the topic that writers write to, and of the topics that copiers write to, at the end. */
  readonly readings: readonly Reading[]
  /** What writers write to. */
  readonly source: string
  /** What was made of it by copiers: for each input its two legs, see `legsOf`. */
  readonly copies: readonly string[]
}

/** The record that ends each partition once everything is decided. */
export const lastValue = 'end'

/**
 * What a copier makes of an input: so much is taken from one account and given to another. The copiers in other languages write the same.
 */
export function legsOf(index: number, offset: number, value: string): readonly [string, string] {
  const amount = 1 + (offset % 100)
  return [`${index}@${offset}|${-amount}|${value}`, `${index}@${offset}|${amount}|${value}`]
}
