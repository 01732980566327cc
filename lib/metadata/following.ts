/** Follows all that a metadata store holds: what there is, then each change, and what is different where history was forgotten meanwhile. */
import { crash } from '../base/assert.ts'
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { StoredChange } from '../cluster/stored.ts'
import {
  type Entry,
  HistoryGone,
  type MetadataStore,
  StoreClosed,
  StoreUnavailable,
  type Watch,
  type WatchEvent,
} from './store.ts'

/** Between attempts to list where the store is out of reach. */
const againMs = 1_000

export class Following {
  readonly #store: MetadataStore
  readonly #apply: (changes: readonly StoredChange[], revision: number) => void
  readonly #clock: Clock
  readonly #logger: Logger
  #again: Timer | null = null
  readonly #revisions = new Map<string, number>()
  #watch: Watch | null = null
  #closed = false

  /** `apply` is called with everything that there is, and then with each transaction's changes. */
  constructor(
    store: MetadataStore,
    apply: (changes: readonly StoredChange[], revision: number) => void,
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#store = store
    this.#apply = apply
    this.#clock = clock
    this.#logger = logger
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** The transaction that last wrote the key, as far as was told; 0 for a key that is absent. */
  revisionOf(key: string): number {
    return this.#revisions.get(key) ?? 0
  }

  /** Resolves once everything was told, and each change is from then on. */
  async open(): Promise<void> {
    for (;;) {
      const { entries, revision } = await this.#store.list('')
      if (this.#closed) return
      this.#takeListing(entries, revision)
      try {
        const take = (event: WatchEvent) => this.#takeEvent(event)
        this.#watch = await this.#store.watch('', revision, take, () => this.#openAgain())
        if (this.#closed) this.#watch.close()
        return
      } catch (error) {
        if (!(error instanceof HistoryGone)) throw error
      }
    }
  }

  close(): void {
    this.#closed = true
    this.#again?.cancel()
    this.#watch?.close()
  }

  #openAgain(): void {
    if (this.#closed) return
    this.#logger.warn('the metadata store forgot what this broker had not been told yet: the metadata are read again')
    this.open().catch(error => {
      if (error instanceof StoreClosed || this.#closed) return
      if (!(error instanceof StoreUnavailable)) crash(error)
      this.#again = this.#clock.schedule(againMs, () => this.#openAgain())
    })
  }

  /** Tells what is different from what was told before: at first everything. */
  #takeListing(entries: readonly Entry[], revision: number): void {
    const listed = new Set(entries.map(({ key }) => key))
    const gone = [...this.#revisions.keys()].filter(key => !listed.has(key)).map(key => ({ key, value: null }))
    const changed = entries.filter(entry => this.#revisions.get(entry.key) !== entry.revision)
    for (const { key } of gone) this.#revisions.delete(key)
    for (const entry of changed) this.#revisions.set(entry.key, entry.revision)
    this.#apply([...gone, ...changed], revision)
  }

  #takeEvent({ changes, revision }: WatchEvent): void {
    if (this.#closed) return
    for (const { key, value } of changes) {
      if (value === null) this.#revisions.delete(key)
      else this.#revisions.set(key, revision)
    }
    this.#apply(changes, revision)
  }
}
