/** JoinGroup: a member comes into its group, or comes again. The answer waits until all members are there. */
import { codes } from '../../protocol/errors.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import { type Answer, andThen } from '../coordination/answer.ts'
import { joinRefused } from '../groups/answers.ts'
import { joinFault } from '../groups/join.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** First version in which there may be no protocol. */
const nullableProtocolSince = 7

export function joinGroup(request: JoinGroupRequest, context: Context): Answer<JoinGroupResponse> {
  const { apiVersion } = context
  const answer = join(request, context)
  return apiVersion >= nullableProtocolSince ? answer : andThen(answer, response => inWordsOf(apiVersion, response))
}

/** Earlier clients are told of no protocol by an empty name. */
function inWordsOf(apiVersion: number, response: JoinGroupResponse): JoinGroupResponse {
  if (apiVersion >= nullableProtocolSince || response.protocolName !== null) return response
  return { ...response, protocolName: '' }
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

/** The code, and no member. */
export function refuseJoinGroup(_request: JoinGroupRequest, { errorCode, apiVersion }: Refusal): JoinGroupResponse {
  return inWordsOf(apiVersion, joinRefused('', errorCode))
}
