/** Plans → what is written into the metadata store. */
import type { BrokerEndpoint, BrokerImage, PartitionImage, TopicImage } from './image.ts'
import {
  admittedKey,
  brokerKey,
  configKey,
  endpointsKey,
  partitionKey,
  partitionsPrefix,
  type StoredAdmission,
  type StoredBroker,
  type StoredChange,
  type StoredDeletion,
  type StoredPartition,
  type StoredStarts,
  type StoredTopic,
  startsKey,
  storedConfigs,
  topicKey,
  writeStored,
} from './stored.ts'
import type { PlannedPartitions, PlannedTopic } from './topics.ts'

/** A new topic with its settings. */
export function createTopicChanges({ name, topicId, replicas, made, configs }: PlannedTopic): StoredChange[] {
  const stored: StoredTopic = { topicId, replicas, made }
  const changes: StoredChange[] = [{ key: topicKey(name), value: writeStored(stored) }]
  if (configs.size > 0) changes.push(storedConfigs('topic', name, configs))
  return changes
}

/** More partitions of a topic; those that are there keep their state. */
export function createPartitionsChanges({ topic, replicas, made }: PlannedPartitions): StoredChange[] {
  const stored: StoredTopic = { topicId: topic.topicId, replicas, made }
  return [{ key: topicKey(topic.name), value: writeStored(stored) }]
}

/** A topic and all that is kept about it. */
export function deleteTopicChanges({ name, topicId }: TopicImage): (StoredChange | StoredDeletion)[] {
  return [
    { key: topicKey(name), value: null },
    { key: configKey('topic', name), value: null },
    { prefix: partitionsPrefix(topicId), value: null },
  ]
}

/** A broker that is there, as long as its session is. */
export function registerBrokerChanges(id: number, broker: StoredBroker): StoredChange[] {
  return [{ key: brokerKey(id), value: writeStored(broker) }]
}

/** Where a broker is reached, or was when it was there. */
export function keepEndpointsChanges(id: number, endpoints: readonly BrokerEndpoint[]): StoredChange[] {
  return [{ key: endpointsKey(id), value: writeStored(endpoints) }]
}

/** A run of a broker that the controller has dealt with. */
export function admitBrokerChanges({ id, epoch, rack }: Pick<BrokerImage, 'id' | 'epoch' | 'rack'>): StoredChange[] {
  const stored: StoredAdmission = { epoch, ...(rack === null ? {} : { rack }) }
  return [{ key: admittedKey(id), value: writeStored(stored) }]
}

/** A partition that is to be written, of a topic as the plan found it. */
export interface ChangedPartition {
  readonly topic: TopicImage
  readonly index: number
  readonly state: Omit<PartitionImage, 'index' | 'offlineReplicas'>
}

/**
 * Keys that must be as they were when a change was planned, beside the partition's own: its topic's, and, where it takes the lead from a broker, the
 * count of that broker's starts. Another start begins epochs of which clients are told, and the planned one would go back behind them.
 */
export function keysBehind({ topic, index, state }: ChangedPartition): string[] {
  const { leader } = topic.partitions[index]!
  const isTaken = leader >= 0 && leader !== state.leader
  return [topicKey(topic.name), ...(isTaken ? [startsKey(leader)] : [])]
}

/** What is kept of partitions once they differ from how they were made; and of their topics, once, where they have other replicas. */
export function partitionStateChanges(
  changed: readonly ChangedPartition[],
  starts: ReadonlyMap<number, number>,
): StoredChange[] {
  const changes: StoredChange[] = []
  const topics = new Map<string, { readonly topic: TopicImage; readonly replicas: (readonly number[])[] }>()
  for (const { topic, index, state } of changed) {
    const { leader, leaderEpoch, partitionEpoch, isr, elr, lastKnownElr, recovering } = state
    const { replicas, addingReplicas, removingReplicas } = state
    const { offlineReplicas, replicas: before } = topic.partitions[index]!
    const stored: StoredPartition = {
      ...{ leader, leaderEpoch, starts: starts.get(leader) ?? 0, partitionEpoch, isr, offlineReplicas },
      ...(elr.length > 0 ? { elr } : {}),
      ...(lastKnownElr.length > 0 ? { lastKnownElr } : {}),
      ...(recovering ? { recovering } : {}),
      ...(addingReplicas.length > 0 ? { addingReplicas } : {}),
      ...(removingReplicas.length > 0 ? { removingReplicas } : {}),
    }
    changes.push({ key: partitionKey(topic.topicId, index), value: writeStored(stored) })
    if (replicas.length === before.length && replicas.every((id, i) => id === before[i])) continue
    let next = topics.get(topic.topicId)
    if (next === undefined) {
      next = { topic, replicas: topic.partitions.map(partition => partition.replicas) }
      topics.set(topic.topicId, next)
    }
    next.replicas[index] = replicas
  }
  for (const { topic, replicas } of topics.values()) {
    const { name, topicId, made } = topic
    const stored: StoredTopic = { topicId, replicas, made }
    changes.push({ key: topicKey(name), value: writeStored(stored) })
  }
  return changes
}

/**
 * A broker that does not come back: nothing is placed on it any more. How often it has started is kept: should it come back all the same, its
 * epochs go on, and the controller takes it for one that has lost what it had.
 */
export function forgetBrokerChanges(id: number): StoredChange[] {
  return [admittedKey(id), endpointsKey(id)].map(key => ({ key, value: null }))
}

/** A broker's start of this number: new leader epochs begin for all partitions that it leads. */
export function countStartChanges(id: number, count: number): StoredChange[] {
  const stored: StoredStarts = { count }
  return [{ key: startsKey(id), value: writeStored(stored) }]
}
