/** What the state machines of groups take and give: the time, who asks, the records to write, and the ways to answer. */
import type { Outcome as AnyOutcome } from '../base/outcome.ts'
import type { GroupRecord } from './records.ts'

export type { Moment, Reply } from '../base/outcome.ts'

/** What an operation on groups wants written, and its answer. */
export type Outcome<T> = AnyOutcome<GroupRecord, T>

/** Nothing to write. */
export const noRecords: readonly GroupRecord[] = []

/** An answer that needs nothing written. */
export function answer<R>(response: R): Outcome<R> {
  return { records: noRecords, response }
}

/** The client behind a request, as far as groups care. */
export interface Caller {
  readonly clientId: string
  /** As Kafka shows it: a slash and the address. */
  readonly clientHost: string
  readonly apiVersion: number
  /** A fresh random id for a new member (RFC 9562 form). */
  readonly uuid: () => string
  /** Whether it may see a topic. */
  readonly mayDescribe: (topic: string) => boolean
}

/** The broker's settings that groups obey, read at each use, as some may change while it runs. */
export interface GroupSettings {
  readonly sessionTimeoutMsMin: number
  readonly sessionTimeoutMsMax: number
  /** Members in one group. */
  readonly membersMax: number
  readonly initialRebalanceDelayMs: number
  /** Characters of metadata that one committed offset may carry. */
  readonly offsetMetadataMax: number
  readonly offsetsRetentionMs: number
  readonly offsetsRetentionCheckIntervalMs: number
  /** Members in one consumer group. */
  readonly consumerMembersMax: number
  /** Names of the assignors that consumer groups may have, the default one first. */
  readonly consumerAssignors: readonly string[]
  /** Whether groups may come from the classic protocol to the new one, and go back, while they run. */
  readonly migration: { readonly upgrade: boolean; readonly downgrade: boolean }
  readonly regexRefreshIntervalMs: number
  /** What holds of one consumer group. */
  readonly consumerGroup: (groupId: string) => ConsumerGroupSettings
}

/** What is set for a consumer group, or for all, within the broker's bounds. */
export interface ConsumerGroupSettings {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** The least time between two target assignments. */
  readonly assignmentIntervalMs: number
  /** Whether target assignments of large groups are computed between requests. */
  readonly offloadsAssignor: boolean
}

/** How long a member that has just been made may wait for its first JoinGroup answer, as it cannot send heartbeats yet. */
export const newMemberJoinTimeoutMs = 5 * 60_000
