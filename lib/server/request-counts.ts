/** Requests by API: how many, what their answers say, and how long they took. Plain numbers that are written on a request's way. */
import type { Api, NamedField } from '../../protocol/schema.ts'
import type { Clock } from '../base/clock.ts'
import { TimeHistogram, ticksOf } from '../base/time-histogram.ts'

/** Of one API. */
export class ApiCounts {
  readonly name: string
  /** From the bytes being there to the answer being given to the connection. */
  readonly times = new TimeHistogram()
  readonly #places: ErrorPlaces
  /** By error code, from -1 on. */
  #byError = new Float64Array(8)

  constructor(api: Api) {
    this.name = api.name
    this.#places = errorPlacesIn(api.response.fields)
  }

  add(response: object | null, ticks: number): void {
    this.addError(response === null ? 0 : firstError(response as Answered, this.#places), ticks)
  }

  addError(errorCode: number, ticks: number): void {
    const at = errorCode + 1
    if (at >= this.#byError.length) this.#grow(at)
    this.#byError[at]!++
    this.times.add(ticks)
  }

  #grow(at: number): void {
    const grown = new Float64Array(at + 16)
    grown.set(this.#byError)
    this.#byError = grown
  }

  /** Error codes that came up, 0 for none, with how often. */
  *byError(): Iterable<readonly [errorCode: number, count: number]> {
    for (const [at, count] of this.#byError.entries()) if (count > 0) yield [at - 1, count]
  }
}

/** See the head of the file. */
export class RequestCounts {
  /** How long requests were here before they were handed on: behind others of their connection, or for want of memory. */
  readonly queueTimes = new TimeHistogram()
  readonly #clock: Clock
  readonly #byKey: (ApiCounts | undefined)[] = []
  /** When the clock was last read. */
  #ticks = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Of each API that was asked for. */
  *all(): Iterable<ApiCounts> {
    for (const counts of this.#byKey) if (counts !== undefined) yield counts
  }

  /** Requests wait no longer: the clock is read, as it is not for each of them. */
  read(): void {
    this.#ticks = ticksOf(this.#clock.monotonicMs())
  }

  /** A request is handed on that came at this tick. What kept it was answered, and the clock read for that. */
  began(cameTicks: number): void {
    this.queueTimes.add((this.#ticks - cameTicks) | 0)
  }

  /** Its answer is given, or there is none to be. */
  answered(api: Api, cameTicks: number, response: object | null): void {
    this.read()
    this.#of(api).add(response, (this.#ticks - cameTicks) | 0)
  }

  /** It is refused, and the client expects no answer that could say so. */
  refused(api: Api, cameTicks: number, errorCode: number): void {
    this.read()
    this.#of(api).addError(errorCode, (this.#ticks - cameTicks) | 0)
  }

  #of(api: Api): ApiCounts {
    this.#byKey[api.key] ??= new ApiCounts(api)
    return this.#byKey[api.key]!
  }
}

type Answered = Readonly<Record<string, unknown>>

/** Where an answer may say that something went wrong. */
interface ErrorPlaces {
  readonly codes: readonly string[]
  readonly within: readonly { readonly name: string; readonly places: ErrorPlaces }[]
}

/** The first error of an answer, by the order of its fields; 0 where there is none. */
function firstError(answer: Answered, { codes, within }: ErrorPlaces): number {
  for (let i = 0; i < codes.length; i++) {
    // What a handler leaves out is its default, which is no error.
    const code = answer[codes[i]!] as number | undefined
    if (code !== undefined && code !== 0) return code
  }
  for (let i = 0; i < within.length; i++) {
    const { name, places } = within[i]!
    const value = answer[name]
    if (value === undefined || value === null) continue
    if (!Array.isArray(value)) {
      const code = firstError(value as Answered, places)
      if (code !== 0) return code
      continue
    }
    for (let j = 0; j < value.length; j++) {
      const code = firstError(value[j] as Answered, places)
      if (code !== 0) return code
    }
  }
  return 0
}

function errorPlacesIn(fields: readonly NamedField[]): ErrorPlaces {
  const codes = fields.filter(({ name, type }) => type.kind === 'int16' && /errorCode$/i.test(name))
  const within = fields.flatMap(({ name, type }) => {
    const struct = type.kind === 'array' ? type.element : type
    if (struct.kind !== 'struct') return []
    const places = errorPlacesIn(struct.fields)
    return places.codes.length > 0 || places.within.length > 0 ? [{ name, places }] : []
  })
  return { codes: codes.map(({ name }) => name), within }
}
