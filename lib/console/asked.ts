/** What a request of the page asks for, read and checked: a RangeError says what is wrong with it. */
import type { HttpRequest } from '../http/routes.ts'
import { limitDefault, limitMax, type Page } from './page-of.ts'
import type { NewRecord } from './producing.ts'

/** A whole number of the query, within bounds; `otherwise` where it is not given. */
export function numberIn(
  query: URLSearchParams,
  name: string,
  otherwise: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  const text = query.get(name)
  if (text === null || text === '') return otherwise
  if (!/^\d{1,16}$/.test(text) || Number(text) > max) throw new RangeError(`${name} is to be a number up to ${max}`)
  return Number(text)
}

export function pageIn(query: URLSearchParams): Page {
  return { from: numberIn(query, 'from', 0), limit: Math.max(1, numberIn(query, 'limit', limitDefault, limitMax)) }
}

/** `0,2,5` as indexes; null where all are meant. */
export function partitionsIn(text: string | null): number[] | null {
  if (text === null || text === '' || text === 'all') return null
  const parts = text.split(',').map(part => part.trim())
  if (!parts.every(part => /^\d{1,9}$/.test(part))) throw new RangeError('partitions are numbers, as in 0,2,5')
  return [...new Set(parts.map(Number))]
}

type Fields = Readonly<Record<string, unknown>>

/** The body of a request that writes. */
export function bodyOf({ body }: HttpRequest): Fields {
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString())
  } catch {
    throw new RangeError('the body is to be JSON')
  }
  return fieldsOf(parsed, 'the body')
}

export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RangeError(`${what} is to be an object`)
  return value as Fields
}

export function textOf(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string') throw new RangeError(`${name} is to be a text`)
  return value
}

/** A whole number; `otherwise` where there is none. */
export function wholeOf(fields: Fields, name: string, otherwise: number): number {
  const value = fields[name] ?? otherwise
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new RangeError(`${name} is to be a whole number`)
  return value
}

export function listOf(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name] ?? []
  if (!Array.isArray(value)) throw new RangeError(`${name} is to be a list`)
  return value
}

/** Texts by their names. */
export function textsOf(fields: Fields, name: string): Record<string, string> {
  const all = fieldsOf(fields[name] ?? {}, name)
  return Object.fromEntries(Object.keys(all).map(key => [key, textOf(all, key)]))
}

function bytesOf(fields: Fields, name: string): Buffer | null {
  const value = fields[name] ?? null
  if (value === null) return null
  if (typeof value !== 'string' || !/^[\w+/]*={0,2}$/.test(value))
    throw new RangeError(`${name} is to be base64, or null`)
  return Buffer.from(value, 'base64')
}

/** A record to be produced: bytes stand in base64, null is null. */
export function recordOf(fields: Fields, nowMs: number): NewRecord {
  const partition = wholeOf(fields, 'partition', -1)
  return {
    partition: partition < 0 ? null : partition,
    key: bytesOf(fields, 'key'),
    value: bytesOf(fields, 'value'),
    headers: listOf(fields, 'headers').map(header => {
      const each = fieldsOf(header, 'a header')
      return { key: textOf(each, 'key'), value: bytesOf(each, 'value') }
    }),
    timestamp: wholeOf(fields, 'timestamp', nowMs),
  }
}
