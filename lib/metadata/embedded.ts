/**
 * The metadata store of a single process: everything in memory, and every change in a journal before it counts. Several
 * brokers in one process may share it, each by a store object of its own (shared.ts).
 */
import { faultOf } from '../../storage/faults.ts'
import { crash } from '../base/assert.ts'
import type { Journal, JournalChange } from './journal.ts'
import {
  type Change,
  type Condition,
  type Entry,
  HistoryGone,
  type KeyChange,
  type MetadataStore,
  type Session,
  SessionEnded,
  StoreClosed,
  type Transaction,
  type TransactionResult,
  type Watch,
  type WatchEvent,
} from './store.ts'

interface StoredEntry {
  readonly entry: Entry
  /** The session with which the key goes. */
  readonly session: Session | null
}

/** What comes of a transaction when its turn is there. */
interface Decision {
  /** Null where a condition does not hold. */
  readonly changes: readonly KeyChange[] | null
  /** The newest revision of its conditions, where nothing is changed. */
  readonly restsOn?: number
}

/** A transaction that waits for its turn. */
interface Waiting {
  readonly decide: (state: State) => Decision
  readonly resolve: (result: TransactionResult) => void
  readonly reject: (error: unknown) => void
}

/** A transaction that was decided, and is being written. */
interface Decided {
  readonly waiting: Waiting
  readonly revision: number
  readonly changes: readonly KeyChange[] | null
}

interface Watcher {
  readonly prefix: string
  readonly listener: (event: WatchEvent) => void
}

/** Transactions that a watcher may have missed between listing and watching. */
const historyEventsMax = 1_000

export class EmbeddedStore implements MetadataStore {
  readonly #journal: Journal
  readonly #pause: () => Promise<void>
  /** What is on disk, and the keys of sessions, which are in memory only. */
  readonly #entries = new Map<string, StoredEntry>()
  readonly #watchers = new Set<Watcher>()
  readonly #sessions = new Set<EmbeddedSession>()
  readonly #history: WatchEvent[] = []
  /** Watching from a revision before this one is too late. */
  #historyFrom: number
  #revision: number
  #waiting: Waiting[] = []
  #writing: Promise<void> | null = null
  #sessionsOpened = 0
  /** Why nothing can be done any more. */
  #failure: unknown = null

  /** Reads what the journal holds. `pause` resolves after a while, in which file descriptors may come free. */
  constructor(journal: Journal, pause: () => Promise<void> = () => Promise.resolve()) {
    this.#journal = journal
    this.#pause = pause
    this.#revision = journal.revision
    this.#historyFrom = journal.revision
    const { revision } = journal
    journal.replay(({ key, value }) => {
      if (value === null) this.#entries.delete(key)
      else this.#entries.set(key, { entry: { key, value, revision }, session: null })
    })
  }

  async get(key: string): Promise<Entry | null> {
    this.#checkOpen()
    return this.#entries.get(key)?.entry ?? null
  }

