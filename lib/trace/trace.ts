/** A trace of what clients ask and are answered, in plain words, with the causes of errors. */
import { codeName } from '../../protocol/errors.ts'
import type { Clock } from '../base/clock.ts'
import type { ConnectionInfo } from '../server/connection-info.ts'
import type { Aftermath, CallInfo, Interceptor, Verdict } from '../server/interceptor.ts'
import type { Abouts } from './about.ts'
import { Causes, cut } from './causes.ts'
import { answerInWords, errorsIn, errorsInWords, requestInWords } from './describe.ts'
import type { TraceLine } from './line.ts'

/** How much is kept of what clients say. */
export interface TraceBounds {
  readonly linesMax: number
  /** Groups, members and producers whose causes are known. */
  readonly namesMax: number
  /** Characters of a text in a line. */
  readonly charactersMax: number
}

const ofTests: TraceBounds = { linesMax: 10_000, namesMax: 10_000, charactersMax: Number.POSITIVE_INFINITY }

/** See the head of the file. It costs more than a small request does, so it is off until somebody asks for it. */
export class Trace implements Interceptor {
  readonly #abouts: Abouts
  readonly #clock: Clock
  readonly #bounds: TraceBounds
  readonly #causes: Causes
  #lines: TraceLine[] = []
  #last: number
  #isOn = false
  #onLine: ((line: TraceLine) => void) | null = null

  /** Times are by this clock; lines are counted from the one after `last`. */
  constructor(abouts: Abouts, clock: Clock, bounds: TraceBounds = ofTests, last = 0) {
    this.#abouts = abouts
    this.#clock = clock
    this.#bounds = bounds
    this.#causes = new Causes(bounds.namesMax)
    this.#last = last
  }

  /** Tells all that comes from now on. */
  begin(): this {
    this.#isOn = true
    return this
  }

  /** Is told of each line as it comes, from now on. */
  set onLine(onLine: (line: TraceLine) => void) {
    this.#onLine = onLine
    this.begin()
  }

  get last(): number {
    return this.#last
  }

  since(number = 0): readonly TraceLine[] {
    return this.#lines.slice(-this.#bounds.linesMax).filter(line => line.number > number)
  }

  before(call: CallInfo): Verdict | undefined {
    if (!this.#isOn) return undefined
    this.#causes.asked(call)
    this.#add('request', call, requestInWords(call, this.#abouts.of(call), this.#abouts.nameOfId))
    return undefined
  }

  after(call: CallInfo, response: object | null, endMs: number): Aftermath | undefined {
    if (!this.#isOn) return undefined
    this.#abouts.answered(call, response)
    const about = this.#abouts.of(call)
    const { nameOfId } = this.#abouts
    this.#causes.answered(call, response, about)
    const errors = errorsIn(response, nameOfId)
    const codes = [...new Set(errors.map(({ code }) => code))]
    const causes = new Set(codes.flatMap(code => this.#causes.of(code, call, response, about) ?? []))
    const text = [answerInWords(call, response, nameOfId), errorsInWords(errors)].filter(Boolean).join('; ')
    this.#add('answer', call, text, {
      ...(codes.length > 0 && { errors: codes.map(codeName) }),
      ...(causes.size > 0 && { cause: [...causes].join('; ') }),
      tookMs: Math.round((endMs - call.startMs) * 10) / 10,
    })
    return undefined
  }

  /** A fault has met a request. */
  faulted(call: CallInfo, description: string): void {
    if (this.#isOn) this.#add('fault', call, description)
  }

  closed({ id }: ConnectionInfo): void {
    if (!this.#isOn) return
    const none = { clientId: null, api: null, version: null, correlationId: null }
    this.#push({ ...this.#begun('closed'), connection: id, ...none, text: 'the connection is closed' })
  }

  #add(kind: TraceLine['kind'], call: CallInfo, text: string, more: Partial<TraceLine> = {}): void {
    const { api, apiVersion: version, clientId, correlationId, connection } = call
    this.#push({
      ...this.#begun(kind),
      connection: connection.id,
      clientId,
      api: api.name,
      version,
      correlationId,
      text,
      ...more,
    })
  }

  #begun<K extends TraceLine['kind']>(kind: K): { number: number; at: number; kind: K } {
    return { number: ++this.#last, at: this.#clock.now(), kind }
  }

  #push(whole: TraceLine): void {
    const { linesMax, charactersMax } = this.#bounds
    const { clientId, cause } = whole
    const line = {
      ...whole,
      clientId: clientId === null ? null : cut(clientId, charactersMax),
      text: cut(whole.text, charactersMax),
      ...(cause !== undefined && { cause: cut(cause, charactersMax) }),
    }
    this.#lines.push(line)
    if (this.#lines.length > 2 * linesMax) this.#lines = this.#lines.slice(-linesMax)
    this.#onLine?.(line)
  }
}
