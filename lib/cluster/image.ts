/**
 * What the cluster looks like at one moment: topics, partitions, brokers and configs.
 *
 * An image never changes: every change makes a new one, so whoever holds an image may read it across awaits, and may
 * cache what it derives from an image by the image's identity.
 */

import type { Acls } from './acl-plans.ts'
import type { Acl } from './acls.ts'
import type { AdmittedBroker, BrokerEndpoint, BrokerImage } from './brokers.ts'
import type { FeatureLevels } from './features.ts'
import type { PartitionsMade } from './leader-epochs.ts'
import { PieceMap } from './piece-map.ts'
import type { Quotas } from './quotas.ts'
import type { ScramUsers } from './scram.ts'
import { noTokens, type Tokens } from './tokens.ts'
import { type TopicMap, topicMaps } from './topic-map.ts'

export {
  type AdmittedBroker,
  type BrokerEndpoint,
  type BrokerImage,
  type BrokerPlace,
  type BrokerState,
  brokerOf,
  isFenced,
  placesOf,
} from './brokers.ts'

/** One partition as the controller knows it. */
export interface PartitionImage {
  readonly index: number
  /** Node id of the leader, -1 where there is none. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  /** Node ids in order of preference. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** Replicas whose broker or disk is away. */
  readonly offlineReplicas: readonly number[]
  /** Replicas out of sync that have all that is committed (KIP-966). */
  readonly elr: readonly number[]
  /** Those that had it when last known, and may have lost it since. */
  readonly lastKnownElr: readonly number[]
  /** Whether the leader was elected without having all that is committed, and has not recovered from it yet. */
  readonly recovering: boolean
  /** Replicas that a reassignment adds and takes away; both are among the replicas until it is done. */
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
}

/** What holds of most partitions: nobody is out of sync, and nothing is reassigned. */
export const plainPartition = {
  ...{ partitionEpoch: 0, offlineReplicas: [], elr: [], lastKnownElr: [] },
  ...{ recovering: false, addingReplicas: [], removingReplicas: [] },
} as const

/**
 * A new partition: all replicas that are there are in sync, as there is nothing to copy. Written out, as a spread that other properties are added to takes
 * ten times the time and memory of this, and there are as many as there are partitions.
 */
export function newPartition(
  index: number,
  leader: number,
  leaderEpoch: number,
  replicas: readonly number[],
  isr: readonly number[] = replicas,
): PartitionImage {
  const { partitionEpoch, offlineReplicas, elr, lastKnownElr, recovering, addingReplicas, removingReplicas } =
    plainPartition
  return {
    index,
    leader,
    leaderEpoch,
    partitionEpoch,
    replicas,
    isr,
    offlineReplicas,
    elr,
    lastKnownElr,
    recovering,
    addingReplicas,
    removingReplicas,
  }
}

/** One topic as the controller knows it. */
export interface TopicImage {
  readonly name: string
  /** 22 characters of url-safe base64. */
  readonly topicId: string
  /** True for the topics in which the broker keeps its own state. */
  readonly internal: boolean
  /** By index, from 0 without gaps. */
  readonly partitions: readonly PartitionImage[]
  /** How often brokers had started when partitions were made, from which their leader epochs count: entries by the index of the first partition. */
  readonly made: readonly PartitionsMade[]
  /** The topic's own settings, as text; what is not here follows the broker. */
  readonly configs: ReadonlyMap<string, string>
}

/** Settings by their property name, as text. */
export type Settings = ReadonlyMap<string, string>

/** See the head of the file. */
export interface ClusterImage {
  readonly clusterId: string
  /** Node id of the broker that answers as the controller. */
  readonly controllerId: number
  /** By name, in alphabetical order. */
  readonly topics: TopicMap<TopicImage>
  readonly topicsById: TopicMap<TopicImage>
  /** By node id, ascending. */
  readonly brokers: readonly BrokerImage[]
  /** How often each broker has started, by node id: the epoch of its last run. */
  readonly starts: ReadonlyMap<number, number>
  /** The run of each broker that the controller has dealt with, by node id; also of brokers that are away. */
  readonly admitted: ReadonlyMap<number, AdmittedBroker>
  /** Where each broker was last reached, by node id; also of brokers that are away. */
  readonly endpoints: ReadonlyMap<number, readonly BrokerEndpoint[]>
  /** Dynamic broker settings by node id as text; '' holds the default of all brokers. */
  readonly brokerConfigs: ReadonlyMap<string, Settings>
  readonly groupConfigs: ReadonlyMap<string, Settings>
  /** Settings of kinds that the broker only keeps, such as client metrics subscriptions: by '<resource type>/<name>'. */
  readonly otherConfigs: ReadonlyMap<string, Settings>
  readonly scramUsers: ScramUsers
  /** Delegation tokens, by their ids. */
  readonly tokens: Tokens
  readonly quotas: Quotas
  /** Access rules, by their keys. */
  readonly acls: Acls
  /** Levels of features that were chosen. */
  readonly featureLevels: FeatureLevels
  /** Grows with every change. */
  readonly revision: number
}

/** What one change made of the image before it. */
export interface ImageDelta {
  readonly image: ClusterImage
  readonly created: readonly TopicImage[]
  readonly deleted: readonly TopicImage[]
  /** Topics with new partitions, new leaders or other settings. */
  readonly changed: readonly { readonly before: TopicImage; readonly after: TopicImage }[]
  readonly brokersChanged: boolean
  /** Node ids, as text, whose dynamic settings changed; '' where the default of all did. */
  readonly brokerConfigsChanged: readonly string[]
  /** Groups whose settings changed. */
  readonly groupConfigsChanged: readonly string[]
  /** Access rules that were not there before, and that are there no more. */
  readonly aclsAdded: readonly Acl[]
  readonly aclsRemoved: readonly Acl[]
}

/** An image without topics or brokers. */
export function emptyImage(clusterId: string, controllerId: number): ClusterImage {
  return {
    clusterId,
    controllerId,
    ...topicMaps([]),
    brokers: [],
    starts: new Map(),
    admitted: new Map(),
    endpoints: new Map(),
    brokerConfigs: new Map(),
    groupConfigs: new Map(),
    otherConfigs: new Map(),
    scramUsers: new Map(),
    tokens: noTokens(),
    quotas: new Map(),
    acls: PieceMap.empty(),
    featureLevels: new Map(),
    revision: 0,
  }
}
