/** What the state machines of groups take and give: the time, who asks, the records to write, and the ways to answer. */
import type { GroupRecord } from './records.ts'

/** One moment on both of the clock's scales, in milliseconds. */
export interface Moment {
  /** Since 1970: what is written into records. */
  readonly ms: number
  /** Since some start, never going back: what timeouts are measured by. */
  readonly monotonicMs: number
}

/** What an operation wants written, and what it answers once that is committed; undefined: it answers through its Reply. */
export interface Outcome<R> {
  readonly records: readonly GroupRecord[]
  /** Set where each record stands for itself. Else all of them take effect or none. */
  readonly divisible?: boolean
  readonly response: R
}

/**
 * Gives a request its one answer, now or in a later operation. It leaves only when that operation's records are committed. Where they
 * cannot be, the code alone is told, or what `refused` makes of it.
 */
export type Reply<R> = (response: R, refused?: (errorCode: number) => R) => void

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
}

/** How long a member that has just been made may wait for its first JoinGroup answer, as it cannot send heartbeats yet. */
export const newMemberJoinTimeoutMs = 5 * 60_000
