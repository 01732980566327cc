/**
 * What stands around every request, in one list: an authentication gate, quotas, faults, a trace, metrics. With an empty list a request goes
 * its way at no cost. Authorisation is not here: handlers ask for it, as they know what a request is about.
 */
import type { KafkaError } from '../../protocol/errors.ts'
import type { Chunk } from '../../protocol/records/chunk.ts'
import type { Api } from '../../protocol/schema.ts'
import type { ConnectionInfo } from './connection-info.ts'

/** One request, as interceptors see it. The object is the same for all of them, from `before` to `after`. */
export interface CallInfo {
  readonly api: Api
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly connection: ConnectionInfo
  readonly request: object
  /** Bytes of the request's frame, without its size. */
  readonly requestBytes: number
  /** When it was handed on, on the wire clock. */
  readonly startMs: number
}

/** What becomes of a request instead of its handler's work. */
export type Verdict =
  /** It is refused as a whole, in its API's own form. */
  | { readonly kind: 'refuse'; readonly error: KafkaError }
  /** It is answered by this; the handler is not asked. */
  | { readonly kind: 'answer'; readonly response: object }
  /** The connection is closed, once the requests before it are answered. */
  | { readonly kind: 'close'; readonly reason: string }
  /** It is never answered, nor is any that follows on its connection: the client sees a broker that hangs. */
  | { readonly kind: 'stall' }
  /** The handler is asked once this resolves; what follows on the connection waits behind it. */
  | { readonly kind: 'wait'; readonly until: Promise<void> }

/** What is to be done besides sending an answer. */
export interface Aftermath {
  /** The client is told to wait so long, and its next request is not looked at before that (KIP-219). */
  readonly throttleMs?: number
  /** The answer is sent once this resolves; those behind it wait. */
  readonly until?: Promise<void>
}

/** A question that a handler has before it can answer: its own kind of object, which one interceptor knows. */
export interface Question {
  readonly about: string
}

/** Each method is optional. They are called in the order of the list, `after` and `encoded` in the reverse one. */
export interface Interceptor {
  /** Before the handler; the first verdict counts. */
  before?(call: CallInfo): Verdict | undefined
  /** Answers a handler's question; the first answer counts. Undefined: not mine. */
  asked?(call: CallInfo, question: Question): unknown
  /** With the answer, which may be changed; null where none is wanted. `endMs` is on the wire clock. The longest throttling counts. */
  after?(call: CallInfo, response: object | null, endMs: number): Aftermath | undefined
  /** With the answer's bytes, its size and header included; gives those that are sent in their place. An empty list: none are. */
  encoded?(call: CallInfo, chunks: readonly Chunk[]): readonly Chunk[]
}
