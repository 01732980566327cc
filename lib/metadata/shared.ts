/** A store object for each of several brokers that share one store: closing it ends its own sessions and watches alone. */

import type { Transaction, TransactionResult } from './store.ts'
import { type Entry, type MetadataStore, type Session, StoreClosed, type Watch, type WatchEvent } from './store.ts'

/** Another object over the same store. The store itself is closed by whoever made it, after all of these. */
export function sharedStore(store: MetadataStore): MetadataStore {
  return new SharedStore(store)
}

class SharedStore implements MetadataStore {
  readonly #store: MetadataStore
  readonly #sessions = new Set<Session>()
  readonly #watches = new Set<Watch>()
  #closed = false

  constructor(store: MetadataStore) {
    this.#store = store
  }

  get(key: string): Promise<Entry | null> {
    return this.#whileOpen(() => this.#store.get(key))
  }

  list(prefix: string): Promise<{ readonly entries: readonly Entry[]; readonly revision: number }> {
    return this.#whileOpen(() => this.#store.list(prefix))
  }

  watch(
    prefix: string,
    afterRevision: number,
    listener: (event: WatchEvent) => void,
    gone: () => void,
  ): Promise<Watch> {
    return this.#whileOpen(async () => {
      const watch = await this.#store.watch(prefix, afterRevision, event => this.#closed || listener(event), gone)
      const own: Watch = {
        close: () => {
          this.#watches.delete(own)
          watch.close()
        },
      }
      this.#watches.add(own)
      if (this.#closed) own.close()
      return own
    })
  }

  transact(transaction: Transaction): Promise<TransactionResult> {
    return this.#whileOpen(() => this.#store.transact(transaction))
  }

  openSession(ttlMs: number): Promise<Session> {
    return this.#whileOpen(async () => {
      const session = await this.#store.openSession(ttlMs)
      this.#sessions.add(session)
      session.onEnd(() => this.#sessions.delete(session))
      if (this.#closed) await session.close()
      return session
    })
  }

  compact(olderThanMs: number): Promise<void> {
    return this.#whileOpen(() => this.#store.compact(olderThanMs))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const watch of [...this.#watches]) watch.close()
    await Promise.all([...this.#sessions].map(session => session.close()))
  }

  /** What is open when this is closed is rejected, whatever became of it. */
  async #whileOpen<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new StoreClosed()
    const answer = await ask()
    if (this.#closed) throw new StoreClosed()
    return answer
  }
}
