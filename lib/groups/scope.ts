/** What every group of a shard is given: settings, timers, and an ear for what happens. */
import type { ReadPattern, Resolving } from './consumer/resolving.ts'
import type { GroupSettings } from './outcome.ts'
import type { GroupTimers } from './timers.ts'

/** Generations of groups beyond one broker: for brokers of tests that take each other's place while clients go on. */
export interface Generations {
  /** Above all that were seen: groups go on from here. */
  readonly floor: number
  /** The greatest that there was; noted as they begin. */
  max: number
}

/** What a shard is given. */
export interface ShardScope {
  readonly settings: GroupSettings
  readonly timers: GroupTimers
  /** Where generations do not begin with the group. */
  readonly generations?: Generations | undefined
  /** Whether the members on record, when a shard is loaded, are those of another broker, which nobody here is. */
  readonly membersAreGone?: boolean | undefined
  /** Says for people what happens to a group. */
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void
  /** Reads patterns of RE2; null while that cannot be done yet. */
  readonly readPattern?: () => ReadPattern | null
}

/** What its groups are given. */
export interface Scope extends Omit<ShardScope, 'readPattern'> {
  /** Reads a pattern of RE2. */
  readonly readPattern: ReadPattern
  /** Has the target assignment of a group computed bit by bit. */
  readonly assignLater: (groupId: string) => void
  /** Has regular expressions resolved bit by bit. */
  readonly resolveLater: (resolving: Resolving) => void
  readonly isResolving: (groupId: string) => boolean
  /** Revision of the cluster's image in which topics were made last. */
  readonly newTopicsRevision: () => number
}
