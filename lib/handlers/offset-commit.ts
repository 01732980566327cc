/** OffsetCommit: how far a group has read. Partitions that do not exist are refused one by one. */
import { codes } from '../../protocol/errors.ts'
import type { OffsetCommitRequest, OffsetCommitResponse } from '../../protocol/messages/offset-commit.ts'
import type { TopicImage } from '../cluster/image.ts'
import { type Answer, andThen } from '../coordination/answer.ts'
import type { Commit, Committer } from '../groups/offset-requests.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** First version that names topics by their ids. */
const topicIdsSince = 10

type Topic = OffsetCommitRequest['topics'][number]
type Codes = readonly number[]

/** Stands for the code of a partition that the coordinator decides on. */
const accepted = Number.MIN_SAFE_INTEGER

export function offsetCommit(request: OffsetCommitRequest, context: Context): Answer<OffsetCommitResponse> {
  const { broker } = context
  const { groupId } = request
  if (!broker.authorize(context, 'read', 'group', groupId)) {
    return responseTo(request, () => codes.GROUP_AUTHORIZATION_FAILED)
  }
  const commits: Commit[] = []
  // One code for each partition of the request, in order.
  const checked: number[] = []
  for (const topic of request.topics) {
    const image = topicOf(topic, context)
    for (const partition of topic.partitions) {
      const errorCode = topicError(image, partition.partitionIndex, context)
      checked.push(errorCode === codes.NONE ? accepted : errorCode)
      if (errorCode === codes.NONE) commits.push(commitOf(image!, partition))
    }
  }
  if (commits.length === 0) return responseTo(request, at => checked[at]!)
  const answer = broker.groups.write<Codes>(
    groupId,
    errorCode => commits.map(() => errorCode),
    (shard, now) => shard.commit(groupId, committerOf(request, context), commits, now),
  )
  return andThen(answer, results => {
    let next = 0
    return responseTo(request, at => (checked[at] === accepted ? results[next++]! : checked[at]!))
  })
}

function topicOf({ name, topicId }: Topic, { broker, apiVersion }: Context): TopicImage | undefined {
  const { topics, topicsById } = broker.cluster.image
  return apiVersion >= topicIdsSince ? topicsById.get(topicId) : topics.get(name)
}

function topicError(topic: TopicImage | undefined, partition: number, context: Context): number {
  if (!topic) return context.apiVersion >= topicIdsSince ? codes.UNKNOWN_TOPIC_ID : codes.UNKNOWN_TOPIC_OR_PARTITION
  if (!context.broker.authorize(context, 'read', 'topic', topic.name)) return codes.TOPIC_AUTHORIZATION_FAILED
  return topic.partitions[partition] ? codes.NONE : codes.UNKNOWN_TOPIC_OR_PARTITION
}

function commitOf(topic: TopicImage, partition: Topic['partitions'][number]): Commit {
  return {
    topic: topic.name,
    topicId: topic.topicId,
    partition: partition.partitionIndex,
    offset: partition.committedOffset,
    leaderEpoch: partition.committedLeaderEpoch,
    metadata: partition.committedMetadata,
    timestampMs: partition.commitTimestamp,
  }
}

function committerOf(request: OffsetCommitRequest, { apiVersion }: Context): Committer {
  return {
    generation: request.generationIdOrMemberEpoch,
    memberId: request.memberId,
    groupInstanceId: request.groupInstanceId,
    apiVersion,
    retentionTimeMs: request.retentionTimeMs,
  }
}

function hasPartitions({ partitions }: Topic): boolean {
  return partitions.length > 0
}

function responseTo(request: OffsetCommitRequest, codeAt: (at: number) => number): OffsetCommitResponse {
  let at = 0
  return {
    throttleTimeMs: 0,
    topics: request.topics.filter(hasPartitions).map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: codeAt(at++) })),
    })),
  }
}

/** The code at each partition. */
export function refuseOffsetCommit(request: OffsetCommitRequest, { errorCode }: Refusal): OffsetCommitResponse {
  return responseTo(request, () => errorCode)
}
