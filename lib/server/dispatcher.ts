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
    if (!row.keepsNothing) slot.keepBytes()
    let request: object
    try {
      request = decode(row.api.request, apiVersion, buffer, header.bodyStart, end)
    } catch (error) {
      connection.fail(slot, `${row.api.name} version ${apiVersion} that cannot be decoded: ${messageOf(error)}`)
      return
    }
    this.#handle(connection, slot, row, header, request)
  }

  #handle(
    connection: Connection,
    slot: Slot,
    row: HandlerRow<Context>,
    header: RequestHeaderView,
    request: object,
  ): void {
    const context = this.#makeContext(connection.info, header, slot)
    let answer: Answer<object>
    try {
      answer = row.handle(request, context)
    } catch (error) {
      this.#failed(connection, slot, row, header, request, context, error)
      return
    }
    if (answer instanceof Promise) {
      answer.then(
        response => this.#answer(connection, slot, row, header, response),
        error => this.#failed(connection, slot, row, header, request, context, error),
      )
    } else {
      this.#answer(connection, slot, row, header, answer)
    }
  }

  #answer(
    connection: Connection,
    slot: Slot,
    { api }: HandlerRow<Context>,
    { apiVersion, correlationId }: RequestHeaderView,
    response: object | null,
  ): void {
    let chunks: Chunk[] | null
    try {
      chunks = response && encodeAnswerFrame(api, apiVersion, correlationId, response)
    } catch (error) {
      this.#logBug(`${api.name} version ${apiVersion}: the answer cannot be encoded`, error)
      connection.fail(slot, `${api.name} failed`)
      return
    }
    connection.answer(slot, chunks)
  }

  #failed(
    connection: Connection,
    slot: Slot,
    row: HandlerRow<Context>,
    header: RequestHeaderView,
    request: object,
    context: Context,
    error: unknown,
  ): void {
    // Nobody knows what a bug has left behind that still looks at the request.
    if (!(error instanceof KafkaError)) slot.keepBytes()
    let response: object | null = null
    try {
      response = row.onError?.(request, error, context) ?? null
    } catch (second) {
      this.#logBug(`${row.api.name}: making the answer to an error failed`, second)
    }
    if (response) {
      this.#answer(connection, slot, row, header, response)
    } else if (error instanceof KafkaError) {
      // A client that wants no answer is told by the end of its connection.
      connection.fail(slot, `${row.api.name} that was refused: ${error.message}`)
    } else {
      this.#logBug(`${row.api.name} version ${header.apiVersion} failed`, error)
      connection.fail(slot, `${row.api.name} failed`)
    }
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

  #logBug(message: string, error: unknown): void {
    const line = this.#logLimit.take()
    if (line) this.#logger.error(message, { error, ...line })
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
