/** The logs of one data directory: how each of them stands, and what that means when it is opened and when the directory is closed. */
import type { UnsyncedLog } from './directory-options.ts'
import { faultOf } from './faults.ts'
import type { Log } from './log.ts'

/** A log that is open. */
export interface OpenLog {
  readonly topic: string
  readonly partition: number
  readonly log: Log
}

/**
 * How a log stands. One of which nothing is noted is as the directory was when it was last closed: proven where all were closed well, and
 * else unknown.
 *
 * - `owed`: it has to be recovered before the directory may be called cleanly closed. `recoveryPoint` is up to where the disk had all of it,
 *   where its checkpoint promises less by now.
 * - `recovered`: its files are whole, and the disk has them up to `recoveryPoint`; it has yet to be opened.
 * - `proven`: its files are whole, and the disk has all of them.
 * - `letGo`: its files are whole, and the disk has them up to a recovery point; the end of the directory owes it the rest.
 * - `opening`: it is being opened, or could not be; then it stands as `before`.
 * - `open`
 */
type State =
  | { readonly is: 'owed'; readonly recoveryPoint: number | null }
  | { readonly is: 'recovered'; readonly recoveryPoint: number }
  | { readonly is: 'proven'; readonly isNew: boolean }
  | { readonly is: 'letGo'; readonly unsynced: UnsyncedLog }
  | { readonly is: 'opening'; readonly before: Closed | undefined; readonly isNew: boolean }
  | ({ readonly is: 'open' } & OpenLog)

type Closed = Exclude<State, { is: 'open' | 'opening' }>

/** How a log stood when it was closed; nothing happens to it until it is opened again. */
export interface LogAtRest {
  readonly start: number
  readonly end: number
  readonly sizeInBytes: number
}

/** What a log is opened with. */
export interface Opening {
  /** Whether its files are to be trusted. */
  readonly isWhole: boolean
  /** Whether the disk has all of them. */
  readonly isSynced: boolean
  /** Whether its directory was only just made, by this or an attempt before, so that the disk may not have its name. */
  readonly isNew: boolean
  /** Up to where the disk has it; null where the checkpoint says so. */
  readonly recoveryPoint: number | null
}

/** See the head of the file. Logs are named as their directories are: `topic-N`. */
export class DirectoryLogs {
  readonly #wasClosedWell: boolean
  readonly #states = new Map<string, State>()
  readonly #atRest = new Map<string, LogAtRest>()
  /** Directories that were renamed: their old names, and how many had been by then. */
  readonly #renamed = new Map<string, number>()
  #renamedCount = 0
  #areAllKnown: boolean

  constructor(wasClosedWell: boolean) {
    this.#wasClosedWell = wasClosedWell
    this.#areAllKnown = wasClosedWell
  }

