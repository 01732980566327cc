/** What a test says, checked: TypeScript does not see it all, and what is misspelt would be passed over in silence. */
import { knownInstead, type NamesOf, strangeName } from '../base/names.ts'

/** Throws TypeError where it is no object, or has a name that is not known; `what` is what it is said of. */
export function checkNames<T extends object>(what: string, given: T, known: NamesOf<T>): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new TypeError(`${what} takes an object, not ${inWords(given)}`)
  const strange = strangeName(given, known)
  if (strange !== undefined) throw new TypeError(`${what} has no '${strange}'; ${knownInstead(strange, known)}`)
}

/** Throws RangeError where a value is none of those that it may be; undefined is left to the default. */
export function checkOneOf(name: string, given: unknown, allowed: readonly unknown[]): void {
  if (given === undefined || allowed.includes(given)) return
  throw new RangeError(`${name} is ${inWords(given)}; it takes ${allowed.join(allowed.length === 2 ? ' or ' : ', ')}`)
}

/** Throws RangeError where it is no whole number from `min` on. */
export function checkWhole(name: string, given: unknown, min: number): void {
  if (given === undefined || (Number.isInteger(given) && (given as number) >= min)) return
  throw new RangeError(`${name} is ${inWords(given)}; it takes a whole number from ${min} on`)
}

/** Throws RangeError where it is no time in milliseconds. */
export function checkMs(name: string, given: unknown): void {
  if (given === undefined || (typeof given === 'number' && given >= 0)) return
  throw new RangeError(`${name} is ${inWords(given)}; it takes milliseconds`)
}

/** Throws TypeError where it is not of the kind. */
export function checkKind(
  name: string,
  given: unknown,
  kind: 'string' | 'function' | 'boolean' | 'number',
  said = kindsInWords[kind],
): void {
  if (given !== undefined && typeof given !== kind)
    throw new TypeError(`${name} is ${inWords(given)}; it takes ${said}`)
}

/** Throws TypeError where it is no text, or empty. */
export function checkText(name: string, given: unknown): void {
  if (typeof given === 'string' && given !== '') return
  throw new TypeError(`${name} is ${given === '' ? 'empty' : inWords(given)}; it takes text`)
}

/** Throws TypeError where it is no list. */
export function checkList(name: string, given: unknown): void {
  if (!Array.isArray(given)) throw new TypeError(`${name} takes a list, not ${inWords(given)}`)
}

const kindsInWords = { string: 'text', function: 'a function', boolean: 'true or false', number: 'a number' }

function inWords(given: unknown): string {
  if (typeof given === 'string') return `'${given}'`
  if (Array.isArray(given)) return 'a list'
  if (typeof given === 'function') return 'a function'
  return typeof given === 'object' && given !== null ? 'an object' : String(given)
}
