/** One fault that is in force: which requests it fits, whether it meets this one, and what came nearest. */
import { codeName } from '../../../protocol/errors.ts'
import type { Random } from '../../base/random.ts'
import type { CallInfo } from '../../server/interceptor.ts'
import type { About } from '../../trace/about.ts'
import { fitOf, type Taken } from '../matching.ts'
import type { FaultAction, FaultMatch } from './options.ts'

/** What one request of those that fit meets. */
export type Step = Exclude<FaultAction, { errors: unknown }> & { readonly code?: number }

export class Rule {
  readonly id: number
  readonly match: FaultMatch
  readonly description: string
  hits = 0
  unseen = 0
  /** Requests that fitted, whether they were met or not. */
  #fitted = 0
  #nearest: { readonly fits: number; readonly text: string } | null = null
  readonly #steps: readonly (Step | null)[]
  readonly #random: Random

  /** `steps` are gone through in turn where there are several. */
  constructor(id: number, match: FaultMatch, steps: readonly (Step | null)[], description: string, random: Random) {
    this.id = id
    this.match = match
    this.description = description
    this.#steps = steps
    this.#random = random
  }

  /** Whether it can never meet a request again. */
  get isOver(): boolean {
    return this.#fitted >= this.#last
  }

  /** The request that came nearest, and why it was not met. */
  get nearest(): string | null {
    return this.#nearest?.text ?? null
  }

  /** Whether it met as many as it was meant to, or any where that is not said. */
  get isMet(): boolean {
    const { times, n } = this.match
    const wanted = times ?? (n === undefined && this.#steps.length > 1 ? this.#steps.filter(Boolean).length : 1)
    return this.hits >= wanted
  }

  /** The topics that it takes of a request that fits; undefined where it does not fit. */
  fits(call: CallInfo, about: About): Taken | undefined {
    const fit = fitOf(this.match, { api: call.api.name, apiVersion: call.apiVersion, clientId: call.clientId }, about)
    if (fit.miss === null) return fit.taken
    if (fit.fits > (this.#nearest?.fits ?? 0)) this.#nearest = { fits: fit.fits, text: fit.miss }
    return undefined
  }

  /** What becomes of a request that fits; null where it passes. */
  take(): Step | null {
    this.#fitted++
    const { n = 1, probability = 1 } = this.match
    if (this.#fitted < n || this.#fitted > this.#last) return null
    if (probability < 1 && this.#random.next() >= probability) return null
    const step = this.#steps[(this.#fitted - n) % this.#steps.length]!
    if (step !== null) this.hits++
    return step
  }

  /** The last of the requests that fit which it can meet. */
  get #last(): number {
    const { n, times } = this.match
    const rounds = times ?? (n === undefined && this.#steps.length === 1 ? Number.POSITIVE_INFINITY : 1)
    return (n ?? 1) - 1 + rounds * this.#steps.length
  }
}

/** A match and an action in words. */
export function describe(match: FaultMatch, action: FaultAction): string {
  const { api, version, clientId, group, topic, partition, transactionalId, n, times, probability } = match
  const limits = [
    version !== undefined && `version ${[version].flat().join(' to ')}`,
    clientId !== undefined && `of client ${clientId}`,
    group !== undefined && `of group ${group}`,
    transactionalId !== undefined && `of transactional id ${transactionalId}`,
    topic !== undefined && `to ${topic}${partition === undefined ? '' : `-${partition}`}`,
    topic === undefined && partition !== undefined && `to partition ${partition}`,
    n !== undefined && `from the ${n}. on`,
    times !== undefined && `${times} times`,
    probability !== undefined && `with probability ${probability}`,
  ].filter(Boolean)
  return `${[api ?? 'any request'].flat().join(' or ')}${limits.length > 0 ? ` ${limits.join(', ')}` : ''}: ${inWords(action)}`
}

function inWords(action: FaultAction): string {
  if ('error' in action)
    return `${nameOf(action.error)}${action.delay === undefined ? '' : ` after ${action.delay} ms`}`
  if ('errors' in action) return action.errors.map(error => (error === null ? 'passes' : nameOf(error))).join(', ')
  if ('delay' in action) return `${action.delay} ms ${action.when ?? 'before'}`
  if ('lose' in action) return `the ${action.lose} is lost, ${action.then ?? 'close'}`
  if ('truncate' in action) return `${action.truncate} bytes of the answer, ${action.then ?? 'close'}`
  if ('corrupt' in action)
    return `a byte of the answer is changed${action.corrupt === true ? '' : ` at ${action.corrupt}`}`
  return 'happens twice'
}

function nameOf(error: string | number): string {
  return typeof error === 'number' ? codeName(error) : error
}
