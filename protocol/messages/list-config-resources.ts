import { api, array, int8, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/** PURPOSE. v1 resourceTypes, resourceType */
export const ListConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexible: 0,
  request: {
    resourceTypes: array(int8).since(1),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    configResources: array(
      struct({
        resourceName: string,
        resourceType: int8.default(16).since(1),
      }),
    ),
  },
})

export interface ListConfigResourcesRequest extends RequestOf<typeof ListConfigResources> {}
export interface ListConfigResourcesResponse extends ResponseOf<typeof ListConfigResources> {}
