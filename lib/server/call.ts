/** One request between its decoding and its answer. */
import { EncodeError } from '../../protocol/codec.ts'
import { codeName, codes, KafkaError } from '../../protocol/errors.ts'
import { encodeAnswerFrame, type RequestHeaderView } from '../../protocol/frame.ts'
import type { Chunk } from '../../protocol/records/chunk.ts'
import { Deferred, type DeferredListener } from '../base/deferred.ts'
import type { Connection } from './connection.ts'
import type { ErrorRules } from './error-rules.ts'
import type { Answer, HandlerRow } from './handler-row.ts'
import type { Slot } from './replies.ts'
import type { RequestCounts } from './request-counts.ts'

/** What a call needs of the dispatcher. */
export interface CallHost<Context> {
  readonly rules: ErrorRules
  readonly counts: RequestCounts
  contextOf(connection: Connection, header: RequestHeaderView, slot: Slot): Context
  logBug(message: string, error: unknown): void
  logRefusal(row: HandlerRow<Context>, header: RequestHeaderView, error: KafkaError): void
}

/** A request that its handler answers, now or later. */
export class Call<Context> implements DeferredListener<object | null> {
  protected readonly host: CallHost<Context>
  protected readonly connection: Connection
  protected readonly slot: Slot
  protected readonly row: HandlerRow<Context>
  protected readonly header: RequestHeaderView
  protected readonly request: object
  protected readonly context: Context
  #isRefused = false

  constructor(
    host: CallHost<Context>,
    connection: Connection,
    slot: Slot,
    row: HandlerRow<Context>,
    header: RequestHeaderView,
    request: object,
  ) {
    this.host = host
    this.connection = connection
    this.slot = slot
    this.row = row
    this.header = header
    this.request = request
    this.context = host.contextOf(connection, header, slot)
  }

  handle(): void {
    let answer: Answer<object>
    try {
      answer = this.row.handle(this.request, this.context)
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
    const { api } = this.row
    const { apiVersion, correlationId } = this.header
    let chunks: readonly Chunk[] | null
    try {
      chunks = response && encodeAnswerFrame(api, apiVersion, correlationId, response)
    } catch (error) {
      this.#unencodable(error)
      return
    }
    this.host.counts.answered(api, this.slot.cameTicks, response)
    this.send(chunks)
  }

  /** The answer, or a field of it, is too long to be encoded: this request is refused, others are not affected. */
  #unencodable(error: unknown): void {
    const { api } = this.row
    this.host.logBug(`${api.name} version ${this.header.apiVersion}: the answer cannot be encoded`, error)
    if (error instanceof EncodeError && !this.#isRefused) this.refuse(new KafkaError(codes.UNKNOWN_SERVER_ERROR))
    else this.connection.fail(this.slot, `${api.name} failed`)
  }

  protected send(chunks: readonly Chunk[] | null): void {
    this.connection.answer(this.slot, chunks)
  }

  rejected(error: unknown): void {
    const fault = this.host.rules.faultOf(error)
    if (fault) this.refuse(fault)
    else this.#failed(error)
  }

  /** Answers in the API's own form that the whole request is refused. */
  refuse(error: KafkaError): void {
    this.#isRefused = true
    const { code, message } = error
    const { apiVersion } = this.header
    const errorMessage = message === codeName(code) ? null : message
    let response: object | null
    try {
      response = this.row.refuse(this.request, { errorCode: code, errorMessage, apiVersion })
    } catch (bug) {
      this.#failed(bug)
      return
    }
    // A client that expects no answer (acks=0) learns of it by its connection being closed.
    if (response === null) {
      this.host.counts.refused(this.row.api, this.slot.cameTicks, code)
      this.connection.fail(this.slot, `${this.row.api.name} that was refused: ${message}`)
      return
    }
    this.host.logRefusal(this.row, this.header, error)
    this.resolved(response)
  }

  #failed(bug: unknown): void {
    const { api, keepsNothing } = this.row
    // After a bug, something may still hold views of a request that was not copied: its slab is not reused.
    if (keepsNothing) this.slot.keepBytes()
    this.host.logBug(`${api.name} version ${this.header.apiVersion} failed`, bug)
    this.connection.fail(this.slot, `${api.name} failed`)
    this.host.rules.onBug(bug)
  }
}
