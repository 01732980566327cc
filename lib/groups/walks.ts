/**
 * Looks at everything that a shard keeps: for offsets of topics that are gone, and for offsets and groups whose time is over. There may
 * be millions, so a look goes on step by step, and finds at each what others have changed meanwhile.
 */
import { isExpired } from './expiry.ts'
import type { GoneTopics } from './gone-topics.ts'
import { type Group, isDeserted, tombstonesOf } from './group.ts'
import { tombstone } from './offset-requests.ts'
import type { Offsets } from './offsets.ts'
import type { GroupSettings, Moment } from './outcome.ts'
import type { GroupRecord } from './records.ts'

/** Offsets and groups in one step: a fraction of a millisecond, and a batch of some ten thousand bytes. */
const stepMax = 256

/** Finds offsets of topics that are gone. */
export class GoneTopicsWalk {
  readonly #places: Iterator<GroupRecord | null>
  isOver = false

  constructor(offsets: Offsets, gone: GoneTopics) {
    this.#places = placesOfGoneTopics(offsets, gone)
  }

  /** Tombstones for what one more step finds. */
  step(): readonly GroupRecord[] {
    const records: GroupRecord[] = []
    this.isOver = take(this.#places, records)
    return records
  }
}

/** Finds offsets that have expired, and groups of which nothing is left. */
export class ExpiryWalk {
  readonly #groups: ReadonlyMap<string, Group>
  readonly #offsets: Offsets
  readonly #places: Iterator<GroupRecord | null>
  /** Groups whose offsets were looked at in the last step: by the next, what has expired is gone. */
  #seen: Group[] = []
  isOver = false

  constructor(options: {
    groups: ReadonlyMap<string, Group>
    offsets: Offsets
    settings: GroupSettings
    now: Moment
  }) {
    this.#groups = options.groups
    this.#offsets = options.offsets
    this.#places = this.#expired(options.settings, options.now)
  }

  /** Tombstones for what one more step finds. */
  step(): readonly GroupRecord[] {
    const seen = this.#seen
    this.#seen = []
    const records: GroupRecord[] = seen.filter(group => this.#isForgotten(group)).flatMap(tombstonesOf)
    this.isOver = take(this.#places, records) && this.#seen.length === 0
    return records
  }

  *#expired(settings: GroupSettings, now: Moment): Iterator<GroupRecord | null> {
    const offsets = this.#offsets
    for (const group of this.#groups.values()) {
      const { groupId } = group
      for (const [topic, partitions] of offsets.topicsOf(groupId)) {
        for (const [partition, offset] of partitions) {
          const goes = isExpired(group, topic, offset, settings, now) && !offsets.isOpen(groupId, topic, partition)
          yield goes ? tombstone(groupId, topic, partition) : null
        }
      }
      this.#seen.push(group)
      yield null
    }
  }

  #isForgotten(group: Group): boolean {
    const { groupId } = group
    return (
      isDeserted(group) &&
      this.#groups.get(groupId) === group &&
      !this.#offsets.has(groupId) &&
      !this.#offsets.isAnyOpen(groupId)
    )
  }
}

function* placesOfGoneTopics(offsets: Offsets, gone: GoneTopics): Iterator<GroupRecord | null> {
  for (const { groupId, topic, partition, topicId } of offsets.places()) {
    yield gone.has(topic, topicId) ? tombstone(groupId, topic, partition) : null
  }
}

/** Looks at some places more; true where there are none left. */
function take(places: Iterator<GroupRecord | null>, records: GroupRecord[]): boolean {
  for (let n = 0; n < stepMax; n++) {
    const next = places.next()
    if (next.done) return true
    if (next.value !== null) records.push(next.value)
  }
  return false
}
