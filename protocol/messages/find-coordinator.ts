import { api, array, int8, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/** PURPOSE. v1 keyType, throttleTimeMs, errorMessage · v3 flexible · v4 without key, coordinatorKeys, without errorCode, without errorMessage, without nodeId, … */
export const FindCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexible: 3,
  request: {
    key: string.until(3),
    keyType: int8.default(0).since(1),
    coordinatorKeys: array(string).since(4),
  },
  response: {
    throttleTimeMs: int32.since(1),
    errorCode: int16.until(3),
    errorMessage: string.nullable().since(1).until(3),
    nodeId: int32.until(3),
    host: string.until(3),
    port: int32.until(3),
    coordinators: array(
      struct({
        key: string.since(4),
        nodeId: int32.since(4),
        host: string.since(4),
        port: int32.since(4),
        errorCode: int16.since(4),
        errorMessage: string.nullable().since(4),
      }),
    ).since(4),
  },
})

export interface FindCoordinatorRequest extends RequestOf<typeof FindCoordinator> {}
export interface FindCoordinatorResponse extends ResponseOf<typeof FindCoordinator> {}
