/** OffsetDelete: forgets offsets of a group that has no members, or does not consume the topic. */
import { codes } from '../../protocol/errors.ts'
import type { OffsetDeleteRequest, OffsetDeleteResponse } from '../../protocol/messages/offset-delete.ts'
import { type Answer, andThen } from '../coordination/answer.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

export function offsetDelete(request: OffsetDeleteRequest, context: Context): Answer<OffsetDeleteResponse> {
  const { broker } = context
  const { groupId, topics } = request
  if (!broker.authorize(context, 'delete', 'group', groupId)) return refused(codes.GROUP_AUTHORIZATION_FAILED)
  if (groupId === '') return refused(codes.INVALID_GROUP_ID)
  // Decided once: topics and rules may be others by the time of the answer.
  const checked = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: partitionError(name, partitionIndex, context),
    })),
  }))
  const known = checked.map(({ name, partitions }) => ({
    name,
    partitions: partitions.filter(({ errorCode }) => errorCode === codes.NONE),
  }))
  const answer = broker.groups.write(groupId, refused, shard => shard.deleteOffsets(groupId, known))
  return andThen(answer, response => {
    if (response.errorCode !== codes.NONE) return response
    return {
      ...response,
      topics: checked
        .map((topic, i) => withKnown(topic, response.topics[i]!.partitions))
        .filter(({ partitions }) => partitions.length > 0),
    }
  })
}

type Topic = OffsetDeleteResponse['topics'][number]

/** The topic's partitions as they were asked for: those that do not exist, and between them what became of the others. */
function withKnown({ name, partitions }: Topic, results: Topic['partitions']): Topic {
  let next = 0
  return {
    name,
    partitions: partitions.map(partition => (partition.errorCode === codes.NONE ? results[next++]! : partition)),
  }
}

function partitionError(topic: string, partition: number, context: Context): number {
  const { broker } = context
  if (!broker.authorize(context, 'read', 'topic', topic)) return codes.TOPIC_AUTHORIZATION_FAILED
  const image = broker.cluster.image.topics.get(topic)
  return image?.partitions[partition] ? codes.NONE : codes.UNKNOWN_TOPIC_OR_PARTITION
}

function refused(errorCode: number): OffsetDeleteResponse {
  return { errorCode, throttleTimeMs: 0, topics: [] }
}

/** The code for the group, and no topics. */
export function refuseOffsetDelete(_request: OffsetDeleteRequest, { errorCode }: Refusal): OffsetDeleteResponse {
  return refused(errorCode)
}
