/** JSON text whose integers may be larger than a double holds: those are bigints, both ways. */

/** Nesting deeper than any message's; more is refused before it takes the stack. */
const depthMax = 200

/** Text that is not JSON, and at which character. */
export class JsonError extends Error {
  constructor(reason: string, character: number) {
    super(`not JSON: ${reason}, at character ${character}`)
    this.name = 'JsonError'
  }
}

/** JSON of a value that may hold bigints, which print as their digits. */
export function stringifyExact(value: unknown): string {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(stringifyExact).join(',')}]`
  const members: string[] = []
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${stringifyExact(member)}`)
  }
  return `{${members.join(',')}}`
}

/** The value of a JSON text; integers that a double does not hold are bigints. */
export function parseExact(text: string): unknown {
  return new Parser(text).whole()
}

/** Whether a text is one JSON document. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
const notSpace = /[^ \t\r\n]|$/g

class Parser {
  private readonly text: string
  private at = 0

  constructor(text: string) {
    this.text = text
  }

  whole(): unknown {
    const value = this.value(0)
    this.space()
    if (this.at < this.text.length) this.fail('something follows the value')
    return value
  }

  private fail(reason: string): never {
    throw new JsonError(this.at >= this.text.length ? 'it ends early' : reason, this.at)
  }

  private space(): void {
    notSpace.lastIndex = this.at
    this.at = notSpace.exec(this.text)!.index
  }

  /** Steps over a character, and says whether it was there. */
  private next(character: string): boolean {
    this.space()
    if (this.text[this.at] !== character) return false
    this.at++
    return true
  }

  private value(depth: number): unknown {
    if (depth > depthMax) this.fail(`more than ${depthMax} levels`)
    this.space()
    switch (this.text[this.at]) {
      case '{':
        return this.object(depth)
      case '[':
        return this.array(depth)
      case '"':
        return this.string()
      case 't':
        return this.word('true', true)
      case 'f':
        return this.word('false', false)
      case 'n':
        return this.word('null', null)
      default:
        return this.number()
    }
  }

  private word<V>(word: string, value: V): V {
    if (!this.text.startsWith(word, this.at)) this.fail('no such word')
    this.at += word.length
    return value
  }

  private number(): number | bigint {
    number.lastIndex = this.at
    const match = number.exec(this.text)
    if (match === null) this.fail('a value is expected')
    this.at += match[0].length
    const value = Number(match[0])
    const whole = match[1] === undefined && match[2] === undefined
    return whole && !Number.isSafeInteger(value) ? BigInt(match[0]) : value
  }

  private string(): string {
    const { text } = this
    let end = text.indexOf('"', this.at + 1)
    if (text.slice(this.at, end).includes('\\')) {
      end = this.at + 1
      while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
    }
    if (end === -1 || end >= text.length) {
      this.at = text.length
      this.fail('a string does not end')
    }
    const quoted = text.slice(this.at, end + 1)
    try {
      const value: string = JSON.parse(quoted)
      this.at = end + 1
      return value
    } catch {
      return this.fail('a string holds a control character or an escape that JSON does not have')
    }
  }

  private array(depth: number): unknown[] {
    this.at++
    const values: unknown[] = []
    if (this.next(']')) return values
    do values.push(this.value(depth + 1))
    while (this.next(','))
    if (!this.next(']')) this.fail('a comma or ] is expected')
    return values
  }

  private object(depth: number): Record<string, unknown> {
    this.at++
    const members: [string, unknown][] = []
    if (!this.next('}')) {
      do {
        this.space()
        if (this.text[this.at] !== '"') this.fail('a name is expected')
        const name = this.string()
        if (!this.next(':')) this.fail('a colon is expected')
        members.push([name, this.value(depth + 1)])
      } while (this.next(','))
      if (!this.next('}')) this.fail('a comma or } is expected')
    }
    // Not by assignment: a member named __proto__ must stay a member.
    return Object.fromEntries(members)
  }
}
