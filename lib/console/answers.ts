/** What the console's page is told: the shapes of all JSON answers, shared by who gives them and who shows them. Offsets and times are exact integers. */
import type { TraceLine } from '../trace/line.ts'

/** A refusal. `code` is Kafka's name of the error where a broker refused; `needsLogin` where who logs in may do more. */
export interface Refusal {
  readonly error: string
  readonly code?: string
  readonly needsLogin?: boolean
}

/** The beginning of some bytes, and how many there are. */
export interface Bytes {
  readonly length: number
  readonly base64: string
}

/** A record, with its key, value and headers as far as a row or a page of details shows them. Times are ms since 1970, −1 where there is none. */
export interface RecordAnswer {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  /** Whose clock the time is of; null where its format does not tell. */
  readonly timeOf: 'producer' | 'broker' | null
  readonly key: Bytes | null
  readonly value: Bytes | null
  readonly headers: readonly { readonly key: string; readonly value: Bytes | null }[]
  /** How many headers there are; fewer may be told. */
  readonly headerCount: number
}

/** Some records in the order in which they were asked for, and how far was looked for them. */
export interface RecordsAnswer {
  readonly records: readonly RecordAnswer[]
  /** Where to go on: given back as it is. Null where there is nothing beyond. */
  readonly cursor: string | null
  readonly looked: Looked
}

/** How far was looked: records and bytes that were read, and by partition the offset up to which, and the two ends there are. */
export interface Looked {
  readonly records: number
  readonly bytes: number
  readonly ms: number
  /** Why no more was looked at: enough was found, there is no more, or a bound was reached. */
  readonly ended: 'enough' | 'all' | 'bytes' | 'time'
  readonly partitions: readonly { partition: number; start: number; end: number; at: number }[]
  /** Partitions with records that were not looked at, as there are too many. */
  readonly partitionsLeftOut: number
}

export interface ClusterAnswer {
  readonly clusterId: string
  readonly version: string
  readonly nodeId: number
  readonly controllerId: number
  readonly brokers: number
  /** `host:port` for commands that people copy. */
  readonly bootstrap: string
  /** Who the console is for the brokers; null for `User:ANONYMOUS`. */
  readonly user: string | null
  /** Whether brokers take a login at all. */
  readonly canLogIn: boolean
  /** Whether `testing/` tells of its clock, its faults and its requests. */
  readonly isForTests: boolean
  /** Whether this request could have written. */
  readonly mayWrite: boolean
}

/** One page of a longer list; `matching` of `total` pass the filter. */
export interface Listed<Row> {
  readonly total: number
  readonly matching: number
  readonly rows: readonly Row[]
}

export interface TopicRow {
  readonly name: string
  readonly isInternal: boolean
  readonly partitions: number
  readonly replicas: number
  /** How many partitions have fewer replicas in sync than they should. */
  readonly underReplicated: number
  /** Between first and last offset of all partitions; compaction and transactions leave fewer. Null where it could not be had. */
  readonly records: number | null
  /** Of one replica of each partition; null where it could not be had. */
  readonly bytes: number | null
}

export interface PartitionRow {
  readonly index: number
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offline: readonly number[]
  readonly start: number | null
  readonly end: number | null
  readonly bytes: number | null
  /** The name of the error where it has one. */
  readonly error: string | null
}

export interface TopicAnswer {
  readonly name: string
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitions: Listed<PartitionRow>
}

/** A group that has committed offsets of a topic. */
export interface ReaderRow {
  readonly groupId: string
  readonly state: string
  readonly lag: number | null
}

export interface ConfigRow {
  readonly name: string
  /** Null where it is a secret, or there is none. */
  readonly value: string | null
  readonly type: string
  readonly source: string
  readonly isReadOnly: boolean
  readonly isSecret: boolean
  readonly documentation: string | null
  /** All values that it could have, the one that counts first. */
  readonly synonyms: readonly { readonly name: string; readonly value: string | null; readonly source: string }[]
}

export interface GroupRow {
  readonly groupId: string
  readonly kind: string
  readonly state: string
  readonly protocol: string
  readonly members: number | null
  readonly topics: number | null
  readonly lag: number | null
}

export interface GroupAnswer {
  readonly groupId: string
  readonly kind: string
  readonly state: string
  readonly assignor: string
  readonly epoch: number | null
  readonly coordinator: number
  readonly members: readonly MemberRow[]
  readonly partitions: Listed<GroupPartitionRow>
  /** Of all its partitions. */
  readonly lag: number
}

export interface MemberRow {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly host: string
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[]
}

export interface GroupPartitionRow {
  readonly topic: string
  readonly partition: number
  /** Null where nothing is committed. */
  readonly committed: number | null
  readonly start: number | null
  readonly end: number | null
  readonly lag: number | null
  readonly metadata: string | null
  readonly memberId: string | null
}

/** Something that happened to a group since its coordinator began to keep account of it. */
export interface GroupEventRow {
  readonly timeMs: number
  readonly what: string
  readonly fields: Readonly<Record<string, string | number>>
}

/** What a reset of offsets would do, or has done. */
export interface ResetAnswer {
  readonly applied: boolean
  readonly partitions: readonly {
    readonly topic: string
    readonly partition: number
    readonly from: number | null
    readonly to: number
    readonly error: string | null
  }[]
}

export interface TransactionRow {
  readonly transactionalId: string
  readonly state: string
  readonly producerId: number
  readonly coordinator: number
}

export interface TransactionAnswer extends TransactionRow {
  readonly producerEpoch: number
  readonly timeoutMs: number
  /** −1 where none is open. */
  readonly startTimeMs: number
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[]
}

export interface BrokerRow {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  readonly isController: boolean
  readonly isFenced: boolean
  readonly leads: number
  readonly replicas: number
  readonly underReplicated: number
  /** Null where it could not be asked. */
  readonly directories: readonly DirectoryRow[] | null
}

export interface DirectoryRow {
  readonly path: string
  readonly bytes: number
  readonly totalBytes: number
  readonly usableBytes: number
  readonly error: string | null
}

/** Partitions that are not as they should be. */
export interface ReplicationRow {
  readonly topic: string
  readonly partition: number
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly trouble: 'no leader' | 'under-replicated' | 'leader not preferred' | 'moving'
}

export interface ReplicationAnswer {
  readonly partitions: number
  readonly rows: Listed<ReplicationRow>
}

/** Where records went. */
export interface ProducedAnswer {
  readonly partition: number
  readonly offset: number
}

export interface TraceAnswer {
  /** When the broker began to tell, as somebody looked. */
  readonly sinceMs: number
  /** The number of the last line. */
  readonly last: number
  /** Lines that had gone by before this look. */
  readonly missed: number
  readonly lines: readonly TraceLine[]
}
