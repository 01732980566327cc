import { api, array, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/**
 * Lists the groups that this broker coordinates.
 * v1 throttle time · v2 the client waits out its own throttle (KIP-219) · v3 flexible · v4 states (KIP-518) ·
 * v5 types (KIP-848)
 */
export const ListGroups = api({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexible: 3,
  request: {
    statesFilter: array(string).since(4),
    typesFilter: array(string).since(5),
  },
  response: {
    throttleTimeMs: int32.since(1),
    errorCode: int16,
    groups: array(
      struct({
        groupId: string,
        protocolType: string,
        groupState: string.since(4),
        groupType: string.since(5),
      }),
    ),
  },
})

export interface ListGroupsRequest extends RequestOf<typeof ListGroups> {}
export interface ListGroupsResponse extends ResponseOf<typeof ListGroups> {}
