/** What a test says of a fault, checked, whether a program says it or a request over HTTP. */
import { type NamesOf, strangeName } from '../../base/names.ts'
import { checkKind, checkList, checkMs, checkNames, checkOneOf, checkWhole } from '../given.ts'
import { checkMatch, matchNames } from '../matching.ts'
import type { FaultAction, FaultMatch } from './options.ts'

/** What may become of a request, and what may be said of each of these. A delay may stand beside an error, so it is the last. */
const kinds = {
  error: ['delay', 'force'],
  errors: ['delay', 'force'],
  lose: ['then'],
  duplicate: [],
  truncate: ['then'],
  corrupt: [],
  delay: ['when'],
} as const

/** All of it. */
export const actionNames = {
  ...{ error: true, errors: true, lose: true, duplicate: true, truncate: true, corrupt: true, delay: true },
  // biome-ignore lint/suspicious/noThenProperty: the kit's word for what comes next
  ...{ then: true, when: true, force: true },
}

const faultNames: NamesOf<FaultMatch> = { ...matchNames, n: true, times: true, probability: true }

/** Throws RangeError or TypeError for requests that there cannot be. */
export function checkFaultMatch(match: FaultMatch, apis: readonly string[]): void {
  checkNames('a fault', match, faultNames)
  checkMatch(match, apis)
  const { n, times, probability } = match
  checkWhole('n', n, 1)
  checkWhole('times', times, 1)
  if (probability !== undefined && !(typeof probability === 'number' && probability >= 0 && probability <= 1))
    throw new RangeError(`probability is ${probability}; it takes a number from 0 to 1`)
}

/** Throws RangeError or TypeError for what cannot become of a request. */
export function checkAction(action: FaultAction): void {
  checkNames('what becomes of a request', action, actionNames)
  const given: Readonly<Record<string, unknown>> = { ...action }
  const there = Object.keys(kinds).filter(kind => given[kind] !== undefined) as (keyof typeof kinds)[]
  const [kind, second] = there
  if (kind === undefined) throw new RangeError(`a fault takes one of ${Object.keys(kinds).join(', ')}`)
  const goesAlong: Readonly<Record<string, true>> = Object.fromEntries([kind, ...kinds[kind]].map(each => [each, true]))
  if (second !== undefined && !Object.hasOwn(goesAlong, second))
    throw new RangeError(`${kind} and ${second} do not go together`)
  const strange = strangeName(given, goesAlong)
  if (strange !== undefined) throw new RangeError(`${strange} does not go with ${kind}`)
  checkMs('delay', given.delay)
  checkOneOf('when', given.when, ['before', 'after'])
  checkOneOf('then', given.then, ['close', 'stall'])
  checkOneOf('lose', given.lose, ['request', 'answer'])
  checkOneOf('duplicate', given.duplicate, [true])
  checkKind('force', given.force, 'boolean')
  checkWhole('truncate', given.truncate, 0)
  if (given.corrupt !== true) checkWhole('corrupt', given.corrupt, Number.MIN_SAFE_INTEGER)
  if (kind !== 'errors') return
  checkList('errors', given.errors)
  if ((given.errors as readonly unknown[]).length === 0) throw new RangeError('errors is empty')
}
