/** A property's value as text and as what it means: reading, checking and printing, as Kafka does each. */
import { Secret } from '../base/secret.ts'
import { members, parseDouble, parseInteger, printDouble, trimmed } from './java-text.ts'
import type { Property } from './property.ts'

/** A property that cannot be what it was set to. The message names it, the value, and what is allowed. */
export class ConfigError extends Error {
  readonly property: string

  constructor(property: string, message: string) {
    super(message)
    this.name = 'ConfigError'
    this.property = property
  }
}

function bad(name: string, property: Property, text: string, allowed: string): ConfigError {
  const shown = property.type === 'password' ? 'its hidden value' : `'${text}'`
  return new ConfigError(name, `${name} cannot be ${shown}: it takes ${allowed}`)
}

/** The text's meaning. Throws ConfigError where the row does not allow it. Of a long beyond 2⁵³ the last digits are lost; see exactText. */
export function parseValue(name: string, property: Property, text: string): unknown {
  const word = trimmed(text)
  switch (property.type) {
    case 'boolean': {
      const upper = word.toUpperCase()
      if (upper !== 'TRUE' && upper !== 'FALSE') throw bad(name, property, text, 'true or false')
      return upper === 'TRUE'
    }
    case 'int':
    case 'short':
    case 'long':
      return checkedNumber(name, property, text, wholeNumber(word))
    case 'double':
      return checkedNumber(name, property, text, parseDouble(word))
    case 'list':
      return parseList(name, property, word)
    case 'class':
      if (!classNameForm.test(word)) throw bad(name, property, text, 'the name of a Java class')
      return word
    case 'password':
      return new Secret(word)
    default:
      checkWord(name, property, word)
      return word
  }
}

const classNameForm = /^[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)*$/u

/** Null where the text is no whole number of 64 bits. */
function wholeNumber(text: string): number | null {
  const value = parseInteger(text)
  return value === null || BigInt.asIntN(64, value) !== value ? null : Number(value)
}

/** Java's comparisons let NaN pass every bound, and so does this. */
function checkedNumber(name: string, property: Property, text: string, value: number | null): number {
  const { min, max, check } = property
  const allowed = value !== null && !(min !== null && value < min) && !(max !== null && value > max)
  if (!allowed || (check && check(String(value)) !== null)) throw bad(name, property, text, numbersAllowed(property))
  return value
}

function parseList(name: string, property: Property, text: string): readonly string[] {
  const list = members(text)
  if (list.length === 0 && !property.emptyAllowed) throw bad(name, property, text, 'at least one member')
  if (property.distinct && list.includes('')) {
    throw bad(name, property, text, 'members that are not empty, separated by commas')
  }
  for (const member of list) checkChoice(name, property, member)
  const allowed = property.check?.(text)
  if (allowed) throw bad(name, property, text, allowed)
  return property.distinct ? [...new Set(list)] : list
}

/** Throws ConfigError for a list with a member that is there twice. Where lists are read they lose such members instead. */
export function refuseRepeats(name: string, property: Property, text: string): void {
  if (property.type !== 'list' || !property.distinct) return
  const list = members(text)
  if (new Set(list).size < list.length) throw bad(name, property, text, 'each member once')
}

function checkWord(name: string, property: Property, word: string): void {
  checkChoice(name, property, word)
  const allowed = property.check?.(word)
  if (allowed) throw bad(name, property, word, allowed)
}

function checkChoice(name: string, property: Property, word: string): void {
  const { values } = property
  if (values) {
    const good = property.ignoreCase
      ? values.some(value => value.toLowerCase() === word.toLowerCase())
      : values.includes(word)
    if (!good) throw bad(name, property, word, `one of ${values.join(', ')}`)
  }
}

function numbersAllowed(property: Property): string {
  const { type, min, max, check } = property
  const kind = type === 'double' ? 'a number' : 'a whole number'
  const allowed = check?.('')
  if (allowed) return allowed
  const show = (bound: number | null) =>
    type === 'double' && bound !== null ? String(bound) : formatValue(property, bound)
  const from = show(min)
  const to = show(max)
  if (from !== null && to !== null) return `${kind} from ${from} to ${to}`
  if (from !== null) return `${kind} from ${from} up`
  return kind
}

/** The value as Kafka prints it, null where it is not set. Secrets print as hidden. */
export function formatValue(property: Property, value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'number') return property.type === 'double' ? printDouble(value) : formatInteger(value)
  if (Array.isArray(value)) return value.join(',')
  return String(value)
}

/** The ends of the 64-bit range are numbers that a double only comes near. */
function formatInteger(value: number): string {
  if (value >= 2 ** 63) return '9223372036854775807'
  return BigInt(value).toString()
}

/** The text's meaning, undefined where the row does not allow it: a stored text may be older than the row. */
export function parsedOrUndefined(name: string, property: Property, text: string): unknown {
  try {
    return parseValue(name, property, text)
  } catch (error) {
    if (error instanceof ConfigError) return undefined
    throw error
  }
}

/** The text's value as Kafka prints it, to the last digit. The text must be one that parseValue takes. */
export function exactText(name: string, property: Property, text: string): string {
  if (property.type === 'long') return parseInteger(trimmed(text))!.toString()
  return formatValue(property, parseValue(name, property, text))!
}
