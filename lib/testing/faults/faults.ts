/** Faults put in on purpose: an interceptor that refuses, delays, loses, repeats and damages what tests say it should. */
import { codeName, codes, KafkaError } from '../../../protocol/errors.ts'
import { Produce, type ProduceRequest } from '../../../protocol/messages/produce.ts'
import type { Chunk } from '../../../protocol/records/chunk.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Refusal } from '../../server/handler-row.ts'
import type { Aftermath, CallInfo, Interceptor, Verdict } from '../../server/interceptor.ts'
import type { Abouts } from '../../trace/about.ts'
import { type Fields, type Shape, shapeOf } from '../../trace/shapes.ts'
import { checkWhole } from '../given.ts'
import type { Taken } from '../matching.ts'
import { nearestNames } from '../nearest.ts'
import type { Waiting } from '../waiting.ts'
import { failIn, isEmpty, putInto, takenOut, type Version } from './apart.ts'
import { answersOf, canAnswer, codeOf, isOfTheWhole } from './api-codes.ts'
import { copyOf, corrupted, truncated } from './bytes.ts'
import { checkAction, checkFaultMatch } from './check.ts'
import type { Fault, FaultAction, FaultMatch } from './options.ts'
import { describe, Rule, type Step } from './rule.ts'
import { FaultVerifyError } from './verify-error.ts'

/** What faults need of the broker. */
export interface FaultsOptions {
  /** Delays go by it. */
  readonly clock: Clock
  readonly random: Random
  readonly abouts: Abouts
  readonly waiting: Waiting
  /** Names of the APIs that are served. */
  readonly apis: readonly string[]
  /** How an API refuses a request; null where it wants no answer. */
  readonly refusalOf: (apiKey: number, request: object, refusal: Refusal) => object | null
  readonly idOfName: (topic: string) => string | undefined
  /** A fault meets a request. */
  readonly onMet?: (call: CallInfo, description: string) => void
}

/** What is still to be done about a request when it is answered. */
interface Plan {
  /** Answers to what was taken out of it; null where it wants none. */
  readonly refusals: { readonly shape: Shape; readonly response: object | null }[]
  /** What its answer has to say failed. */
  readonly failures: { readonly shape: Shape; readonly taken: Taken; readonly code: number }[]
  step: Step | null
}

const errorNames = Object.keys(codes).filter(name => name !== 'NONE')
/** Topic ids stand for names from these versions on. */
const fetchIdsSince = 13

/** See the head of the file. */
export class Faults implements Interceptor {
  readonly #options: FaultsOptions
  readonly #rules: Rule[] = []
  readonly #plans = new WeakMap<CallInfo, Plan>()
  readonly #delays = new Map<Timer, () => void>()
  #lastId = 0

  constructor(options: FaultsOptions) {
    this.#options = options
  }

  /** How many are in force. */
  get size(): number {
    return this.#rules.length
  }

