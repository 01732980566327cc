/** A request's way from its frame to its handler, and the answer's way back. */
import { decode } from '../../protocol/codec.ts'
import { codeName, codes, KafkaError } from '../../protocol/errors.ts'
import {
  decodeRequestHeader,
  encodeAnswerFrame,
  encodeResponseFrame,
  type RequestHeaderView,
} from '../../protocol/frame.ts'
import type { Chunk } from '../../protocol/records/chunk.ts'
import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { Deferred, type DeferredListener } from '../base/deferred.ts'
import { LogLimit } from '../base/log-limit.ts'
import type { Logger } from '../base/logger.ts'
import type { Connection } from './connection.ts'
import { type Answer, type HandlerRow, type HandlerTable, type MakeContext, versionsOf } from './handler-row.ts'
import type { Slot } from './replies.ts'

const apiVersionsKey = 18

/** What becomes of errors that handlers throw. */
export interface ErrorRules {
  /** What a client is told of a fault: one of its own, or of what the broker stands on. Null for an error that must not be: a bug. */
  readonly faultOf: (error: unknown) => KafkaError | null
  /** Told of each bug, after it was logged. */
  readonly onBug: (error: unknown) => void
}

export const defaultErrorRules: ErrorRules = {
  faultOf: error => (error instanceof KafkaError ? error : null),
  // Out of every callback, so that nobody catches it: the process ends with a trace.
  onBug: error =>
    queueMicrotask(() => {
      throw error
    }),
}

export class Dispatcher<Context> {
  readonly #handlers: HandlerTable<Context>
  readonly #makeContext: MakeContext<Context>
  readonly #logger: Logger
  readonly #bugs: LogLimit
  readonly #refusals: LogLimit
  readonly rules: ErrorRules

  constructor(
    handlers: HandlerTable<Context>,
    makeContext: MakeContext<Context>,
    rules: ErrorRules,
    clock: Clock,
    logger: Logger,
  ) {
    this.#handlers = handlers
    this.#makeContext = makeContext
    this.rules = rules
    this.#logger = logger
    this.#bugs = new LogLimit(clock)
    this.#refusals = new LogLimit(clock)
  }

  /** Serves the request that lies between two positions of the buffer. */
  dispatch(connection: Connection, slot: Slot, buffer: Buffer, start: number, end: number): void {
    let header: RequestHeaderView
    try {
      header = decodeRequestHeader(buffer, start, end)
    } catch (error) {
      connection.fail(slot, `a request header that cannot be read: ${messageOf(error)}`)
      return
    }
    const { apiKey, apiVersion } = header
    const row = this.#handlers.get(apiKey)
    if (!row) {
      connection.fail(slot, `a request of API key ${apiKey}, which is not served`)
      return
    }
    const [versionMin, versionMax] = versionsOf(row)
    if (apiVersion < versionMin || apiVersion > versionMax) {
      if (apiKey === apiVersionsKey) this.#refuseVersion(connection, slot, row, header)
      else connection.fail(slot, `${row.api.name} version ${apiVersion}; ${versionMin} to ${versionMax} are served`)
      return
    }
    // What may be kept is a copy, as the slab is to be used again; such requests are small.
    const copy = slot.slab !== null && !row.keepsNothing ? Buffer.from(buffer.subarray(header.bodyStart, end)) : null
    let request: object
    try {
      request = copy
        ? decode(row.api.request, apiVersion, copy)
        : decode(row.api.request, apiVersion, buffer, header.bodyStart, end)
    } catch (error) {
      connection.fail(slot, `${row.api.name} version ${apiVersion} that cannot be decoded: ${messageOf(error)}`)
      return
    }
    new Call(this, connection, slot, row, header, request).handle()
  }

