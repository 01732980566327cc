/** A property's value as text and as what it means: reading, checking and printing, as Kafka does each. */
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

/** The text's meaning. Throws ConfigError where the row does not allow it. */
export function parseValue(name: string, property: Property, text: string): unknown {
  const trimmed = text.trim()
  switch (property.type) {
    case 'boolean': {
      const word = trimmed.toLowerCase()
      if (word !== 'true' && word !== 'false') throw bad(name, property, text, 'true or false')
      return word === 'true'
    }
    case 'int':
    case 'short':
    case 'long':
      return parseNumber(name, property, trimmed, /^[+-]?\d+$/)
    case 'double':
      return parseNumber(name, property, trimmed, /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i)
    case 'list':
      return parseList(name, property, trimmed)
    case 'password':
      return text
    default:
      checkWord(name, property, trimmed)
      return trimmed
  }
}

function parseNumber(name: string, property: Property, text: string, form: RegExp): number {
  const value = form.test(text) ? Number(text) : Number.NaN
  const { min, max } = property
  if (Number.isNaN(value) || (min !== null && value < min) || (max !== null && value > max)) {
    throw bad(name, property, text, numbersAllowed(property))
  }
  if (property.check) checkWord(name, property, text)
  return value
}

function parseList(name: string, property: Property, text: string): readonly string[] {
  const members = text === '' ? [] : text.split(/\s*,\s*/)
  if (property.values) for (const member of members) checkWord(name, property, member)
  if (property.check) checkWord(name, property, text)
  return members
}

function checkWord(name: string, property: Property, word: string): void {
  const { values, check } = property
  if (values) {
    const good = property.ignoreCase
      ? values.some(value => value.toLowerCase() === word.toLowerCase())
      : values.includes(word)
    if (!good) throw bad(name, property, word, `one of ${values.join(', ')}`)
  }
  const allowed = check?.(word)
  if (allowed) throw bad(name, property, word, allowed)
}

function numbersAllowed({ type, min, max, check }: Property): string {
  const kind = type === 'double' ? 'a number' : 'a whole number'
  const allowed = check?.('')
  if (allowed) return allowed
  const from = min === null ? null : formatNumber(min)
  const to = max === null ? null : formatNumber(max)
  if (from !== null && to !== null) return `${kind} from ${from} to ${to}`
  if (from !== null) return `${kind} from ${from} up`
  return kind
}

/** The value as Kafka prints it, null where it is not set. Secrets print like any text: the caller hides them. */
export function formatValue(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'number') return formatNumber(value)
  if (Array.isArray(value)) return value.join(',')
  return String(value)
}

function formatNumber(value: number): string {
  // The ends of the 64-bit range are the two numbers that a double only comes near.
  if (value >= 2 ** 63 && value < 1e300) return '9223372036854775807'
  if (value === Number.MAX_VALUE) return '1.7976931348623157E308'
  if (value <= -(2 ** 63)) return '-9223372036854775808'
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? BigInt(value).toString() : String(value)
}
