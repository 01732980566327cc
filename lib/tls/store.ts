/** What is in a key or trust store, whatever its form. */
import { timingSafeEqual } from 'node:crypto'

export interface Store {
  /** Private keys in PKCS8, each with its certificate and those that lead to its authority, all in DER. */
  readonly keys: readonly { readonly key: Buffer; readonly chain: readonly Buffer[] }[]
  /** Certificates whose owners, and all whom they have signed, are trusted. */
  readonly trusted: readonly Buffer[]
}

/** The password does not open it, or one of its keys; or it has something that is not known here. */
type StoreFault = 'password' | 'key password' | 'unknown'

/** Why a store cannot be read: the password does not open it, it is damaged, or it holds what is not known here. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly reason: StoreFault

  constructor(reason: StoreFault, what = '') {
    super(reason === 'unknown' ? `it has ${what}, which is not known here` : `the ${reason} does not open it`)
    this.reason = reason
  }
}

/** Whether bytes are the same; how long it takes tells only of their length. */
export function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
