import { api, bytes, int16, int64, type RequestOf, type ResponseOf, string } from '../schema.ts'

/**
 * Carries the tokens of a SASL mechanism between client and broker (KIP-152).
 * v1 session lifetime (KIP-368) · v2 flexible
 */
export const SaslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexible: 2,
  request: {
    authBytes: bytes,
  },
  response: {
    errorCode: int16,
    errorMessage: string.nullable(),
    authBytes: bytes,
    sessionLifetimeMs: int64.default(0).since(1),
  },
})

export interface SaslAuthenticateRequest extends RequestOf<typeof SaslAuthenticate> {}
export interface SaslAuthenticateResponse extends ResponseOf<typeof SaslAuthenticate> {}
