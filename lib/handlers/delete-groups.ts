/** DeleteGroups: empty groups are forgotten, with all their offsets. */
import { codes } from '../../protocol/errors.ts'
import type { DeleteGroupsRequest, DeleteGroupsResponse } from '../../protocol/messages/delete-groups.ts'
import { type Answer, andThen, gather } from '../coordination/answer.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

export function deleteGroups(request: DeleteGroupsRequest, context: Context): Answer<DeleteGroupsResponse> {
  const { broker } = context
  const remove = (groupId: string): Answer<number> =>
    broker.authorize(context, 'delete', 'group', groupId)
      ? broker.groups.write(
          groupId,
          errorCode => errorCode,
          shard => shard.deleteGroup(groupId),
        )
      : codes.GROUP_AUTHORIZATION_FAILED
  // A group that is named twice is deleted once, and answered once.
  const groupIds = [...new Set(request.groupsNames)]
  const answers = groupIds.map(groupId => andThen(remove(groupId), errorCode => ({ groupId, errorCode })))
  return gather(answers, results => ({ throttleTimeMs: 0, results }))
}

/** The code at each group. */
export function refuseDeleteGroups(
  { groupsNames }: DeleteGroupsRequest,
  { errorCode, errorMessage }: Refusal,
): DeleteGroupsResponse {
  return { throttleTimeMs: 0, results: groupsNames.map(groupId => ({ groupId, errorCode, errorMessage })) }
}
