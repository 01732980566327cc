/** From a request's frame to its handler: header, version, decoding, and refusal where one of them is wrong. */
import { types } from 'node:util'
import { decode } from '../../protocol/codec.ts'
import { codeName, codes, type KafkaError } from '../../protocol/errors.ts'
import { decodeRequestHeader, encodeResponseFrame, type RequestHeaderView } from '../../protocol/frame.ts'
import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { LogLimit } from '../base/log-limit.ts'
import type { Logger } from '../base/logger.ts'
import { Call, type CallHost } from './call.ts'
import type { Connection } from './connection.ts'
import type { ErrorRules } from './error-rules.ts'
import type { Gate } from './gate.ts'
import { type HandlerRow, type HandlerTable, type MakeContext, versionsOf } from './handler-row.ts'
import { InterceptedCall } from './intercepted-call.ts'
import { type Interceptor, noQuotas, type QuotaKeeping } from './interceptor.ts'
import type { Slot } from './replies.ts'
import type { RequestCounts } from './request-counts.ts'

const apiVersionsKey = 18

export class Dispatcher<Context> implements CallHost<Context> {
  readonly #handlers: HandlerTable<Context>
  readonly #makeContext: MakeContext<Context>
  readonly #logger: Logger
  readonly #bugs: LogLimit
  readonly #refusals: LogLimit
  readonly rules: ErrorRules
  readonly counts: RequestCounts
  readonly #clock: Clock
  /** Read for each request: the list may change while the server runs. */
  readonly #interceptors: readonly Interceptor[]
  readonly #quotas: QuotaKeeping
  /** Where clients log in; null where no listener asks for it. */
  readonly #gate: Gate<Context> | null

  constructor(
    handlers: HandlerTable<Context>,
    makeContext: MakeContext<Context>,
    rules: ErrorRules,
    interceptors: readonly Interceptor[],
    counts: RequestCounts,
    clock: Clock,
    logger: Logger,
    gate: Gate<Context> | null = null,
    quotas: QuotaKeeping = noQuotas,
  ) {
    this.#quotas = quotas
    this.#gate = gate
    this.#handlers = handlers
    this.#makeContext = makeContext
    this.rules = rules
    this.#interceptors = interceptors
    this.counts = counts
    this.#clock = clock
    this.#logger = logger
    this.#bugs = new LogLimit(clock)
    this.#refusals = new LogLimit(clock)
  }

  /** Serves the request that lies between two positions of the buffer. */
  dispatch(connection: Connection, slot: Slot, buffer: Buffer, start: number, end: number): void {
    const { login } = connection
    if (login !== null && this.#gate!.takes(connection, login, slot, buffer, start, end)) return
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
    // The slab will be reused, so a request of which the handler may keep views is copied; such requests are small.
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
    this.counts.began(slot.cameTicks)
    const { requests } = this.#quotas
    if (this.#interceptors.length === 0 && requests === null)
      new Call(this, connection, slot, row, header, request).handle()
    else {
      // A copy: changes of the list take effect for later requests.
      const around = requests === null ? [...this.#interceptors] : [...this.#interceptors, requests]
      new InterceptedCall(this, connection, slot, row, header, request, around, this.#clock).handle()
    }
  }

  /** A newer client learns from ApiVersions version 0 which versions of it are supported (KIP-511). */
  #refuseVersion(
    connection: Connection,
    slot: Slot,
    row: HandlerRow<Context>,
    { correlationId }: RequestHeaderView,
  ): void {
    const response = row.refuse({}, { errorCode: codes.UNSUPPORTED_VERSION, errorMessage: null, apiVersion: 0 })
    assert(response !== null, 'a request for versions is always answered')
    this.counts.answered(row.api, slot.cameTicks, response)
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
    if (this.rules.isTold(error)) return
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

function messageOf(error: unknown): string {
  return types.isNativeError(error) ? error.message : String(error)
}
