import { api, array, int8, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/**
 * Finds the broker that coordinates a group, a transactional id or a share partition.
 * v1 kinds of keys (KIP-98), throttle time · v2 the client waits out its own throttle (KIP-219) · v3 flexible ·
 * v4 several keys at once (KIP-699) · v5 may answer TRANSACTION_ABORTABLE (KIP-890) ·
 * v6 share partitions (KIP-932)
 */
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
        key: string,
        nodeId: int32,
        host: string,
        port: int32,
        errorCode: int16,
        errorMessage: string.nullable(),
      }),
    ).since(4),
  },
})

export interface FindCoordinatorRequest extends RequestOf<typeof FindCoordinator> {}
export interface FindCoordinatorResponse extends ResponseOf<typeof FindCoordinator> {}