  /** Those that are open. */
  *open(): Iterable<OpenLog> {
    for (const state of this.#states.values()) if (state.is === 'open') yield state
  }

  /** The log of a name, null unless it is open. */
  get(name: string): Log | null {
    const state = this.#states.get(name)
    return state?.is === 'open' ? state.log : null
  }

  /** How a log rests, where that was noted. */
  atRest(name: string): LogAtRest | undefined {
    return this.#atRest.get(name)
  }

  /** Notes how a log rests that nobody opened since the directory was, unless it is yet to be recovered. */
  rests(name: string, log: LogAtRest): LogAtRest {
    const is = this.#states.get(name)?.is ?? (this.#wasClosedWell ? 'proven' : 'owed')
    if (is === 'proven' || is === 'letGo') this.#atRest.set(name, log)
    return log
  }

  /** Those that were let go of, and of which the disk may not have all. */
  *unsynced(): Iterable<UnsyncedLog> {
    for (const name of this.#states.keys()) {
      const state = this.#closed(name)
      if (state?.is === 'letGo') yield state.unsynced
    }
  }

  /**
   * Whether nothing stands in the way of calling the directory cleanly closed, once those that are open or were let go of are closed. A
   * process that ends before it knew which of the logs that are `there` are in use has proven none of them.
   */
  owesNothing(there: readonly string[]): boolean {
    for (const { is } of this.#states.values())
      if (is === 'owed' || is === 'recovered' || is === 'opening') return false
    return this.#areAllKnown || there.every(name => this.#states.has(name))
  }

  /** Those of which nothing is noted are not in use. */
  allKnown(): void {
    this.#areAllKnown = true
  }

  /** Whether nobody knows how the files of a log that has a directory are. */
  isUnknown(name: string): boolean {
    const state = this.#states.get(name)
    return !this.#wasClosedWell && (state === undefined || state.is === 'owed')
  }

  /** It has to be recovered; `recoveryPoint` is given where its checkpoint is about to promise less. */
  owe(name: string, recoveryPoint: number | null = null): void {
    this.#states.set(name, { is: 'owed', recoveryPoint })
  }

  /** It was recovered; `recoveryPoint` is null where the disk has all of it. */
  recovered(name: string, recoveryPoint: number | null): void {
    this.#states.set(name, recoveryPoint === null ? { is: 'proven', isNew: false } : { is: 'recovered', recoveryPoint })
  }

  /** It is to be opened, which may fail and be tried again. */
  begin(name: string, isNew: boolean): Opening {
    this.#atRest.delete(name)
    const state = this.#states.get(name)
    const before = this.#closed(name)
    const madeNow = isNew || ((state?.is === 'opening' || state?.is === 'proven') && state.isNew)
    this.#states.set(name, { is: 'opening', before, isNew: madeNow })
    switch (before?.is) {
      case 'recovered':
        return { isWhole: true, isSynced: false, isNew: madeNow, recoveryPoint: before.recoveryPoint }
      case 'letGo':
        return { isWhole: true, isSynced: false, isNew: madeNow, recoveryPoint: before.unsynced.recoveryPoint }
      case 'owed':
        return { isWhole: madeNow, isSynced: true, isNew: madeNow, recoveryPoint: before.recoveryPoint }
      case 'proven':
        return { isWhole: true, isSynced: true, isNew: madeNow, recoveryPoint: null }
      case undefined:
        return { isWhole: this.#wasClosedWell || madeNow, isSynced: true, isNew: madeNow, recoveryPoint: null }
    }
  }

  /** It is not to be opened after all. */
  leave(name: string): void {
    const before = this.#closed(name)
    if (before === undefined) this.#states.delete(name)
    else this.#states.set(name, before)
  }

  opened(name: string, open: OpenLog): void {
    this.#states.set(name, { is: 'open', ...open })
  }

  /** It was closed as it was opened; `isNew` where the disk may not have the names of its files yet. */
  released(name: string, log: LogAtRest, isNew: boolean): void {
    this.#states.set(name, { is: 'proven', isNew })
    this.#atRest.set(name, log)
  }

  /** It was closed, and the disk may not have all of it. */
  letGo(name: string, log: LogAtRest, unsynced: UnsyncedLog): void {
    this.#states.set(name, { is: 'letGo', unsynced })
    this.#atRest.set(name, log)
  }

  /** There is none of the name any more: its directory has another one now. */
  forget(name: string): void {
    this.#states.delete(name)
    this.#atRest.delete(name)
    this.#renamed.set(name, ++this.#renamedCount)
  }

  /** Whether a directory that had the name may have it again after a power failure. */
  mayComeBack(name: string): boolean {
    return this.#renamed.has(name)
  }

  get mayAnyComeBack(): boolean {
    return this.#renamed.size > 0
  }

  /** How many directories were renamed until now. */
  get renamedCount(): number {
    return this.#renamedCount
  }

  /** The disk has all names, or those of the first so many that were renamed. */
  namesSynced(renamedCount = this.#renamedCount): void {
    for (const [name, number] of this.#renamed) if (number <= renamedCount) this.#renamed.delete(name)
  }

  /**
   * Where `flush.messages` says that readers see only what the disk has, that holds for what a killed process had written, too: it is still in
   * the page cache alone. A log that cannot be flushed is offline by its failure, or tries again by itself where descriptors are wanting.
   */
  async flushRecovered(names: readonly string[]): Promise<void> {
    const flushes = names.map(async name => {
      const log = this.get(name)
      if (log === null || !log.isOpen || log.logEndOffset - log.recoveryPoint < log.config.flushMessages) return
      await log.flush().catch(error => {
        if (faultOf(error) === 'bug') throw error
      })
    })
    await Promise.all(flushes)
  }

  /** How it stood before anybody tried to open it; undefined where nothing is noted. */
  #closed(name: string): Closed | undefined {
    const state = this.#states.get(name)
    if (state?.is === 'opening') return state.before
    return state?.is === 'open' ? undefined : state
  }
}
