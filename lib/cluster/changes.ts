/** Plans → what is written into the metadata store. */
import type { TopicImage } from './image.ts'
import {
  brokerKey,
  configKey,
  partitionKey,
  type StoredChange,
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
export function deleteTopicChanges({ name, topicId, partitions }: TopicImage): StoredChange[] {
  const states = partitions.filter(({ partitionEpoch }) => partitionEpoch > 0)
  return [
    { key: topicKey(name), value: null },
    { key: configKey('topic', name), value: null },
    ...states.map(({ index }) => ({ key: partitionKey(topicId, index), value: null })),
  ]
}

/** A broker that is there, as long as its session is. */
export function registerBrokerChanges(id: number, rack: string | null): StoredChange[] {
  return [{ key: brokerKey(id), value: writeStored({ rack }) }]
}

/** A broker's start of this number: new leader epochs begin for all partitions that it leads. */
export function countStartChanges(id: number, count: number): StoredChange[] {
  const stored: StoredStarts = { count }
  return [{ key: startsKey(id), value: writeStored(stored) }]
}
