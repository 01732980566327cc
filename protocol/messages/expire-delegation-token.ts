import { api, bytes, int16, int32, int64, type RequestOf, type ResponseOf } from '../schema.ts'

/**
 * Sets when a delegation token ends, or ends it at once (KIP-48).
 * v1 the client waits out its own throttle (KIP-219) · v2 flexible
 */
export const ExpireDelegationToken = api({
  key: 40,
  name: 'ExpireDelegationToken',
  versions: [0, 2],
  flexible: 2,
  request: {
    hmac: bytes,
    expiryTimePeriodMs: int64,
  },
  response: {
    errorCode: int16,
    expiryTimestampMs: int64,
    throttleTimeMs: int32,
  },
})

export interface ExpireDelegationTokenRequest extends RequestOf<typeof ExpireDelegationToken> {}
export interface ExpireDelegationTokenResponse extends ResponseOf<typeof ExpireDelegationToken> {}
