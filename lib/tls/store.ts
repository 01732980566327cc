/** What is in a key or trust store, whatever its form. */

export interface Store {
  /** Private keys in PKCS8, each with its certificate and those that lead to its authority, all in DER. */
  readonly keys: readonly { readonly key: Buffer; readonly chain: readonly Buffer[] }[]
  /** Certificates whose owners, and all whom they have signed, are trusted. */
  readonly trusted: readonly Buffer[]
}

/** Why a store cannot be read: the password does not open it, it is damaged, or it holds what is not known here. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly reason: 'password' | 'unknown'

  constructor(reason: 'password' | 'unknown', what = '') {
    super(reason === 'password' ? 'the password does not open it' : `it has ${what}, which is not known here`)
    this.reason = reason
  }
}
