/** Each topic's partitions in ranges, one for each member that subscribes to it: members that subscribe to the same topics get the same numbers of each. */
import { type Assigning, type AssignorSpec, type Filling, pieceMax } from './assignor.ts'

interface Topic {
  readonly topicId: string
  readonly count: number
  subscribers: number
  next: number
  /** Members that still get one more than the others. */
  extra: number
}

export function* range({ members, partitionCounts }: AssignorSpec): Assigning {
  const topics = new Map<string, Topic>()
  let looked = 0
  for (const { topicIds } of members) {
    for (const topicId of topicIds) {
      const topic = topics.get(topicId)
      if (topic) topic.subscribers++
      else topics.set(topicId, { topicId, count: partitionCounts.get(topicId)!, subscribers: 1, next: 0, extra: -1 })
      if (++looked % pieceMax === 0) yield
    }
  }
  const targets = new Map<string, Filling>()
  for (const { memberId, topicIds } of members) {
    const filling: Filling = new Map()
    for (const topicId of topicIds) {
      const topic = topics.get(topicId)!
      const partitions = nextRange(topic)
      if (partitions.size > 0) filling.set(topicId, partitions)
      looked += 1 + partitions.size
      if (looked >= pieceMax) {
        looked = 0
        yield
      }
    }
    targets.set(memberId, filling)
  }
  return targets
}

function nextRange(topic: Topic): Set<number> {
  const { count, subscribers } = topic
  if (topic.extra < 0) topic.extra = count % subscribers
  const quota = Math.floor(count / subscribers) + (topic.extra-- > 0 ? 1 : 0)
  topic.extra = Math.max(topic.extra, 0)
  const partitions = new Set<number>()
  for (const end = Math.min(topic.next + quota, count); topic.next < end; topic.next++) partitions.add(topic.next)
  return partitions
}
