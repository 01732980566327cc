/** What OffsetCommit and TxnOffsetCommit have in common: partitions are looked at one by one, and those that are there are decided on together. */
import { codes } from '../../protocol/errors.ts'
import type { TopicImage } from '../cluster/image.ts'
import { type Answer, andThen } from '../coordination/answer.ts'
import type { Commit } from '../groups/commits.ts'
import type { Context } from './context.ts'

/** One topic of a request. */
export interface TopicToCommit {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly committedOffset: number
    readonly committedLeaderEpoch: number
    readonly committedMetadata: string | null
    readonly commitTimestamp?: number
  }[]
}

/** One error code for each of several commits, in order. */
export type CommitCodes = readonly number[]

/** Stands for the code of a partition that the coordinator decides on. */
const accepted = Number.MIN_SAFE_INTEGER

/** Refuses partitions that are not there or not allowed, has `decide` say what becomes of the others, and answers each. */
export function commitEach(
  topics: readonly TopicToCommit[],
  topicIdsSince: number,
  context: Context,
  decide: (commits: readonly Commit[]) => Answer<CommitCodes>,
) {
  const byId = context.apiVersion >= topicIdsSince
  const commits: Commit[] = []
  const checked: number[] = []
  for (const { name, topicId, partitions } of topics) {
    const { image } = context.broker.cluster
    const topic = byId ? image.topicsById.get(topicId) : image.topics.get(name)
    for (const partition of partitions) {
      const errorCode = topicError(topic, byId ? topic?.name : name, partition.partitionIndex, context)
      checked.push(errorCode === codes.NONE ? accepted : errorCode)
      if (errorCode === codes.NONE) commits.push(commitOf(topic!, partition))
    }
  }
  if (commits.length === 0) return commitResponse(topics, at => checked[at]!)
  return andThen(decide(commits), results => {
    let next = 0
    return commitResponse(topics, at => (checked[at] === accepted ? results[next++]! : checked[at]!))
  })
}

/** Without a name for an id that no topic has. */
function topicError(
  topic: TopicImage | undefined,
  name: string | undefined,
  partition: number,
  context: Context,
): number {
  if (name === undefined) return codes.UNKNOWN_TOPIC_ID
  if (!context.broker.authorize(context, 'read', 'topic', name)) return codes.TOPIC_AUTHORIZATION_FAILED
  return topic?.partitions[partition] ? codes.NONE : codes.UNKNOWN_TOPIC_OR_PARTITION
}

function commitOf(topic: TopicImage, partition: TopicToCommit['partitions'][number]): Commit {
  return {
    topic: topic.name,
    topicId: topic.topicId,
    partition: partition.partitionIndex,
    offset: partition.committedOffset,
    leaderEpoch: partition.committedLeaderEpoch,
    metadata: partition.committedMetadata,
    timestampMs: partition.commitTimestamp ?? -1,
  }
}

/** An answer with a code for each partition, by its place among all of them. Topics without partitions are left out. */
export function commitResponse(topics: readonly TopicToCommit[], codeAt: (at: number) => number) {
  let at = 0
  return {
    throttleTimeMs: 0,
    topics: topics
      .filter(({ partitions }) => partitions.length > 0)
      .map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: codeAt(at++) })),
      })),
  }
}
