/** Plans → what is written into the metadata store. */
import type { TopicImage } from './image.ts'
import {
  brokerKey,
  configKey,
  partitionKey,
  type StoredChange,
  type StoredTopic,
  storedConfigs,
  topicKey,
  writeStored,
} from './stored.ts'
import type { PlannedPartitions, PlannedTopic } from './topics.ts'

/** A new topic with its settings. */
export function createTopicChanges({ name, topicId, replicas, configs }: PlannedTopic): StoredChange[] {
  const stored: StoredTopic = { topicId, replicas }
  const changes: StoredChange[] = [{ key: topicKey(name), value: writeStored(stored) }]
  if (configs.size > 0) changes.push(storedConfigs('topic', name, configs))
  return changes
}

/** More partitions of a topic; those that are there keep their state. */
export function createPartitionsChanges({ topic, replicas }: PlannedPartitions): StoredChange[] {
  const stored: StoredTopic = { topicId: topic.topicId, replicas }
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
