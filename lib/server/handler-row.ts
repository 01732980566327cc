/** The table of handlers that the server is given: one row per API. The server knows nothing else about what requests mean. */
import type { RequestHeaderView } from '../../protocol/frame.ts'
import type { Api } from '../../protocol/schema.ts'
import type { Deferred } from '../base/deferred.ts'
import type { ConnectionInfo } from './connection-info.ts'
import type { Question } from './interceptor.ts'

/** A handler's answer: a response, now or later, or null for a request without an answer (Produce with acks=0). */
export type Answer<Response> = Response | Deferred<Response | null> | Promise<Response | null> | null

/** Why a request is refused as a whole. */
export interface Refusal {
  readonly errorCode: number
  /** For people; null where the code says everything. */
  readonly errorMessage: string | null
  /** The request's version: in some APIs the field of the error code depends on it. */
  readonly apiVersion: number
}

/**
 * One API and its handler. A handler takes effect before it first awaits, as the requests of a connection are handed on in order
 * without waiting for answers. Declared as methods, so that rows of different request types fit into one table.
 */
export interface HandlerRow<Context> {
  readonly api: Api
  /** Versions that are served; by default all that are declared, up to the latest stable one. */
  readonly versions?: readonly [number, number]
  /**
   * The handler keeps no view of the request's bytes after its answer and the end of the turn, so that their slab may be reused. Where
   * this is not set, the request is copied before it is decoded.
   */
  readonly keepsNothing?: boolean
  handle(request: object, context: Context): Answer<object>
  /**
   * The answer to a request that is refused as a whole, with the code wherever clients of this API look for it; null where the
   * client expects no answer, so that the connection is closed instead.
   */
  refuse(request: object, refusal: Refusal): object | null
}

/** The rows by API key. */
export type HandlerTable<Context> = ReadonlyMap<number, HandlerRow<Context>>

/** One request, until its answer is sent. */
export interface Exchange {
  /** Runs once the answer was handed to the socket, or the connection is closed: the place to release pooled buffers. */
  afterSend(run: () => void): void
  /** Whether parts of the answer may lie in files (see `FileBytes`). */
  takesFiles(): boolean
  /** Asks the interceptors a question before answering; undefined where none knows. */
  ask(question: Question): unknown
}

/** Makes the context that a handler is given with the request. */
export type MakeContext<Context> = (
  connection: ConnectionInfo,
  header: RequestHeaderView,
  exchange: Exchange,
) => Context

/** The versions of a row. */
export function versionsOf(row: HandlerRow<never>): readonly [number, number] {
  return row.versions ?? [row.api.versions[0], row.api.latestStable]
}
