/** What the server is given to answer with: one row per API. It knows nothing else of what a request means. */
import type { RequestHeaderView } from '../../protocol/frame.ts'
import type { Api } from '../../protocol/schema.ts'
import type { Deferred } from '../base/deferred.ts'
import type { ConnectionInfo } from './connection-info.ts'
import type { Question } from './interceptor.ts'

/** A handler's answer: a response, one to come, or null for a request that is not answered (Produce with acks=0). */
export type Answer<Response> = Response | Deferred<Response | null> | Promise<Response | null> | null

/** Why a request is refused as a whole. */
export interface Refusal {
  readonly errorCode: number
  /** For people; null where the code says it all. */
  readonly errorMessage: string | null
  /** The request's version: the place of the code depends on it in some APIs. */
  readonly apiVersion: number
}

/**
 * One API and who serves it. A handler takes effect before it first awaits, as the requests of a connection are handed on in order
 * without waiting for answers. Declared as methods, so that rows of different requests fit into one table.
 */
export interface HandlerRow<Context> {
  readonly api: Api
  /** Versions that are served; by default all that are declared, up to the latest stable one. */
  readonly versions?: readonly [number, number]
  /**
   * Once there is an answer and the turn of the event loop is over, nobody looks at the request's bytes any more: their memory is
   * used again. Where it is not set, views of the request may be kept: it is copied before.
   */
  readonly keepsNothing?: boolean
  handle(request: object, context: Context): Answer<object>
  /**
   * The answer to a request that is refused as a whole, with the code wherever clients of this API look for it; null where the
   * client waits for no answer, and learns of the refusal by the end of its connection.
   */
  refuse(request: object, refusal: Refusal): object | null
}

/** The rows by API key. */
export type HandlerTable<Context> = ReadonlyMap<number, HandlerRow<Context>>

/** One request from its coming in to its answer's leaving. */
export interface Exchange {
  /** Runs once the answer has left for the socket, or the connection has died: the place to release pooled buffers. */
  afterSend(run: () => void): void
  /** Whether parts of the answer may lie in files (see `FileBytes`). */
  takesFiles(): boolean
  /** Asks the interceptors something that has to be known before there is an answer; undefined where none knows. */
  ask(question: Question): unknown
}

/** Makes what a handler is given besides the request. */
export type MakeContext<Context> = (
  connection: ConnectionInfo,
  header: RequestHeaderView,
  exchange: Exchange,
) => Context

/** The versions of a row. */
export function versionsOf(row: HandlerRow<never>): readonly [number, number] {
  return row.versions ?? [row.api.versions[0], row.api.latestStable]
}
