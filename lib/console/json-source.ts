/**
 * JSON by its source text: numbers stay as they are written, so that none above 2⁵³ is rounded, and nothing is reordered. Made for text that comes from
 * records: the work is linear, and text that is no JSON is told, not thrown.
 */
import { isJson } from '../../protocol/json-text.ts'

export type TokenKind = 'open' | 'close' | 'comma' | 'colon' | 'string' | 'number' | 'word'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
}

const marks: Readonly<Record<string, TokenKind>> = {
  ...{ '{': 'open', '[': 'open', '}': 'close', ']': 'close' },
  ...{ ',': 'comma', ':': 'colon' },
}
const scalar = /(-?\d[\d.eE+-]*)|(?:true|false|null)/y
const space = /[ \t\n\r]*/y

/** The tokens of a text; ends early, with false, where it is no JSON. */
function* tokensOf(text: string): Generator<Token, boolean> {
  let at = 0
  for (;;) {
    space.lastIndex = at
    space.exec(text)
    at = space.lastIndex
    if (at >= text.length) return true
    const first = text[at]!
    const mark = marks[first]
    if (mark !== undefined) {
      at++
      yield { kind: mark, text: first }
    } else if (first === '"') {
      const end = endOfString(text, at)
      if (end < 0) return false
      yield { kind: 'string', text: text.slice(at, end) }
      at = end
    } else {
      scalar.lastIndex = at
      const match = scalar.exec(text)
      if (match === null) return false
      at += match[0].length
      yield { kind: match[1] === undefined ? 'word' : 'number', text: match[0] }
    }
  }
}

/** Behind the closing quote; −1 where there is none. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text[end - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return end + 1
  }
  return -1
}

/** A line of a text that is laid out, as tokens behind so many steps of indent. */
export interface JsonLine {
  readonly depth: number
  readonly tokens: readonly Token[]
}

/** JSON laid out in lines; null where a text is no JSON document. */
export function jsonLines(text: string): JsonLine[] | null {
  if (!isJson(text)) return null
  const tokens = [...tokensOf(text)]
  const lines: JsonLine[] = []
  let line: Token[] = []
  let depth = 0
  const end = () => {
    if (line.length > 0) lines.push({ depth, tokens: line })
    line = []
  }
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!
    const isEmpty = token.kind === 'open' && tokens[index + 1]?.kind === 'close'
    if (isEmpty) {
      line.push(token, tokens[++index]!)
    } else if (token.kind === 'open') {
      line.push(token)
      end()
      depth++
    } else if (token.kind === 'close') {
      end()
      depth--
      line.push(token)
    } else {
      line.push(token)
      if (token.kind === 'comma') end()
    }
  }
  end()
  return lines
}

/** A step into a value: a name, or an index. */
export type JsonStep = string | number

/** `a.b[0]["odd name"]` as steps; null where it is none. An empty text is the whole value. */
export function jsonPath(text: string): JsonStep[] | null {
  const steps: JsonStep[] = []
  const step = /\.?([A-Za-z_$][\w$-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y
  const trimmed = text.trim().replace(/^\$/, '')
  while (step.lastIndex < trimmed.length) {
    const match = step.exec(trimmed)
    if (match === null) return null
    if (match[1] !== undefined) steps.push(match[1])
    else if (match[2] !== undefined) steps.push(Number(match[2]))
    else {
      const name = stringOf(match[3]!)
      if (name === null) return null
      steps.push(name)
    }
  }
  return steps
}

/** The scalar at a path, as it is written; null where there is none, or an object or array. Throws nothing. */
export function jsonAt(text: string, path: readonly JsonStep[]): Token | null {
  const tokens = tokensOf(text)
  const take = () => {
    const { value, done } = tokens.next()
    return done === true ? null : (value as Token)
  }
  let token = take()
  for (const step of path) {
    if (token?.kind !== 'open') return null
    if (token.text === '{' ? typeof step !== 'string' : typeof step !== 'number') return null
    token = typeof step === 'string' ? memberOf(step, take) : elementOf(step, take)
  }
  return token === null || token.kind === 'open' || token.kind === 'close' ? null : token
}

type Take = () => Token | null

/** The first token of a member's value; what comes before it is passed over. */
function memberOf(name: string, take: Take): Token | null {
  for (let key = take(); key?.kind === 'string'; key = take()) {
    if (take()?.kind !== 'colon') return null
    const value = take()
    if (value === null || stringOf(key.text) === name) return value
    pass(value, take)
    if (take()?.kind !== 'comma') return null
  }
  return null
}

function elementOf(index: number, take: Take): Token | null {
  for (let at = 0; ; at++) {
    const value = take()
    if (value === null || at === index) return value
    pass(value, take)
    if (take()?.kind !== 'comma') return null
  }
}

/** Passes over a value whose first token was taken. */
function pass(first: Token, take: Take): void {
  if (first.kind !== 'open') return
  for (let depth = 1; depth > 0; ) {
    const token = take()
    if (token === null) return
    if (token.kind === 'open') depth++
    if (token.kind === 'close') depth--
  }
}

/** What a string in JSON says; null where it is none. */
export function stringOf(source: string): string | null {
  try {
    return JSON.parse(source)
  } catch {
    return null
  }
}

/** Compares two numbers as they are written, exactly where both are integers; NaN where one is none. */
export function compareNumbers(a: string, b: string): number {
  const integer = /^-?\d{1,400}$/
  if (integer.test(a) && integer.test(b)) {
    const difference = BigInt(a) - BigInt(b)
    return difference === 0n ? 0 : difference < 0n ? -1 : 1
  }
  return Number(a) - Number(b)
}