  /** Puts a fault in force, behind those there are: the first that fits counts. Throws RangeError for one that makes no sense. */
  add(match: FaultMatch, action: FaultAction): Fault {
    checkFaultMatch(match, this.#options.apis)
    checkAction(action)
    const steps = this.#stepsOf(match, action)
    const rule = new Rule(++this.#lastId, match, steps, describe(match, action), this.#options.random)
    this.#rules.push(rule)
    return this.#faultOf(rule)
  }

  /** Those in force, in the order in which they were put in. */
  list(): Fault[] {
    return this.#rules.map(rule => this.#faultOf(rule))
  }

  find(id: number): Fault | undefined {
    const rule = this.#rules.find(each => each.id === id)
    return rule && this.#faultOf(rule)
  }

  /** Takes all out of force; what waits goes on. */
  clear(): void {
    this.#rules.length = 0
    this.#options.waiting.changed()
    for (const [timer, run] of this.#delays) {
      timer.cancel()
      run()
    }
    this.#delays.clear()
  }

  /** Throws where a fault in force has met less than was meant, and says what came near. */
  verify(): void {
    const missed = this.#rules
      .filter(rule => !rule.isMet)
      .map(({ id, description, hits, nearest }) => ({ id, description, hits, nearest }))
    if (missed.length > 0) throw new FaultVerifyError(missed)
  }

  before(call: CallInfo): Verdict | undefined {
    if (this.#rules.length === 0) return undefined
    const { abouts } = this.#options
    const about = abouts.of(call)
    const plan: Plan = { refusals: [], failures: [], step: null }
    for (const rule of [...this.#rules]) {
      if (rule.isOver) continue
      const taken = rule.fits(call, about)
      if (taken === undefined) continue
      const step = rule.take()
      if (step === null) continue
      const verdict = this.#apply(rule, step, call, taken, plan)
      this.#options.onMet?.(call, `fault ${rule.id}: ${rule.description}`)
      this.#options.waiting.changed()
      if (verdict !== 'on') return this.#planned(call, plan, verdict)
    }
    return this.#planned(call, plan, undefined)
  }

  after(call: CallInfo, response: object | null): Aftermath | undefined {
    const plan = this.#plans.get(call)
    if (plan === undefined) return undefined
    for (const { shape, response: refusal } of plan.refusals) {
      // Where no answer is wanted, only the connection's end can tell.
      if (refusal === null || response === null) return { cut: 'close' }
      putInto(response as Fields, refusal as Fields, shape)
    }
    for (const { shape, taken, code } of plan.failures) {
      if (response !== null) failIn(response as Fields, shape, taken, code, this.#versionOf(call))
    }
    const { step } = plan
    if (step === null) return undefined
    if ('delay' in step) return { until: this.#pause(step.delay!) }
    if ('lose' in step || 'truncate' in step) return { cut: step.then ?? 'close' }
    return undefined
  }

  encoded(call: CallInfo, chunks: readonly Chunk[]): readonly Chunk[] {
    const step = this.#plans.get(call)?.step
    if (!step) return chunks
    if ('lose' in step) return []
    if ('truncate' in step) return truncated(chunks, step.truncate)
    return 'corrupt' in step ? corrupted(chunks, step.corrupt, max => this.#options.random.int(max)) : chunks
  }

  #planned(call: CallInfo, plan: Plan, verdict: Verdict | undefined): Verdict | undefined {
    const isNeeded = plan.refusals.length > 0 || plan.failures.length > 0 || plan.step !== null
    if (isNeeded) this.#plans.set(call, plan)
    return verdict
  }

  /** 'on' where other faults may meet what this one leaves of the request. */
  #apply(rule: Rule, step: Step, call: CallInfo, taken: Taken, plan: Plan): Verdict | undefined | 'on' {
    const isUnheard = call.api.key === Produce.key && (call.request as ProduceRequest).acks === 0
    if ('error' in step) {
      const verdict = this.#fail(step.code!, call, taken, plan)
      if (step.delay === undefined) return verdict
      const next = verdict === 'on' ? undefined : verdict
      return { kind: 'wait', until: this.#pause(step.delay).then(() => next) }
    }
    if (isUnheard && ('delay' in step || 'corrupt' in step)) rule.unseen++
    if ('duplicate' in step) return { kind: 'twice', copy: copyOf(call.request) }
    if ('delay' in step && step.when !== 'after') return { kind: 'wait', until: this.#pause(step.delay!) }
    if ('lose' in step && step.lose === 'request') {
      return step.then === 'stall' ? { kind: 'stall' } : { kind: 'close', reason: `a fault: ${rule.description}` }
    }
    plan.step = step
    return undefined
  }

  /** Has a request fail, or what a fault takes of it. */
  #fail(code: number, call: CallInfo, taken: Taken, plan: Plan): Verdict | undefined | 'on' {
    const error = new KafkaError(code, `${codeName(code)}, as a fault of the test-kit has it`)
    const shape = shapeOf(call.api.key, call.apiVersion)
    const request = call.request as Fields
    const isWhole = shape === undefined || isOfTheWhole(call.api.name, code)
    if (isWhole || (taken === null && shape.way === 'apart')) return { kind: 'refuse', error }
    if (shape.way === 'after') {
      // An error is told at once.
      if ('maxWaitMs' in request) request.maxWaitMs = 0
      plan.failures.push({ shape, taken: taken ?? this.#options.abouts.of(call).topics, code })
      return taken === null ? undefined : 'on'
    }
    const out = takenOut(request, shape, taken!, this.#options.abouts.nameOfId)
    if (out === null) return 'on'
    const refusal = { errorCode: code, errorMessage: error.message, apiVersion: call.apiVersion }
    const response = this.#options.refusalOf(call.api.key, out, refusal)
    plan.refusals.push({ shape, response })
    if (!isEmpty(request, shape)) return 'on'
    const [first, ...others] = plan.refusals.splice(0)
    if (first!.response === null) return { kind: 'refuse', error }
    for (const other of others) putInto(first!.response as Fields, other.response as Fields, shape)
    return { kind: 'answer', response: first!.response }
  }

  #versionOf({ api, apiVersion }: CallInfo): Version {
    const { abouts, idOfName } = this.#options
    const hasIds = api.name === 'Fetch' && apiVersion >= fetchIdsSince
    return { nameOfId: abouts.nameOfId, idOfName: hasIds ? idOfName : null }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise(resolve => {
      const timer = this.#options.clock.schedule(delayMs, () => {
        this.#delays.delete(timer)
        resolve()
      })
      this.#delays.set(timer, resolve)
    })
  }

  #stepsOf(match: FaultMatch, action: FaultAction): (Step | null)[] {
    if ('error' in action) return [this.#errorOf(match, action.error, action)]
    if ('errors' in action)
      return action.errors.map(error => (error === null ? null : this.#errorOf(match, error, action)))
    return [action]
  }

  #errorOf({ api }: FaultMatch, error: string | number, { delay, force }: { delay?: number; force?: boolean }): Step {
    const code = codeOf(error)
    if (code === null) throw new RangeError(`there is no error '${error}'; ${nearestNames(String(error), errorNames)}`)
    const unable = [api ?? []].flat().find(name => !canAnswer(name, code))
    if (unable !== undefined && force !== true) {
      throw new RangeError(
        `${unable} never answers ${codeName(code)}, but ${answersOf(unable).join(', ')}; say force where it is to`,
      )
    }
    return { error: code, code, ...(delay !== undefined && { delay }) }
  }

  #faultOf(rule: Rule): Fault {
    const { waiting } = this.#options
    const remove = () => {
      const at = this.#rules.indexOf(rule)
      if (at >= 0) this.#rules.splice(at, 1)
      waiting.changed()
    }
    return {
      id: rule.id,
      description: rule.description,
      get hits() {
        return rule.hits
      },
      get unseen() {
        return rule.unseen
      },
      hit: async (count = 1, options = {}) => {
        checkWhole('count', count, 0)
        const look = () => {
          if (rule.hits >= count) return { met: undefined }
          if (!this.#rules.includes(rule)) throw new Error(`${rule.description}: removed when it had met ${rule.hits}`)
          return { seen: `met ${rule.hits} times${rule.nearest === null ? '' : `; nearest was ${rule.nearest}`}` }
        }
        await waiting.until(`${rule.description}, ${count} times`, look, options)
      },
      remove,
      [Symbol.asyncDispose]: async () => remove(),
    }
  }
}