  async list(prefix: string): Promise<{ entries: readonly Entry[]; revision: number }> {
    this.#checkOpen()
    const entries: Entry[] = []
    for (const [key, { entry }] of this.#entries) if (key.startsWith(prefix)) entries.push(entry)
    entries.sort((a, b) => (a.key < b.key ? -1 : 1))
    return { entries, revision: this.#revision }
  }

  async watch(
    prefix: string,
    afterRevision: number,
    listener: (event: WatchEvent) => void,
    _gone: () => void,
  ): Promise<Watch> {
    this.#checkOpen()
    if (afterRevision < this.#historyFrom) throw new HistoryGone(afterRevision)
    for (const event of this.#history) if (event.revision > afterRevision) tell(event, { prefix, listener })
    const watcher: Watcher = { prefix, listener }
    this.#watchers.add(watcher)
    return { close: () => this.#watchers.delete(watcher) }
  }

  transact({ conditions = [], changes }: Transaction): Promise<TransactionResult> {
    return this.#enqueue(state => {
      if (!conditions.every(({ key, revision }) => state.revisionOf(key) === revision)) {
        return { changes: null, restsOn: newestOf(conditions, state) }
      }
      const all = changes.flatMap(change => state.keysTouchedBy(change))
      if (new Set(all.map(({ key }) => key)).size < all.length)
        throw new RangeError('a transaction touches a key twice')
      if (all.some(({ session }) => session?.ended)) throw new SessionEnded()
      const effective = all.filter(({ key, value }) => value !== null || state.get(key) !== undefined)
      return effective.length > 0 ? { changes: effective } : { changes: [], restsOn: newestOf(conditions, state) }
    })
  }

  /** The lease is the process itself: nothing has to be renewed, and a session ends when it is closed. */
  async openSession(_ttlMs: number): Promise<Session> {
    this.#checkOpen()
    const session = new EmbeddedSession(String(++this.#sessionsOpened), async () => {
      this.#sessions.delete(session)
      if (this.#failure !== null) return
      await this.#enqueue(state => ({
        changes: state.keysOf(session).map(key => ({ key, value: null })),
      }))
    })
    this.#sessions.add(session)
    return session
  }

  /** History is bounded by the number of its events already. */
  async compact(_olderThanMs: number): Promise<void> {
    this.#checkOpen()
  }

  async close(): Promise<void> {
    if (this.#failure !== null) return
    this.#failure = new StoreClosed()
    for (const session of this.#sessions) await session.close()
    while (this.#writing) await this.#writing
    await this.#journal.close()
  }

  #checkOpen(): void {
    if (this.#failure !== null) throw this.#failure
  }

  #enqueue(decide: (state: State) => Decision): Promise<TransactionResult> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure)
        return
      }
      this.#waiting.push({ decide, resolve, reject })
      this.#writing ??= this.#write()
    })
  }

