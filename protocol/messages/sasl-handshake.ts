import { api, array, int16, type RequestOf, type ResponseOf, string } from '../schema.ts'

/**
 * Chooses the SASL mechanism (KIP-43).
 * v0 bare tokens follow · v1 tokens follow in SaslAuthenticate (KIP-152)
 */
export const SaslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  flexible: null,
  request: {
    mechanism: string,
  },
  response: {
    errorCode: int16,
    mechanisms: array(string),
  },
})

export interface SaslHandshakeRequest extends RequestOf<typeof SaslHandshake> {}
export interface SaslHandshakeResponse extends ResponseOf<typeof SaslHandshake> {}
