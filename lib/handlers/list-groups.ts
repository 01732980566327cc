/** ListGroups: the groups that this broker coordinates, by state (v4 and above) and type (v5 and above), whatever their case. */
import { codes } from '../../protocol/errors.ts'
import type { ListGroupsRequest, ListGroupsResponse } from '../../protocol/messages/list-groups.ts'
import type { Answer } from '../coordination/answer.ts'
import type { ListedGroup } from '../groups/describe.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** The groups of one partition, or why they cannot be listed now. */
interface Listed {
  readonly errorCode: number
  readonly groups: readonly ListedGroup[]
}

export function listGroups(request: ListGroupsRequest, context: Context): Answer<ListGroupsResponse> {
  const { broker } = context
  const seesAll = broker.authorize(context, 'describe', 'cluster', clusterResource, false)
  const wanted = filterOf(request)
  return broker.groups.readAll<Listed, ListGroupsResponse>(
    errorCode => ({ errorCode, groups: [] }),
    shard => ({ errorCode: codes.NONE, groups: shard.list() }),
    all => {
      const loading = all.find(({ errorCode }) => errorCode === codes.COORDINATOR_LOAD_IN_PROGRESS)
      if (loading) return { throttleTimeMs: 0, errorCode: loading.errorCode, groups: [] }
      const groups = all
        .flatMap(listed => listed.groups)
        .filter(
          group => wanted(group) && (seesAll || broker.authorize(context, 'describe', 'group', group.groupId, false)),
        )
      return { throttleTimeMs: 0, errorCode: codes.NONE, groups }
    },
  )
}

function filterOf({ statesFilter, typesFilter }: ListGroupsRequest): (group: ListedGroup) => boolean {
  const states = new Set(statesFilter.map(state => state.toLowerCase()))
  const types = new Set(typesFilter.map(type => type.toLowerCase()))
  return ({ groupState, groupType }) =>
    (states.size === 0 || states.has(groupState.toLowerCase())) &&
    (types.size === 0 || types.has(groupType.toLowerCase()))
}

/** The code, and no groups. */
export function refuseListGroups(_request: ListGroupsRequest, { errorCode }: Refusal): ListGroupsResponse {
  return { throttleTimeMs: 0, errorCode, groups: [] }
}
