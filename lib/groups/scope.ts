/** What every group of a shard is given: settings, timers, and the two things that it asks of the outside. */
import type { GroupSettings } from './outcome.ts'
import type { GroupTimers } from './timers.ts'

export interface Scope {
  readonly settings: GroupSettings
  readonly timers: GroupTimers
  /** The topics in a consumer's metadata, or null where it cannot be read. */
  readonly topicsOf: (subscription: Buffer) => readonly string[] | null
  /** Says for people what happens to a group. */
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void
}
