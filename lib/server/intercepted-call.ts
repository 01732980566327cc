/** A request that passes through interceptors, before and after its handler. */
import type { RequestHeaderView } from '../../protocol/frame.ts'
import type { Chunk } from '../../protocol/records/chunk.ts'
import type { Clock } from '../base/clock.ts'
import { Deferred } from '../base/deferred.ts'
import { Call, type CallHost } from './call.ts'
import type { Connection } from './connection.ts'
import type { HandlerRow } from './handler-row.ts'
import type { CallInfo, Interceptor, Verdict } from './interceptor.ts'
import type { Slot } from './replies.ts'

export class InterceptedCall<Context> extends Call<Context> {
  readonly #interceptors: readonly Interceptor[]
  readonly #clock: Clock
  readonly #info: CallInfo
  /** `after` was called; where encoding then fails, the refusal does not pass through it again. */
  #isOver = false
  #cut: 'close' | 'stall' | undefined

  constructor(
    host: CallHost<Context>,
    connection: Connection,
    slot: Slot,
    row: HandlerRow<Context>,
    header: RequestHeaderView,
    request: object,
    interceptors: readonly Interceptor[],
    clock: Clock,
  ) {
    super(host, connection, slot, row, header, request)
    this.#interceptors = interceptors
    this.#clock = clock
    this.#info = {
      api: row.api,
      apiVersion: header.apiVersion,
      correlationId: header.correlationId,
      clientId: header.clientId,
      connection: connection.info,
      request,
      requestBytes: slot.bytes,
      startMs: clock.monotonicMs(),
    }
    slot.asked = question => {
      for (const each of interceptors) {
        const answer = each.asked?.(this.#info, question)
        if (answer !== undefined) return answer
      }
      return undefined
    }
  }

  override handle(): void {
    this.#before(0)
  }

  /** Calls the interceptors from the given one on, and then the handler. */
  #before(from: number): void {
    for (let i = from; i < this.#interceptors.length; i++) {
      const verdict = this.#interceptors[i]!.before?.(this.#info)
      if (verdict !== undefined && this.#isDone(verdict, i)) return
    }
    const startMs = this.#clock.monotonicMs()
    super.handle()
    for (const each of this.#interceptors) each.handled?.(this.#info, this.#clock.monotonicMs() - startMs)
  }

  /** Does what the interceptor at this place wants; whether that was all. */
  #isDone(verdict: Verdict, i: number): boolean {
    switch (verdict.kind) {
      case 'refuse':
        this.refuse(verdict.error)
        return true
      case 'answer':
        this.resolved(verdict.response)
        return true
      case 'close':
        this.connection.fail(this.slot, verdict.reason)
        return true
      case 'stall':
        // Its slot stays open, so that no later answer is sent.
        this.connection.stall()
        return true
      case 'wait':
        this.connection.hold()
        void verdict.until.then(next => {
          if (!next || !this.#isDone(next, i)) this.#before(i + 1)
          this.connection.release()
        })
        return true
      case 'twice':
        this.#handleUnheard(verdict.copy)
        return false
    }
  }

  /** Has a request take effect whose answer nobody gets. */
  #handleUnheard(request: object): void {
    try {
      const answer = this.row.handle(request, this.context)
      if (answer instanceof Promise) answer.catch(error => this.#unheard(error))
      else if (answer instanceof Deferred)
        answer.whenSettled({ resolved: () => {}, rejected: error => this.#unheard(error) })
    } catch (error) {
      this.#unheard(error)
    }
  }

  /** What is not a fault of the request is a bug. */
  #unheard(error: unknown): void {
    if (this.host.rules.faultOf(error) === null) this.rejected(error)
  }

  override resolved(response: object | null): void {
    if (this.#isOver) {
      super.resolved(response)
      return
    }
    this.#isOver = true
    const endMs = this.#clock.monotonicMs()
    let throttleMs = 0
    const waits: Promise<void>[] = []
    for (let i = this.#interceptors.length - 1; i >= 0; i--) {
      const aftermath = this.#interceptors[i]!.after?.(this.#info, response, endMs)
      throttleMs = Math.max(throttleMs, aftermath?.throttleMs ?? 0)
      this.#cut ??= aftermath?.cut
      if (aftermath?.until) waits.push(aftermath.until)
    }
    if (throttleMs > 0) {
      if (response !== null && 'throttleTimeMs' in response) response.throttleTimeMs = Math.ceil(throttleMs)
      this.connection.rest(throttleMs, this.#clock)
    }
    if (waits.length === 0) super.resolved(response)
    else void Promise.all(waits).then(() => super.resolved(response))
  }

  protected override send(chunks: readonly Chunk[] | null): void {
    let sent = chunks
    for (let i = this.#interceptors.length - 1; i >= 0 && sent !== null; i--) {
      sent = this.#interceptors[i]!.encoded?.(this.#info, sent) ?? sent
    }
    if (this.#cut === undefined) super.send(sent)
    else this.connection.answerLast(this.slot, sent, this.#cut)
  }
}
