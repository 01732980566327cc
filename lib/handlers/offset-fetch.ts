/** OffsetFetch: how far groups have read; -1 where nothing is committed. Versions 8 and above ask for several groups. */
import { codes } from '../../protocol/errors.ts'
import type { OffsetFetchRequest, OffsetFetchResponse } from '../../protocol/messages/offset-fetch.ts'
import { type Answer, andThen, gather } from '../coordination/answer.ts'
import { type FetchedOffset, type FetchedTopic, fetchedOffset } from '../groups/offset-requests.ts'
import { noTopicId } from '../groups/records.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

const groupErrorSince = 2
const severalGroupsSince = 8
const topicIdsSince = 10

type GroupRequest = OffsetFetchRequest['groups'][number]
type GroupResponse = NonNullable<OffsetFetchResponse['groups']>[number]
type TopicRequest = NonNullable<GroupRequest['topics']>[number]

export function offsetFetch(request: OffsetFetchRequest, context: Context): Answer<OffsetFetchResponse> {
  const { apiVersion } = context
  const { groupId, topics, groups, requireStable } = request
  if (apiVersion >= severalGroupsSince) {
    // All offsets of a group that is asked for a million times are looked up once.
    const all = new Map<string, Answer<GroupResponse>>()
    const answers = groups.map(group => {
      const { groupId, topics, memberId, memberEpoch } = group
      const isPlain = topics === null && memberId === null && memberEpoch < 0
      const known = isPlain ? all.get(groupId) : undefined
      const answer = known ?? offsetsOf(group, requireStable, context)
      if (isPlain) all.set(groupId, answer)
      return answer
    })
    return gather(answers, groups => ({ throttleTimeMs: 0, topics: [], groups }))
  }
  const named = topics === null ? null : topics.map(topic => ({ ...topic, topicId: noTopicId }))
  const asked = { groupId, topics: named, memberId: null, memberEpoch: -1 }
  return andThen(offsetsOf(asked, requireStable, context), group => {
    const { errorCode = 0 } = group
    // The first versions have no place for an error but the partitions.
    const failed = errorCode !== 0 && apiVersion < groupErrorSince
    return {
      throttleTimeMs: 0,
      topics: failed ? (named ?? []).map(topic => refusedTopic(topic, errorCode)) : group.topics,
      errorCode,
      groups: [],
    }
  })
}

function offsetsOf(
  { groupId, topics, memberId, memberEpoch }: Omit<GroupRequest, 'unknownTaggedFields'>,
  requireStable: boolean,
  context: Context,
): Answer<GroupResponse> {
  const { broker } = context
  const refused = (errorCode: number): GroupResponse => ({ groupId, topics: [], errorCode })
  if (!broker.authorize(context, 'describe', 'group', groupId)) return refused(codes.GROUP_AUTHORIZATION_FAILED)
  return broker.groups.read(groupId, refused, shard => {
    const error = shard.offsetFetchError(groupId, memberId, memberEpoch)
    if (error !== codes.NONE) return refused(error)
    const fetch = (asked: Parameters<typeof shard.fetchOffsets>[1]) => shard.fetchOffsets(groupId, asked, requireStable)
    return {
      groupId,
      topics:
        topics === null
          ? fetch(null).flatMap(topic => allowedTopic(topic, context))
          : topics.map(topic => askedTopic(topic, asked => fetch([asked])[0]!, context)),
      errorCode: 0,
    }
  })
}

/** One topic that was asked for, by name or by id. */
function askedTopic(
  topic: TopicRequest,
  fetch: (asked: { name: string; partitionIndexes: readonly number[] }) => FetchedTopic,
  context: Context,
): GroupResponse['topics'][number] {
  const { broker, apiVersion } = context
  const byId = apiVersion >= topicIdsSince
  const name = byId ? broker.cluster.image.topicsById.get(topic.topicId)?.name : topic.name
  if (name === undefined) return refusedTopic(topic, codes.UNKNOWN_TOPIC_ID)
  if (!broker.authorize(context, 'describe', 'topic', name)) {
    return refusedTopic(topic, codes.TOPIC_AUTHORIZATION_FAILED)
  }
  const { partitions } = fetch({ name, partitionIndexes: topic.partitionIndexes })
  return { name, topicId: topic.topicId, partitions }
}

/** A topic of all that a group has: shown where the client may see it and it can be named in this version. */
function allowedTopic({ name, partitions }: FetchedTopic, context: Context): GroupResponse['topics'] {
  const { broker, apiVersion } = context
  if (!broker.authorize(context, 'describe', 'topic', name, false)) return []
  if (apiVersion < topicIdsSince) return [{ name, topicId: noTopicId, partitions }]
  const topicId = broker.cluster.image.topics.get(name)?.topicId
  return topicId === undefined ? [] : [{ name, topicId, partitions }]
}

function refusedTopic({ name, topicId, partitionIndexes }: TopicRequest, errorCode: number) {
  const partitions: FetchedOffset[] = partitionIndexes.map(index => fetchedOffset(index, undefined, errorCode))
  return { name, topicId, partitions }
}

/** The code where each version has one: at partitions, at the top, or at groups. */
export function refuseOffsetFetch(
  { topics, groups }: OffsetFetchRequest,
  { errorCode, apiVersion }: Refusal,
): OffsetFetchResponse {
  const named = apiVersion < groupErrorSince ? (topics ?? []) : []
  return {
    throttleTimeMs: 0,
    errorCode,
    topics: named.map(topic => refusedTopic({ ...topic, topicId: noTopicId }, errorCode)),
    groups: groups.map(({ groupId }) => ({ groupId, topics: [], errorCode })),
  }
}
