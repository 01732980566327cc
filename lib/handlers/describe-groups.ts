/** DescribeGroups: the members of groups, what they told each other and what they were assigned. */
import { codes, shortened } from '../../protocol/errors.ts'
import type { DescribeGroupsRequest, DescribeGroupsResponse } from '../../protocol/messages/describe-groups.ts'
import { type Answer, gather } from '../coordination/answer.ts'
import { authorizedOperations, operationsNotAsked } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** First version that calls an unknown group unknown; before, it is a dead group without an error. */
const groupIdNotFoundSince = 6

type Described = DescribeGroupsResponse['groups'][number]

export function describeGroups(request: DescribeGroupsRequest, context: Context): Answer<DescribeGroupsResponse> {
  // A group that is asked for a million times is described once.
  const described = new Map<string, Answer<Described>>()
  const answers = request.groups.map(groupId => {
    const answer = described.get(groupId) ?? describe(groupId, request, context)
    described.set(groupId, answer)
    return answer
  })
  return gather(answers, groups => ({ throttleTimeMs: 0, groups }))
}

function describe(groupId: string, request: DescribeGroupsRequest, context: Context): Answer<Described> {
  const { broker, apiVersion } = context
  const refused = (errorCode: number) => noGroup(groupId, '', errorCode, null)
  if (!broker.authorize(context, 'describe', 'group', groupId)) return refused(codes.GROUP_AUTHORIZATION_FAILED)
  return broker.groups.read(groupId, refused, shard => {
    const found = shard.describe(groupId)
    const described = found ?? unknownGroup(groupId, apiVersion)
    if (!request.includeAuthorizedOperations || described.errorCode !== codes.NONE) return described
    return { ...described, authorizedOperations: authorizedOperations(context, 'group', groupId) }
  })
}

function unknownGroup(groupId: string, apiVersion: number): Described {
  return apiVersion >= groupIdNotFoundSince
    ? noGroup(groupId, 'Dead', codes.GROUP_ID_NOT_FOUND, shortened(`Group ${groupId} not found.`))
    : noGroup(groupId, 'Dead', codes.NONE, null)
}

function noGroup(groupId: string, groupState: string, errorCode: number, errorMessage: string | null): Described {
  return {
    errorCode,
    errorMessage,
    groupId,
    groupState,
    protocolType: '',
    protocolData: '',
    members: [],
    authorizedOperations: operationsNotAsked,
  }
}

/** The code at each group. */
export function refuseDescribeGroups(
  { groups }: DescribeGroupsRequest,
  { errorCode, errorMessage }: Refusal,
): DescribeGroupsResponse {
  return { throttleTimeMs: 0, groups: groups.map(groupId => noGroup(groupId, '', errorCode, errorMessage)) }
}
