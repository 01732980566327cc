/** What the body of a request says, checked: JSON may be anything. */
import type { RequestMatch } from './options.ts'
import { type Schema, WordError } from './words.ts'

type Body = Readonly<Record<string, unknown>>

const text: Schema = { type: 'string', description: 'All of the name, or a pattern between slashes' }
const count: Schema = { type: 'integer', minimum: 1 }

/** The fields of a `RequestMatch`. */
export const matchFields = {
  api: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
  version: { oneOf: [{ type: 'integer' }, { type: 'array', items: { type: 'integer' }, minItems: 2, maxItems: 2 }] },
  ...{ clientId: text, group: text, topic: text, transactionalId: text },
  partition: { type: 'integer', minimum: 0 },
} as const satisfies Readonly<Record<string, Schema>>

/** A number that counts, for descriptions. */
export const countField: Schema = count

/** Which requests a body means. */
export function matchIn(body: Body): RequestMatch {
  const match: Record<string, unknown> = {}
  for (const name of ['clientId', 'group', 'topic', 'transactionalId']) {
    if (body[name] !== undefined) match[name] = patternIn(name, textIn(body, name)!)
  }
  if (body.partition !== undefined) match.partition = numberIn(body, 'partition')
  if (body.api !== undefined)
    match.api = Array.isArray(body.api) ? body.api.map(each => textIn({ api: each }, 'api')) : textIn(body, 'api')
  if (body.version !== undefined) {
    match.version = Array.isArray(body.version)
      ? body.version.map(each => numberIn({ version: each }, 'version'))
      : numberIn(body, 'version')
  }
  return match
}

/** Text of the body; undefined where it says none. */
export function textIn(body: Body, name: string): string | undefined {
  const value = body[name]
  if (value === undefined || typeof value === 'string') return value
  throw new WordError(400, `${name} is ${JSON.stringify(value)}; it takes text`)
}

/** A number of the body; undefined where it says none. */
export function numberIn(body: Body, name: string): number | undefined {
  const value = body[name]
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value
  throw new WordError(400, `${name} is ${JSON.stringify(value)}; it takes a number`)
}

/** Which of the fields a body has, of which it may have one; undefined where it has none. */
export function oneOf<Name extends string>(body: Body, names: readonly Name[]): Name | undefined {
  const there = names.filter(name => body[name] !== undefined)
  if (there.length > 1) throw new WordError(400, `${there.join(' and ')} do not go together`)
  return there[0]
}

/** A pattern between slashes, or the text itself. */
function patternIn(name: string, value: string): string | RegExp {
  const [, source, flags] = /^\/(.+)\/([a-z]*)$/s.exec(value) ?? []
  if (source === undefined) return value
  try {
    return new RegExp(source, flags)
  } catch {
    throw new WordError(400, `${name} is ${value}, which is no pattern`)
  }
}
