/** Heartbeat: keeps a member in its group. REBALANCE_IN_PROGRESS tells it to join again. */
import { codes } from '../../protocol/errors.ts'
import type { HeartbeatRequest, HeartbeatResponse } from '../../protocol/messages/heartbeat.ts'
import type { Answer } from '../coordination/answer.ts'
import type { Context } from './context.ts'
import { refuseByCode } from './refusals.ts'

export function heartbeat(request: HeartbeatRequest, context: Context): Answer<HeartbeatResponse> {
  const { broker } = context
  const { groupId } = request
  if (!broker.authorize(context, 'read', 'group', groupId)) return answered(codes.GROUP_AUTHORIZATION_FAILED)
  if (groupId === '') return answered(codes.INVALID_GROUP_ID)
  return broker.groups.write(groupId, refused, (shard, now) => shard.heartbeat(request, now))
}

/** While groups are loaded nobody can be told apart, so that everybody is let live. */
function refused(errorCode: number): HeartbeatResponse {
  return answered(errorCode === codes.COORDINATOR_LOAD_IN_PROGRESS ? codes.NONE : errorCode)
}

function answered(errorCode: number): HeartbeatResponse {
  return { throttleTimeMs: 0, errorCode }
}

export const refuseHeartbeat = refuseByCode
