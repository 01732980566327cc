/**
 * Interceptors around every request, in one list: an authentication gate, quotas, injected faults, a trace, metrics. An empty list costs one
 * comparison. Authorization is not among them: handlers ask for it, as they know the resources that a request is about.
 */
import type { KafkaError } from '../../protocol/errors.ts'
import type { Chunk } from '../../protocol/records/chunk.ts'
import type { Api } from '../../protocol/schema.ts'
import type { ConnectionInfo } from './connection-info.ts'

/** One request, as interceptors see it. All of them get the same object, from `before` to `encoded`. */
export interface CallInfo {
  readonly api: Api
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly connection: ConnectionInfo
  readonly request: object
  /** Bytes of the request's frame, without its size. */
  readonly requestBytes: number
  /** When it was dispatched, on the wire clock. */
  readonly startMs: number
}

/** What is done with a request instead of calling its handler. */
export type Verdict =
  /** It is refused as a whole, in its API's own form. */
  | { readonly kind: 'refuse'; readonly error: KafkaError }
  /** It is answered by this response; the handler is not called. */
  | { readonly kind: 'answer'; readonly response: object }
  /** The connection is closed, once the requests before it are answered. */
  | { readonly kind: 'close'; readonly reason: string }
  /** It is never answered, nor is any later request of its connection: the client sees a broker that hangs. */
  | { readonly kind: 'stall' }
  /** Once this resolves, the handler is called, or what it resolves with is done; later requests of the connection wait. */
  // biome-ignore lint/suspicious/noConfusingVoidType: who only waits has nothing to resolve with
  | { readonly kind: 'wait'; readonly until: Promise<Verdict | undefined | void> }
  /** The handler is called twice: with this copy of the request, whose answer nobody gets, and then with the request. */
  | { readonly kind: 'twice'; readonly copy: object }

/** What is to be done besides sending the answer. */
export interface Aftermath {
  /** Throttling: the answer tells this time, and the connection is muted for as long (KIP-219). */
  readonly throttleMs?: number
  /** The answer is sent once this resolves; later answers wait. */
  readonly until?: Promise<void>
  /** Nothing is sent after this answer: the connection is closed, or stays open in silence. */
  readonly cut?: 'close' | 'stall'
}

/** A question of a handler, asked before it answers: an object of a kind that one interceptor knows. It is not kept, so that it can be used again. */
export interface Question {
  readonly about: string
}

/** Whether a client may not have so many bytes of records now. */
export interface FetchedBytes extends Question {
  readonly about: 'fetchedBytes'
  readonly count: number
}

/** Whether a client may not have so many partitions made or deleted now. Who does not know such a refusal is only held up afterwards. */
export interface ControllerMutations extends Question {
  readonly about: 'controllerMutations'
  readonly count: number
  readonly isStrict: boolean
}

/** What holds clients to quotas; nothing as long as there are none. Read for each request and connection. */
export interface QuotaKeeping {
  readonly requests: Interceptor | null
  /** How long a connection from an address rests before it is closed; 0 where it may come in. */
  readonly connectionThrottleMs: ((remoteAddress: string) => number) | null
  /** Milliseconds for which clients were held up so far, by the property that says so. */
  readonly heldMs: ReadonlyMap<string, number>
}

/** Holds nobody to anything. */
export const noQuotas: QuotaKeeping = { requests: null, connectionThrottleMs: null, heldMs: new Map() }

/** Each method is optional. They are called in the order of the list, `after` and `encoded` in reverse order. */
export interface Interceptor {
  /** Before the handler; the first verdict counts. */
  before?(call: CallInfo): Verdict | undefined
  /** The handler has returned, so long after it was called; its answer may be under way. For answers that are there at once, it comes after `after`. */
  handled?(call: CallInfo, elapsedMs: number): void
  /** Answers a handler's question; the first answer counts. Undefined where the question is not for this interceptor. */
  asked?(call: CallInfo, question: Question): unknown
  /** With the answer, which may be changed; null where the client expects none. `endMs` is on the wire clock. The longest throttling counts. */
  after?(call: CallInfo, response: object | null, endMs: number): Aftermath | undefined
  /** With the encoded answer, size and header included; returns the bytes to send instead. An empty list sends nothing. */
  encoded?(call: CallInfo, chunks: readonly Chunk[]): readonly Chunk[]
  /** A connection is closed, whether it has asked for anything or not. */
  closed?(connection: ConnectionInfo): void
}
