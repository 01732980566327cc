/** A cluster that becomes what the test says. */
import {
  emptyImage,
  type ImageDelta,
  newPartition,
  type PartitionImage,
  type TopicImage,
} from '../../lib/cluster/image.ts'
import { topicMaps } from '../../lib/cluster/topic-map.ts'

/** A topic whose partitions have these leaders, all in one epoch. */
export function topicLedBy(name: string, topicId: string, leaders: readonly number[], leaderEpoch = 0): TopicImage {
  const partitions = leaders.map((leader, index): PartitionImage => {
    return newPartition(index, leader, leaderEpoch, [1, 2])
  })
  return { name, topicId, internal: true, partitions, made: [], configs: new Map() }
}

export class FakeCluster {
  image = emptyImage('c', 1)
  readonly #listeners: ((delta: ImageDelta) => void)[] = []

  onChange(listener: (delta: ImageDelta) => void): void {
    this.#listeners.push(listener)
  }

  /** From now on there are these topics, and no others. */
  become(...topics: readonly TopicImage[]): void {
    const deleted = [...this.image.topics.values()].filter(
      ({ topicId }) => !topics.some(topic => topic.topicId === topicId),
    )
    this.image = {
      ...this.image,
      ...topicMaps(topics),
    }
    const noAcls = { aclsAdded: [], aclsRemoved: [] }
    const unchanged = { brokersChanged: false, brokerConfigsChanged: [], groupConfigsChanged: [], ...noAcls }
    const delta = { image: this.image, created: [], deleted, changed: [], ...unchanged }
    for (const listener of this.#listeners) listener(delta)
  }
}
