import { api, int16, int32, type RequestOf, type ResponseOf, string } from '../schema.ts'

/** Takes a controller that is gone out of the cluster. */
export const UnregisterController = api({
  key: 94,
  name: 'UnregisterController',
  versions: [0, 0],
  flexible: 0,
  request: {
    controllerId: int32,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
  },
})

export interface UnregisterControllerRequest extends RequestOf<typeof UnregisterController> {}
export interface UnregisterControllerResponse extends ResponseOf<typeof UnregisterController> {}
