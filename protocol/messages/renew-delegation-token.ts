import { api, bytes, int16, int32, int64, type RequestOf, type ResponseOf } from '../schema.ts'

/**
 * Lets a delegation token live longer (KIP-48).
 * v1 the client waits out its own throttle (KIP-219) · v2 flexible
 */
export const RenewDelegationToken = api({
  key: 39,
  name: 'RenewDelegationToken',
  versions: [0, 2],
  flexible: 2,
  request: {
    hmac: bytes,
    renewPeriodMs: int64,
  },
  response: {
    errorCode: int16,
    expiryTimestampMs: int64,
    throttleTimeMs: int32,
  },
})

export interface RenewDelegationTokenRequest extends RequestOf<typeof RenewDelegationToken> {}
export interface RenewDelegationTokenResponse extends ResponseOf<typeof RenewDelegationToken> {}
