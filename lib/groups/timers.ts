/** What a shard waits for, as data: each timer is an object that is set, moved and cancelled; somebody else has the real clock. */
import type { Deadlines } from '../base/deadlines.ts'

/** A member, or somebody who was only given a member id, is to be heard of before this. */
export interface SessionTimer {
  readonly kind: 'session'
  readonly groupId: string
  readonly memberId: string
}

/** The members of a group are to have joined before this. */
export interface JoinTimer {
  readonly kind: 'join'
  readonly groupId: string
}

/** The members of a group are to have asked for their assignments before this. */
export interface SyncTimer {
  readonly kind: 'sync'
  readonly groupId: string
}

/** Expired offsets are looked for. */
export interface RetentionTimer {
  readonly kind: 'retention'
}

/** Offsets of topics that are gone are looked for again, as tombstones could not be written. */
export interface GoneTopicsTimer {
  readonly kind: 'goneTopics'
}

export type GroupTimer = SessionTimer | JoinTimer | SyncTimer | RetentionTimer | GoneTopicsTimer

/** All that a shard waits for, by the monotonic milliseconds at which it is due. */
export type GroupTimers = Deadlines<GroupTimer>
