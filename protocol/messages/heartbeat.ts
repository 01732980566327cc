import { api, int16, int32, type RequestOf, type ResponseOf, string } from '../schema.ts'

/**
 * Keeps a member in its classic group; REBALANCE_IN_PROGRESS tells it to join again.
 * v1 throttle time · v2 the client waits out its own throttle (KIP-219) · v3 static membership (KIP-345) ·
 * v4 flexible
 */
export const Heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexible: 4,
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.nullable().default(null).since(3),
  },
  response: {
    throttleTimeMs: int32.since(1),
    errorCode: int16,
  },
})

export interface HeartbeatRequest extends RequestOf<typeof Heartbeat> {}
export interface HeartbeatResponse extends ResponseOf<typeof Heartbeat> {}
