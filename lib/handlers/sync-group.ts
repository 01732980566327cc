/** SyncGroup: the leader hands in the assignments of a generation, and each member fetches its own. */
import { codes } from '../../protocol/errors.ts'
import type { SyncGroupRequest, SyncGroupResponse } from '../../protocol/messages/sync-group.ts'
import type { Answer } from '../coordination/answer.ts'
import { syncRefused } from '../groups/answers.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** First version in which a member must say which protocol it believes in. */
const protocolMandatorySince = 5

export function syncGroup(request: SyncGroupRequest, context: Context): Answer<SyncGroupResponse> {
  const { broker, apiVersion } = context
  const { groupId, protocolType, protocolName } = request
  if (apiVersion >= protocolMandatorySince && (protocolType === null || protocolName === null)) {
    return syncRefused(codes.INCONSISTENT_GROUP_PROTOCOL)
  }
  if (!broker.authorize(context, 'read', 'group', groupId)) return syncRefused(codes.GROUP_AUTHORIZATION_FAILED)
  if (groupId === '') return syncRefused(codes.INVALID_GROUP_ID)
  return broker.groups.write(groupId, syncRefused, (shard, now, reply) => shard.sync(request, now, reply))
}

/** The code, and no assignment. */
export function refuseSyncGroup(_request: SyncGroupRequest, { errorCode }: Refusal): SyncGroupResponse {
  return syncRefused(errorCode)
}
