/** OffsetCommit: how far a group has read. Partitions that do not exist are refused one by one. */
import { codes } from '../../protocol/errors.ts'
import type { OffsetCommitRequest, OffsetCommitResponse } from '../../protocol/messages/offset-commit.ts'
import type { Answer } from '../coordination/answer.ts'
import type { Committer } from '../groups/commits.ts'
import type { Context } from './context.ts'
import { type CommitCodes, commitEach, commitResponse } from './offset-commits.ts'
import type { Refusal } from './refusals.ts'

/** First version that names topics by their ids. */
const topicIdsSince = 10

export function offsetCommit(request: OffsetCommitRequest, context: Context): Answer<OffsetCommitResponse> {
  const { broker } = context
  const { groupId, topics } = request
  if (!broker.authorize(context, 'read', 'group', groupId)) {
    return commitResponse(topics, () => codes.GROUP_AUTHORIZATION_FAILED)
  }
  return commitEach(topics, topicIdsSince, context, commits =>
    broker.groups.write<CommitCodes>(
      groupId,
      errorCode => commits.map(() => errorCode),
      (shard, now) => shard.commit(groupId, committerOf(request, context), commits, now),
    ),
  )
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

/** The code at each partition. */
export function refuseOffsetCommit({ topics }: OffsetCommitRequest, { errorCode }: Refusal): OffsetCommitResponse {
  return commitResponse(topics, () => errorCode)
}
