/** Records as tests write and read them. The types of the package name nothing of it that is not in here. */
import type { RecordToLoad } from '../contents/record-line.ts'
import type { WaitOptions } from './options.ts'

/** A record to be written; its topic is known. */
export type WrittenRecord = Omit<RecordToLoad, 'topic'>

/** Where a record is. */
export interface ProducedRecord {
  readonly partition: number
  readonly offset: number
}

/** A record as it is in the log. */
export interface TestRecord<V> {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  /** As text. */
  readonly key: string | null
  readonly keyBytes: Uint8Array | null
  readonly value: V
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[]
}

/** What is read. */
export interface ReadOptions<V> {
  /** All of them where none is named. */
  readonly partition?: number
  /** Offset from which on; 0 where nothing is said. */
  readonly from?: number
  /** 'read_committed' where nothing is said. */
  readonly isolation?: 'read_committed' | 'read_uncommitted'
  /** What becomes of a value; text where nothing is said. */
  readonly decode?: (value: Buffer | null, record: TestRecord<Buffer | null>) => V
}

/** An offset of a group to be set. */
export interface GroupOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly metadata?: string
}

/** What a test does with a topic by itself. */
export interface TopicRecords {
  /** Writes records, as text or with key, headers and so on; resolves with where they are. The topic is made where there is none. */
  produce(records: readonly (WrittenRecord | string)[]): Promise<ProducedRecord[]>
  /** What consumers can read, by partition and offset. */
  records<V = string | null>(options?: ReadOptions<V>): Promise<TestRecord<V>[]>
  /** Resolves with the first record of which the function says so, once it is there. Rejects after 4 s, or `timeoutMs`, and says what was seen. */
  expect<V = string | null>(
    wanted: (record: TestRecord<V>) => boolean,
    options?: ReadOptions<V> & WaitOptions,
  ): Promise<TestRecord<V>>
}

/** What a test does with a group by itself. */
export interface GroupState {
  /** Forgets the group with its offsets; members that it has are taken out. False where there is none. */
  delete(): Promise<boolean>
  /** Sets offsets of a group, be it in use or not: its members go on from them when they next ask. */
  setOffsets(offsets: readonly GroupOffset[]): Promise<void>
  /** Takes out a member, or all: they hear of it, and join again. Gives how many there were. */
  evict(memberId?: string): Promise<number>
  /** Ends a member's session at once, as if nothing had been heard of it for too long. False where there is none, or a JoinGroup of it waits, which keeps it. */
  expire(memberId: string): Promise<boolean>
}
