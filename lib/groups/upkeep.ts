/** What a shard does unasked: it forgets offsets of topics that are gone, and offsets and groups whose time is over. */
import type { GoneTopics, TopicsChange } from './gone-topics.ts'
import type { Group } from './group.ts'
import type { Offsets } from './offsets.ts'
import { type Moment, noRecords } from './outcome.ts'
import type { GroupRecord } from './records.ts'
import type { ShardScope } from './scope.ts'
import type { GoneTopicsTimer, RetentionTimer } from './timers.ts'
import { ExpiryWalk, GoneTopicsWalk } from './walks.ts'

/** How long after tombstones could not be written topics that are gone are looked for again. */
const retryMs = 500

export class Upkeep {
  readonly #scope: ShardScope
  readonly #groups: ReadonlyMap<string, Group>
  readonly #offsets: Offsets
  readonly #gone: GoneTopics
  readonly #retention: RetentionTimer = { kind: 'retention' }
  readonly #retry: GoneTopicsTimer = { kind: 'goneTopics' }
  #hasBegun = false
  /** Looks under way, one after the other, and what the last step found. */
  #goneWalk: GoneTopicsWalk | null = null
  #expiryWalk: ExpiryWalk | null = null
  #found: readonly GroupRecord[] = noRecords
  /** More topics went since the look for them began. */
  #looksAgain = false

  constructor(options: {
    scope: ShardScope
    groups: ReadonlyMap<string, Group>
    offsets: Offsets
    gone: GoneTopics
  }) {
    this.#scope = options.scope
    this.#groups = options.groups
    this.#offsets = options.offsets
    this.#gone = options.gone
  }

  /** Everything is loaded: whatever went before, or meanwhile, is looked for. */
  begin(now: Moment): void {
    this.#hasBegun = true
    this.lookForGoneTopics()
    this.#scheduleRetention(now)
  }

  /** Topics may have gone. */
  topicsChanged(change: TopicsChange): void {
    if (this.#gone.changed(change) && this.#hasBegun) this.lookForGoneTopics()
  }

  lookForGoneTopics(): void {
    this.#looksAgain = this.#goneWalk !== null
    if (this.#looksAgain) return
    this.#gone.lookBegins()
    this.#goneWalk = new GoneTopicsWalk(this.#offsets, this.#gone)
  }

  lookForExpired(now: Moment): void {
    const { settings } = this.#scope
    this.#expiryWalk ??= new ExpiryWalk({ groups: this.#groups, offsets: this.#offsets, settings, now })
    this.#scheduleRetention(now)
  }

  get hasWork(): boolean {
    return this.#goneWalk !== null || this.#expiryWalk !== null
  }

  /** Looks on; gives the records for what was found. */
  step(): readonly GroupRecord[] {
    // A look is over only once its last records are written.
    if (this.#goneWalk?.isOver) this.#goneWalkEnds()
    else if (this.#goneWalk === null && this.#expiryWalk?.isOver) this.#expiryWalk = null
    this.#found = (this.#goneWalk ?? this.#expiryWalk)?.step() ?? noRecords
    return this.#found
  }

  /** Records could not be written. Where they are those of a look, the look ends; expired offsets are looked for again anyway. */
  reverted(records: readonly GroupRecord[], now: Moment): void {
    if (!this.#found.includes(records[0]!)) return
    if (this.#goneWalk === null) this.#expiryWalk = null
    else {
      this.#goneWalk = null
      this.#scope.timers.set(this.#retry, now.monotonicMs + retryMs)
    }
  }

  end(): void {
    this.#scope.timers.cancel(this.#retention)
    this.#scope.timers.cancel(this.#retry)
    this.#goneWalk = null
    this.#expiryWalk = null
  }

  #goneWalkEnds(): void {
    this.#goneWalk = null
    this.#gone.lookEnds()
    if (this.#looksAgain) this.lookForGoneTopics()
  }

  #scheduleRetention(now: Moment): void {
    this.#scope.timers.set(this.#retention, now.monotonicMs + this.#scope.settings.offsetsRetentionCheckIntervalMs)
  }
}
