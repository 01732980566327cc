/** What tests say to the kit and hear of it. The types of the package name nothing that is not in here, so that they are checked quickly. */
import type { TraceLine } from '../trace/line.ts'
import type { Duration, Moment } from './durations.ts'

export type { Duration, Moment, TraceLine }

/** Versions of Apache Kafka for which a broker can pass. */
export type PersonaName = '0.11' | '2.8' | '3.9' | '4.0' | '4.4'

/** What is left out fits all. A pattern has to be found in a name, text has to be all of it. */
export interface RequestMatch {
  /** Names of APIs, such as Produce. */
  readonly api?: string | readonly string[]
  /** The version of the request, or the lowest and highest. */
  readonly version?: number | readonly [number, number]
  readonly clientId?: string | RegExp
  readonly group?: string | RegExp
  readonly topic?: string | RegExp
  readonly partition?: number
  readonly transactionalId?: string | RegExp
}

/** How long something is waited for. */
export interface WaitOptions {
  /** Rejects after so many milliseconds; 4,000 where nothing is said. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** Requests that are waited for. */
export interface RequestWait extends RequestMatch, WaitOptions {
  /** Those answered since this mark; without it, all. */
  readonly since?: Mark
  /** How many; one where nothing is said. */
  readonly count?: number
}

/** A moment between two requests. */
export type Mark = number

/** A member of a group that is ready. */
export interface ReadyMember {
  readonly memberId: string
  readonly clientId: string
  /** The partitions that it has, as in orders-0. */
  readonly partitions: readonly string[]
}

/** How far a group has read a partition, and how far it reaches. */
export interface ReadPartition {
  readonly topic: string
  readonly partition: number
  /** -1 where nothing is committed. */
  readonly committed: number
  readonly end: number
}

/** What a clock shows. */
export interface ClockState {
  /** Milliseconds since 1970. */
  readonly now: number
  readonly frozen: boolean
  /** What clients whose clocks are the machine's will meet. */
  readonly warnings: readonly string[]
}

/** What came of an advance. */
export interface Advanced extends ClockState {
  /** How many timers ran. */
  readonly fired: number
}

export interface AdvanceOptions {
  /**
   * 'kept' (the default): members of groups whose connection is open count as sending heartbeats all the while. 'silent': they do not, so
   * that their sessions may end.
   */
  readonly members?: 'kept' | 'silent'
}

/** The broker's clock. What is asked of it is done in turn. What waits on the wire (fetches, delays, idle connections) does not go by it. */
export interface TestClock {
  readonly state: ClockState
  /** Has it stand still, at this time of day where one is given. */
  freeze(at?: Moment): Promise<ClockState>
  /** Sets the time of day. What waits for so many seconds goes on waiting for them. */
  set(to: Moment): Promise<ClockState>
  /** Has it go on from where it stands. */
  resume(): Promise<ClockState>
  /** Passes a time at once; resolves when all that was due was done, and each answer that came of it was handed to the kernel. */
  advance(by: Duration, options?: AdvanceOptions): Promise<Advanced>
}

/** A group of consumers, as tests wait for it. What is waited for is a state, not a change: it may be so already. */
export interface TestGroup {
  /**
   * Resolves once the group is stable with so many members, or any, each of which has its assignment and has fetched each partition of it.
   * Rejects after 4 s, or `timeoutMs`, and says what was seen; so do the others.
   */
  ready(members?: number, options?: WaitOptions): Promise<ReadyMember[]>
  /** Resolves once it has committed up to the ends as they are now, with one commit at least. */
  caughtUp(options?: WaitOptions): Promise<ReadPartition[]>
}

/** A topic, as tests wait for it. */
export interface TestTopic {
  /** Resolves once consumers can read up to this offset, which is the next after so many records, with how far it reaches. */
  offset(partition: number, offset: number, options?: WaitOptions): Promise<number>
}

/** What is not written any more. */
export interface DiskDisturbance {
  /** Files whose path holds this text, such as a topic's directory; all where nothing is said. */
  readonly path?: string
  /** So many bytes of each write still reach the file, as where a write is torn; none where nothing is said. */
  readonly torn?: number
}

/** The disk of a broker that has a data directory. */
export interface TestDisk {
  /** Has writes fail as on a full disk (ENOSPC), until it is disposed of. */
  disturb(disturbance: DiskDisturbance): AsyncDisposable
  /** Ends all disturbances. */
  restore(): void
}

/** What happened since it was first asked for, or since the start where that was said, as far as it is kept: 10,000 lines. */
export interface TestTrace {
  /** Lines after this number; all that are kept without one. */
  since(number?: number): readonly TraceLine[]
  /** The number of the last line; 0 where there is none. */
  readonly last: number
}