  /** Writes what waits, all that came meanwhile with one flush, until nothing does. */
  async #write(): Promise<void> {
    // Whatever else this turn brings shares the first flush.
    await null
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      let decided: Decided[] = []
      try {
        decided = this.#decide(batch)
        await this.#flush()
      } catch (error) {
        if (faultOf(error) === 'bug') crash(error)
        this.#fail(error, batch)
        break
      }
      for (const one of decided) this.#commit(one)
      await this.#rewriteWhereOvergrown()
    }
    this.#writing = null
  }

  /** What was decided is in the journal, and takes effect once the disk has it: where there are no descriptors for that, it is waited for. */
  async #flush(): Promise<void> {
    for (;;) {
      try {
        await this.#journal.flush()
        return
      } catch (error) {
        if (faultOf(error) !== 'exhaustion' || this.#failure !== null) throw error
      }
      await this.#pause()
    }
  }

  #decide(batch: readonly Waiting[]): Decided[] {
    const state = new State(this.#entries)
    const decided: Decided[] = []
    let revision = this.#revision
    for (const waiting of batch) {
      let decision: Decision
      try {
        decision = waiting.decide(state)
      } catch (error) {
        waiting.reject(error)
        continue
      }
      const { changes, restsOn } = decision
      if (changes !== null && changes.length > 0) {
        try {
          this.#journal.append(lasting(changes, state))
        } catch (error) {
          if (faultOf(error) !== 'exhaustion') throw error
          waiting.reject(error)
          continue
        }
        state.apply(changes, ++revision)
      }
      decided.push({ waiting, revision: restsOn ?? revision, changes })
    }
    return decided
  }

  #commit({ waiting, revision, changes }: Decided): void {
    if (changes !== null && changes.length > 0) {
      for (const change of changes) applyChange(this.#entries, change, revision)
      this.#revision = revision
      const event: WatchEvent = { revision, changes: changes.map(({ key, value }) => ({ key, value })) }
      this.#remember(event)
      for (const watcher of [...this.#watchers]) tell(event, watcher)
    }
    waiting.resolve({ applied: changes !== null, revision })
  }

  #remember(event: WatchEvent): void {
    this.#history.push(event)
    if (this.#history.length <= 2 * historyEventsMax) return
    const forgotten = this.#history.splice(0, historyEventsMax)
    this.#historyFrom = forgotten.at(-1)!.revision
  }

  async #rewriteWhereOvergrown(): Promise<void> {
    if (!this.#journal.isOvergrown(this.#entries.size)) return
    const state = [...this.#entries.values()].filter(({ session }) => session === null).map(({ entry }) => entry)
    try {
      await this.#journal.rewrite(state)
    } catch (error) {
      const fault = faultOf(error)
      if (fault === 'bug') crash(error)
      // Without descriptors the history stays as long as it is until the next time.
      if (fault !== 'exhaustion') this.#fail(error, [])
    }
  }

  #fail(error: unknown, batch: readonly Waiting[]): void {
    this.#failure ??= error
    for (const { reject } of [...batch, ...this.#waiting]) reject(error)
    this.#waiting = []
    for (const session of this.#sessions) void session.close()
  }
}

function tell({ revision, changes }: WatchEvent, { prefix, listener }: Watcher): void {
  const watched = changes.filter(({ key }) => key.startsWith(prefix))
  if (watched.length > 0) listener({ revision, changes: watched })
}

/** The entries with what earlier transactions of the same batch make of them. */
class State {
  readonly #entries: ReadonlyMap<string, StoredEntry>
  readonly #changed = new Map<string, StoredEntry | null>()

  constructor(entries: ReadonlyMap<string, StoredEntry>) {
    this.#entries = entries
  }

  get(key: string): StoredEntry | undefined {
    const changed = this.#changed.get(key)
    return changed === undefined ? this.#entries.get(key) : (changed ?? undefined)
  }

  /** 0 for a key that is absent. */
  revisionOf(key: string): number {
    return this.get(key)?.entry.revision ?? 0
  }

  keysOf(session: Session): string[] {
    return this.#keysWhere(key => this.get(key)?.session === session)
  }

  keysTouchedBy(change: Change): readonly KeyChange[] {
    if (!('prefix' in change)) return [change]
    if (change.prefix === '') throw new RangeError('a prefix is empty')
    const keys = this.#keysWhere(key => key.startsWith(change.prefix) && this.get(key) !== undefined)
    return keys.sort().map(key => ({ key, value: null }))
  }

  #keysWhere(matches: (key: string) => boolean): string[] {
    const found: string[] = []
    for (const key of this.#entries.keys()) if (matches(key)) found.push(key)
    for (const key of this.#changed.keys()) if (!this.#entries.has(key) && matches(key)) found.push(key)
    return found
  }

  apply(changes: readonly KeyChange[], revision: number): void {
    for (const { key, value, session } of changes) {
      this.#changed.set(key, value === null ? null : { entry: { key, value, revision }, session: session ?? null })
    }
  }
}

function newestOf(conditions: readonly Condition[], state: State): number {
  return conditions.reduce((newest, { key }) => Math.max(newest, state.revisionOf(key)), 0)
}

function applyChange(entries: Map<string, StoredEntry>, { key, value, session }: KeyChange, revision: number): void {
  if (value === null) entries.delete(key)
  else entries.set(key, { entry: { key, value, revision }, session: session ?? null })
}

/** What of a transaction is to be there after a restart: no keys of sessions, which end with the process. */
function lasting(changes: readonly KeyChange[], state: State): JournalChange[] {
  const kept: JournalChange[] = []
  for (const { key, value, session } of changes) {
    if (session === undefined && value !== null) kept.push({ key, value })
    // A key that a session takes over, or that goes, must not come back.
    else if (state.get(key)?.session === null) kept.push({ key, value: null })
  }
  return kept
}

class EmbeddedSession implements Session {
  readonly id: string
  #ended = false
  readonly #listeners: (() => void)[] = []
  readonly #release: () => Promise<void>

  constructor(id: string, release: () => Promise<void>) {
    this.id = id
    this.#release = release
  }

  get ended(): boolean {
    return this.#ended
  }

  onEnd(listener: () => void): void {
    if (this.#ended) listener()
    else this.#listeners.push(listener)
  }

  async close(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    await this.#release()
    for (const listener of this.#listeners) listener()
  }
}
