import { api, array, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/**
 * Deletes empty groups with their offsets (KIP-229).
 * v1 the client waits out its own throttle (KIP-219) · v2 flexible · v3 error messages
 */
export const DeleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 3],
  flexible: 2,
  request: {
    groupsNames: array(string),
  },
  response: {
    throttleTimeMs: int32,
    results: array(
      struct({
        groupId: string,
        errorCode: int16,
        errorMessage: string.nullable().default(null).since(3),
      }),
    ),
  },
})

export interface DeleteGroupsRequest extends RequestOf<typeof DeleteGroups> {}
export interface DeleteGroupsResponse extends ResponseOf<typeof DeleteGroups> {}
