/** A request's way from its frame to its handler, and the answer's way back. */
import { decode } from '../../protocol/codec.ts'
import { KafkaError } from '../../protocol/errors.ts'
import {
  decodeRequestHeader,
  encodeAnswerFrame,
  encodeResponseFrame,
  type RequestHeaderView,
} from '../../protocol/frame.ts'
import type { Chunk } from '../../protocol/records/chunk.ts'
import type { Clock } from '../base/clock.ts'
import { Deferred, type DeferredListener } from '../base/deferred.ts'
import { LogLimit } from '../base/log-limit.ts'
import type { Logger } from '../base/logger.ts'
import type { Connection } from './connection.ts'
import { type Answer, type HandlerRow, type HandlerTable, type MakeContext, versionsOf } from './handlers.ts'
import type { Slot } from './replies.ts'

const apiVersionsKey = 18
const unsupportedVersion = 35

export class Dispatcher<Context> {
  readonly #handlers: HandlerTable<Context>
  readonly #makeContext: MakeContext<Context>
  readonly #logger: Logger
  readonly #logLimit: LogLimit

  constructor(handlers: HandlerTable<Context>, makeContext: MakeContext<Context>, clock: Clock, logger: Logger) {
    this.#handlers = handlers
    this.#makeContext = makeContext
    this.#logger = logger
    this.#logLimit = new LogLimit(clock)
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
    const [minVersion, maxVersion] = versionsOf(row)
    const response = { errorCode: unsupportedVersion, apiKeys: [{ apiKey: apiVersionsKey, minVersion, maxVersion }] }
    connection.answer(slot, encodeResponseFrame(row.api, 0, correlationId, response))
  }

  contextOf(connection: Connection, header: RequestHeaderView, slot: Slot): Context {
    return this.#makeContext(connection.info, header, slot)
  }

  logBug(message: string, error: unknown): void {
    const line = this.#logLimit.take()
    if (line) this.#logger.error(message, { error, ...line })
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
    const { api } = this.#row
    // Nobody knows what a bug has left behind that still looks at the request, where that is no copy.
    if (this.#row.keepsNothing && !(error instanceof KafkaError)) this.#slot.keepBytes()
    let response: object | null = null
    try {
      response = this.#row.onError?.(this.#request, error, this.#context) ?? null
    } catch (second) {
      this.#dispatcher.logBug(`${api.name}: making the answer to an error failed`, second)
    }
    if (response) {
      this.resolved(response)
    } else if (error instanceof KafkaError) {
      // A client that wants no answer is told by the end of its connection.
      this.#connection.fail(this.#slot, `${api.name} that was refused: ${error.message}`)
    } else {
      this.#dispatcher.logBug(`${api.name} version ${this.#header.apiVersion} failed`, error)
      this.#connection.fail(this.#slot, `${api.name} failed`)
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
