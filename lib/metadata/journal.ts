/** Where the embedded store writes its changes down. */

/** One key that was written, or deleted where the value is null. */
export interface JournalChange {
  readonly key: string
  readonly value: string | null
}

export interface Journal {
  /** Grows with what is written, also through restarts. */
  readonly revision: number
  /** Everything that was written, in order; called once, before anything is appended. */
  replay(apply: (change: JournalChange) => void): void
  /** Adds one transaction, all of it or nothing; it survives a crash once the following `flush` resolves. */
  append(changes: readonly JournalChange[]): void
  /** Resolves when everything appended so far is on disk, rejects where it cannot be. */
  flush(): Promise<void>
  /** Told how many keys there are: true where the history is so long that it is worth rewriting. */
  isOvergrown(keys: number): boolean
  /** Puts the present state in the place of the history; survives a crash at any moment. */
  rewrite(state: readonly JournalChange[]): Promise<void>
  close(): Promise<void>
}

/** Forgets: for brokers that keep nothing, and begin with nothing or with what is given. */
export function memoryJournal(beginning: readonly JournalChange[] = []): Journal {
  return {
    revision: beginning.length === 0 ? 0 : 1,
    replay: apply => beginning.forEach(apply),
    append() {},
    flush: () => Promise.resolve(),
    isOvergrown: () => false,
    rewrite: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}
