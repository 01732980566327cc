import { api, array, int8, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/**
 * Creates access rules (KIP-140).
 * v1 pattern types of resources (KIP-290) · v2 flexible · v3 users as resources (KIP-373)
 */
export const CreateAcls = api({
  key: 30,
  name: 'CreateAcls',
  versions: [0, 3],
  flexible: 2,
  request: {
    creations: array(
      struct({
        resourceType: int8,
        resourceName: string,
        resourcePatternType: int8.default(3).since(1),
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    results: array(
      struct({
        errorCode: int16,
        errorMessage: string.nullable(),
      }),
    ),
  },
})

export interface CreateAclsRequest extends RequestOf<typeof CreateAcls> {}
export interface CreateAclsResponse extends ResponseOf<typeof CreateAcls> {}