  /** A client that is ahead of us learns in the oldest form which versions of this API it may ask in. */
  #refuseVersion(
    connection: Connection,
    slot: Slot,
    row: HandlerRow<Context>,
    { correlationId }: RequestHeaderView,
  ): void {
    const response = row.refuse({}, { errorCode: codes.UNSUPPORTED_VERSION, errorMessage: null, apiVersion: 0 })
    assert(response !== null, 'a request for versions is always answered')
    connection.answer(slot, encodeResponseFrame(row.api, 0, correlationId, response))
  }

  contextOf(connection: Connection, header: RequestHeaderView, slot: Slot): Context {
    return this.#makeContext(connection.info, header, slot)
  }

  logBug(message: string, error: unknown): void {
    const line = this.#bugs.take()
    if (line) this.#logger.error(message, { error, ...line })
  }

  logRefusal({ api }: HandlerRow<Context>, { apiVersion, clientId }: RequestHeaderView, error: KafkaError): void {
    const line = this.#refusals.take()
    if (!line) return
    const { message: reason } = error
    this.#logger.info('request refused', {
      api: api.name,
      version: apiVersion,
      code: codeName(error.code),
      reason,
      clientId,
      ...line,
    })
  }
}

/** A request that its handler answers, now or later. */
class Call<Context> implements DeferredListener<object | null> {
  readonly #dispatcher: Dispatcher<Context>
  readonly #connection: Connection
  readonly #slot: Slot
  readonly #row: HandlerRow<Context>
  readonly #header: RequestHeaderView
  readonly #request: object
  readonly #context: Context

  constructor(
    dispatcher: Dispatcher<Context>,
    connection: Connection,
    slot: Slot,
    row: HandlerRow<Context>,
    header: RequestHeaderView,
    request: object,
  ) {
    this.#dispatcher = dispatcher
    this.#connection = connection
    this.#slot = slot
    this.#row = row
    this.#header = header
    this.#request = request
    this.#context = dispatcher.contextOf(connection, header, slot)
  }

  handle(): void {
    let answer: Answer<object>
    try {
      answer = this.#row.handle(this.#request, this.#context)
    } catch (error) {
      this.rejected(error)
      return
    }
    if (answer instanceof Deferred) answer.whenSettled(this)
    else if (answer instanceof Promise) {
      answer.then(
        response => this.resolved(response),
        error => this.rejected(error),
      )
    } else this.resolved(answer)
  }

  resolved(response: object | null): void {
    const { api } = this.#row
    const { apiVersion, correlationId } = this.#header
    let chunks: Chunk[] | null
    try {
      chunks = response && encodeAnswerFrame(api, apiVersion, correlationId, response)
    } catch (error) {
      this.#dispatcher.logBug(`${api.name} version ${apiVersion}: the answer cannot be encoded`, error)
      this.#connection.fail(this.#slot, `${api.name} failed`)
      return
    }
    this.#connection.answer(this.#slot, chunks)
  }

  rejected(error: unknown): void {
    const fault = this.#dispatcher.rules.faultOf(error)
    if (fault) this.refuse(fault)
    else this.#failed(error)
  }

  /** Answers in the API's own form that the whole request is refused. */
  refuse(error: KafkaError): void {
    const { code, message } = error
    const { apiVersion } = this.#header
    const errorMessage = message === codeName(code) ? null : message
    let response: object | null
    try {
      response = this.#row.refuse(this.#request, { errorCode: code, errorMessage, apiVersion })
    } catch (bug) {
      this.#failed(bug)
      return
    }
    // A client that wants no answer is told by the end of its connection.
    if (response === null) {
      this.#connection.fail(this.#slot, `${this.#row.api.name} that was refused: ${message}`)
      return
    }
    this.#dispatcher.logRefusal(this.#row, this.#header, error)
    this.resolved(response)
  }

  #failed(bug: unknown): void {
    const { api, keepsNothing } = this.#row
    // Nobody knows what a bug has left behind that still looks at the request, where that is no copy.
    if (keepsNothing) this.#slot.keepBytes()
    this.#dispatcher.logBug(`${api.name} version ${this.#header.apiVersion} failed`, bug)
    this.#connection.fail(this.#slot, `${api.name} failed`)
    this.#dispatcher.rules.onBug(bug)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
