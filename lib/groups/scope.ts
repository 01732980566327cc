/** What every group of a shard is given: settings, timers, and an ear for what happens. */
import type { GroupSettings } from './outcome.ts'
import type { GroupTimers } from './timers.ts'

export interface Scope {
  readonly settings: GroupSettings
  readonly timers: GroupTimers
  /** Says for people what happens to a group. */
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void
}
