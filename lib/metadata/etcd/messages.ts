/** The messages of etcd's v3 gateway that are used here: JSON in which bytes are base64 and 64-bit numbers are text. */
import type { Entry } from '../store.ts'

export interface Header {
  readonly cluster_id?: string
  readonly revision?: string
}

export interface KeyValue {
  readonly key: string
  readonly value?: string
  readonly mod_revision: string
}

export interface RangeRequest {
  readonly key: string
  readonly range_end?: string
  readonly limit?: string
  readonly revision?: string
}

export interface RangeResponse {
  readonly header?: Header
  readonly kvs?: readonly KeyValue[]
  readonly more?: boolean
}

export interface Compare {
  readonly key: string
  readonly target: 'MOD' | 'CREATE'
  readonly result: 'EQUAL'
  readonly mod_revision?: string
  readonly create_revision?: string
}

export type RequestOp =
  | { readonly request_put: { readonly key: string; readonly value: string; readonly lease?: string } }
  | { readonly request_delete_range: { readonly key: string; readonly range_end?: string } }
  | { readonly request_range: RangeRequest }
  | { readonly request_txn: TxnRequest }

export interface TxnRequest {
  readonly compare: readonly Compare[]
  readonly success: readonly RequestOp[]
  readonly failure: readonly RequestOp[]
}

export interface TxnResponse {
  readonly header?: Header
  readonly succeeded?: boolean
  readonly responses?: readonly ResponseOp[]
}

export interface ResponseOp {
  readonly response_put?: object
  readonly response_delete_range?: { readonly deleted?: string }
  readonly response_range?: RangeResponse
  readonly response_txn?: TxnResponse
}

export interface WatchResponse {
  readonly header?: Header
  readonly created?: boolean
  readonly canceled?: boolean
  readonly cancel_reason?: string
  readonly compact_revision?: string
  readonly events?: readonly { readonly type?: 'DELETE'; readonly kv: KeyValue }[]
}

export function encoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

export function decoded(base64: string | undefined): string {
  return base64 === undefined ? '' : Buffer.from(base64, 'base64').toString('utf8')
}

/** The range of all keys with a prefix that is not empty: up to the prefix with its last byte raised by one. */
export function rangeOf(prefix: string): { readonly key: string; readonly range_end: string } {
  const bytes = Buffer.from(prefix, 'utf8')
  const end = Buffer.from(bytes)
  // UTF-8 has no byte 255, so the last one can always be raised.
  end[end.length - 1]! += 1
  return { key: bytes.toString('base64'), range_end: end.toString('base64') }
}

/** Throws RangeError where it is no revision. */
export function revisionOf(text: string | undefined): number {
  const revision = Number(text)
  if (!Number.isSafeInteger(revision) || revision < 0) throw new RangeError(`${text} is no revision`)
  return revision
}

/** A key and value of etcd as an entry of this cluster's, whose keys begin with the prefix. */
export function entryOf({ key, value, mod_revision }: KeyValue, prefix: string): Entry {
  return { key: decoded(key).slice(prefix.length), value: decoded(value), revision: revisionOf(mod_revision) }
}
