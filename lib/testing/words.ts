/**
 * The words of `/testing/`: each a method, a path and what it does. They are written as one table per subject, from which requests are
 * answered and the OpenAPI description is made.
 */
import type { Kit } from './kit.ts'

/** What a word is asked with. */
export interface WordCall {
  /** What stands in the path where the word has `:name`. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** What the request's body says as JSON; an empty object where there is none. */
  readonly body: Readonly<Record<string, unknown>>
}

/** A JSON schema, as far as descriptions need one. */
export type Schema = Readonly<Record<string, unknown>>

export interface Word {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below `/testing/`, as in `snapshots/:id/restore`. */
  readonly path: string
  /** What it does, in a line. */
  readonly summary: string
  /** Fields that the body may have. */
  readonly body?: Readonly<Record<string, Schema>>
  /** What the query may say. */
  readonly query?: Readonly<Record<string, Schema>>
  /** What other statuses than 200 and those of mistakes say. */
  readonly otherwise?: Readonly<Record<number, string>>
  /** Answers with what is sent as JSON. Throws WordError. */
  readonly run: (kit: Kit, call: WordCall) => unknown
}

/** A request that cannot be met. What is answered beside the sentence stands in `more`. */
export class WordError extends Error {
  override readonly name = 'WordError'
  readonly status: number
  readonly more: Readonly<Record<string, unknown>>

  constructor(status: number, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.status = status
    this.more = more
  }
}

/** What of a path fits a word; null where it is not for it. */
export function paramsOf(word: Word, path: string): Readonly<Record<string, string>> | null {
  const [wanted, given] = [word.path.split('/'), path.split('/')]
  if (wanted.length !== given.length) return null
  const params: Record<string, string> = {}
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith(':')) params[part.slice(1)] = given[i]!
    else if (part !== given[i]) return null
  }
  return params
}
