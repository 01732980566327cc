/** What the cluster is opened with, asked for, and answers. */
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { Settings } from '../cluster/image.ts'
import type { PlannedTopic } from '../cluster/topics.ts'
import type { ConfigOwner } from '../config/alter.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { ItemResult } from './item-result.ts'
import type { BrokerDescription } from './registration.ts'
import type { MetadataStore } from './store.ts'

/** What the cluster is opened with. */
export interface ClusterOptions {
  readonly store: MetadataStore
  readonly config: BrokerConfig
  readonly nodeId: number
  readonly rack: string | null
  /** The cluster that the data directory belongs to; a new store takes it on. */
  readonly clusterId: string
  readonly random: Random
  readonly logger: Logger
  /** Throws ConfigError where this broker cannot change to these settings, beside what holds for all. */
  readonly checkSettings?: (next: BrokerConfig) => void
  /** What this broker says of itself beside its rack. */
  readonly description?: Partial<BrokerDescription>
  /** The wire clock; the machine's without. */
  readonly clock?: Clock
  /** See `TopicRules`. */
  readonly countsSince?: ReadonlyMap<number, number>
  /** Where ids for producers come from; from the store where nothing is said. */
  readonly allocateProducerIds?: () => Promise<ProducerIdBlock>
  /** Another process has started as this broker, which is to stop. */
  readonly onReplaced?: (error: Error) => void
}

/** What became of a topic that was to be made. */
export interface CreateTopicResult extends ItemResult {
  readonly name: string
  /** The topic as it is, or would be where it was only validated; null where it cannot be. */
  readonly topic: PlannedTopic | null
}

/** What became of a topic that was to have more partitions. */
export interface CreatePartitionsResult extends ItemResult {
  readonly name: string
}

/** What became of a topic that was to be deleted. */
export interface DeleteTopicResult extends ItemResult {
  /** Null where only an id is known. */
  readonly name: string | null
  readonly topicId: string
}

/** Settings to put in the place of those that an owner has; `alter` makes them of the present ones, or throws KafkaError. */
export interface ConfigAlteration {
  readonly owner: ConfigOwner
  /** A topic, a group, a node id as text ('' for all brokers) or a subscription. */
  readonly name: string
  readonly alter: (current: Settings) => Settings
  /** Settings that are named, be they changed by it or not. */
  readonly mentions?: readonly string[]
}

/** Ids that a producer coordinator may give out: `count` of them from `first` on. */
export interface ProducerIdBlock {
  readonly first: number
  readonly count: number
}
