/** JoinGroup: a member comes into its group, or comes again. The answer waits until all members are there. */
import { codes } from '../../protocol/errors.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import { type Answer, andThen } from '../coordination/answer.ts'
import { joinRefused } from '../groups/answers.ts'
import { joinFault } from '../groups/join.ts'
import type { Context } from './context.ts'

/** First version in which there may be no protocol. */
const nullableProtocolSince = 7

export function joinGroup(request: JoinGroupRequest, context: Context): Answer<JoinGroupResponse> {
  const { apiVersion } = context
  const answer = join(request, context)
  if (apiVersion >= nullableProtocolSince) return answer
  return andThen(answer, response => (response.protocolName === null ? { ...response, protocolName: '' } : response))
}

function join(request: JoinGroupRequest, context: Context): Answer<JoinGroupResponse> {
  const { broker, connection, clientId, apiVersion } = context
  const { groups } = broker
  const { groupId, memberId } = request
  if (!broker.authorize(context, 'read', 'group', groupId)) {
    return joinRefused(memberId, codes.GROUP_AUTHORIZATION_FAILED)
  }
  const fault = joinFault(request, groups.settings)
  if (fault !== 0) return joinRefused(memberId, fault)
  const caller = groups.caller(clientId, connection.remoteAddress, apiVersion)
  return groups.write(
    groupId,
    errorCode => joinRefused(memberId, errorCode),
    (shard, now, reply) => shard.join(request, caller, now, reply),
  )
}
