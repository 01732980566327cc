/** What an administrator knows of the cluster: its brokers, topics and leaders, as the last Metadata answer told. */
import type { Metadata } from '../../protocol/messages/metadata.ts'
import type { ClientResponseOf } from '../../protocol/schema.ts'
import type { BrokerNode } from './connections.ts'

export interface PartitionView {
  readonly index: number
  readonly errorCode: number
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
}

export interface TopicView {
  readonly name: string
  readonly topicId: string
  readonly errorCode: number
  readonly isInternal: boolean
  readonly partitions: readonly PartitionView[]
}

export interface ClusterView {
  readonly clusterId: string | null
  readonly controllerId: number
  readonly brokers: readonly BrokerNode[]
  /** By name: the topics that were asked for. */
  readonly topics: ReadonlyMap<string, TopicView>
}

export function clusterView({
  clusterId,
  controllerId,
  brokers,
  topics,
}: ClientResponseOf<typeof Metadata>): ClusterView {
  const views = topics.map(({ name, topicId, errorCode, isInternal, partitions }) => ({
    name: name ?? '',
    topicId,
    errorCode,
    isInternal,
    partitions: partitions
      .map(each => ({
        index: each.partitionIndex,
        errorCode: each.errorCode,
        leader: each.leaderId,
        leaderEpoch: each.leaderEpoch,
        replicas: each.replicaNodes,
        isr: each.isrNodes,
        offlineReplicas: each.offlineReplicas,
      }))
      .sort((a, b) => a.index - b.index),
  }))
  return {
    clusterId,
    controllerId,
    brokers: [...brokers].sort((a, b) => a.nodeId - b.nodeId),
    topics: new Map(views.map(view => [view.name, view])),
  }
}
