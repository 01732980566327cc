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

/** What a member of a consumer group is to do: to be heard of; to give up partitions; of the classic protocol, to join again and to ask for its assignment. */
export type Awaited = 'session' | 'revocation' | 'join' | 'sync'

/** A member of a consumer group is fenced where it has not done by then what is waited for. */
export interface MemberTimer {
  readonly kind: 'member'
  readonly groupId: string
  readonly memberId: string
  readonly awaited: Awaited
}

/** A consumer group has become a classic one: its members' sessions begin, and where it rebalances, they join it anew. */
export interface DowngradedTimer {
  readonly kind: 'downgraded'
  readonly groupId: string
  readonly rebalances: boolean
}

/** Expired offsets are looked for. */
export interface RetentionTimer {
  readonly kind: 'retention'
}

/** Offsets of topics that are gone are looked for again, as tombstones could not be written. */
export interface GoneTopicsTimer {
  readonly kind: 'goneTopics'
}

export type GroupTimer =
  | SessionTimer
  | JoinTimer
  | SyncTimer
  | MemberTimer
  | DowngradedTimer
  | RetentionTimer
  | GoneTopicsTimer

/** All that a shard waits for, by the monotonic milliseconds at which it is due. */
export type GroupTimers = Deadlines<GroupTimer>
