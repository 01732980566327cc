import { api, array, bytes, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/**
 * Brings the assignment that the leader made; answered with the member's own share.
 * v1 throttle time · v2 the client waits out its own throttle (KIP-219) · v3 static membership (KIP-345) ·
 * v4 flexible · v5 protocol type and name (KIP-559)
 */
export const SyncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.nullable().default(null).since(3),
    protocolType: string.nullable().default(null).since(5),
    protocolName: string.nullable().default(null).since(5),
    assignments: array(
      struct({
        memberId: string,
        assignment: bytes,
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.since(1),
    errorCode: int16,
    protocolType: string.nullable().default(null).since(5),
    protocolName: string.nullable().default(null).since(5),
    assignment: bytes,
  },
})

export interface SyncGroupRequest extends RequestOf<typeof SyncGroup> {}
export interface SyncGroupResponse extends ResponseOf<typeof SyncGroup> {}
