/**
 * TxnOffsetCommit: commits a group’s offsets as part of a transaction (KIP-98): nobody sees them before it commits, and nobody ever does where it aborts. Member
 * and generation are checked from version 3 on (KIP-447); from version 5 on the group is added to the transaction by this (KIP-890).
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from '../../protocol/messages/txn-offset-commit.ts'
import type { TopicImage } from '../cluster/image.ts'
import { type Answer, andThen } from '../coordination/answer.ts'
import { offsetsTopic } from '../coordination/groups.ts'
import type { Commit } from '../groups/offset-requests.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'
import { askAboutTransaction } from './transaction-verification.ts'

type Topic = TxnOffsetCommitRequest['topics'][number]
type Codes = readonly number[]

/** First versions whose clients know TRANSACTION_ABORTABLE, add the group by this request, and name topics by their ids. */
const [abortableSince, addsSince, topicIdsSince] = [4, 5, 6]
/** Stands for the code of a partition that the coordinator decides on. */
const accepted = Number.MIN_SAFE_INTEGER

export function txnOffsetCommit(request: TxnOffsetCommitRequest, context: Context): Answer<TxnOffsetCommitResponse> {
  const { broker } = context
  const { groupId, transactionalId } = request
  if (!broker.authorize(context, 'write', 'transactionalId', transactionalId)) {
    return responseTo(request, () => codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  if (!broker.authorize(context, 'read', 'group', groupId)) {
    return responseTo(request, () => codes.GROUP_AUTHORIZATION_FAILED)
  }
  const commits: Commit[] = []
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
  return andThen(commit(request, commits, context), results => {
    let next = 0
    return responseTo(request, at => (checked[at] === accepted ? results[next++]! : checked[at]!))
  })
}

async function commit(request: TxnOffsetCommitRequest, commits: readonly Commit[], context: Context): Promise<Codes> {
  const { broker, apiVersion } = context
  const { groupId, transactionalId, producerId, producerEpoch } = request
  if (groupId === '') return commits.map(() => codes.INVALID_GROUP_ID)
  const index = broker.groups.partitionOf(groupId)
  const partition = broker.partitions.get(offsetsTopic, index)
  const all = (errorCode: number) => commits.map(() => errorCode)
  if (groupId === '') return all(codes.INVALID_GROUP_ID)
  if (partition === undefined || !partition.isLeader) return all(codes.NOT_COORDINATOR)
  if (!partition.hasOpenTransaction(producerId, producerEpoch)) {
    const verification = partition.verify(producerId)
    const claim = { transactionalId, producerId, producerEpoch }
    const support = apiVersion >= addsSince ? 'adds' : apiVersion >= abortableSince ? 'abortable' : 'plain'
    const errorCode = await askAboutTransaction(context, claim, offsetsTopic, index, support)
    if (errorCode !== codes.NONE) return all(errorForGroup(errorCode))
    try {
      partition.redeem(verification)
    } catch (error) {
      if (error instanceof KafkaError) return all(error.code)
      throw error
    }
  }
  const committer = {
    generation: request.generationIdOrMemberEpoch,
    memberId: request.memberId,
    groupInstanceId: request.groupInstanceId,
    apiVersion,
    retentionTimeMs: -1,
  }
  return broker.groups.writeTransactional<Codes>(groupId, { producerId, producerEpoch }, all, (shard, now) =>
    shard.commitTransactional(groupId, committer, commits, now),
  )
}

/** What a client of the group's coordinator is told where the transaction's fails it. */
function errorForGroup(errorCode: number): number {
  switch (errorCode) {
    case codes.PRODUCER_FENCED:
      return codes.INVALID_PRODUCER_EPOCH
    case codes.NETWORK_EXCEPTION:
    case codes.COORDINATOR_NOT_AVAILABLE:
    case codes.NOT_COORDINATOR:
      return codes.COORDINATOR_LOAD_IN_PROGRESS
    default:
      return errorCode
  }
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
    timestampMs: -1,
  }
}

function responseTo(request: TxnOffsetCommitRequest, codeAt: (at: number) => number): TxnOffsetCommitResponse {
  let at = 0
  return {
    throttleTimeMs: 0,
    topics: request.topics
      .filter(({ partitions }) => partitions.length > 0)
      .map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: codeAt(at++) })),
      })),
  }
}

/** The code at each partition. */
export function refuseTxnOffsetCommit(
  request: TxnOffsetCommitRequest,
  { errorCode }: Refusal,
): TxnOffsetCommitResponse {
  return responseTo(request, () => errorCode)
}
