/** What tests do to the brokers of a cluster in one process. The types of the package name nothing of it that is not in here. */
import type { WaitOptions } from '../options.ts'

/** One broker of a cluster. */
export interface TestBroker {
  readonly nodeId: number
  readonly isRunning: boolean
  /** 'host:port' of its first listener, as of its last start. */
  readonly bootstrap: string
  /** Has the others lead what it leads, and leaves. */
  stop(): Promise<void>
  /** Ends it as SIGKILL would end a process. */
  kill(): Promise<void>
  /** Starts it again, on the same port. */
  start(): Promise<void>
}

/** Who has a partition. */
export interface PartitionReplicas {
  /** -1 where there is none. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

/** What a test does with the replicas of a topic. Brokers are node ids. */
export interface TopicReplicas {
  replicas(partition: number): PartitionReplicas
  /** Has an in-sync replica lead; resolves once all brokers know. */
  moveLeader(partition: number, broker: number): Promise<void>
  /** Has a follower copy nothing, and leave the in-sync replicas at once; until what this gives is disposed of. */
  holdFollower(partition: number, broker: number): Promise<AsyncDisposable>
  /** Resolves once so many replicas are in sync, or all of them. */
  inSync(partition: number, count?: number, options?: WaitOptions): Promise<readonly number[]>
}

/** What a test does with the coordinator of a group or of a transactional id. */
export interface Coordinated {
  /** The broker that is its coordinator; -1 where there is none. */
  coordinator(): number
  /** Has another broker be it; resolves once all know. */
  moveCoordinator(broker: number): Promise<void>
}
