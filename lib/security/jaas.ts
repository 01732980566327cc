/**
 * Logins as a Java process is given them (JAAS): the value of `sasl.jaas.config`, which is one module with its options, and login files,
 * whose named sections hold modules.
 */

/** One module that may log in. */
export interface LoginModule {
  readonly className: string
  /** By name, without quotes and escapes. */
  readonly options: ReadonlyMap<string, string>
  /** In the form in which `sasl.jaas.config` takes it. */
  readonly text: string
}

/** When a module counts, of which nothing depends here: there is one for each mechanism. */
const flags = ['required', 'requisite', 'sufficient', 'optional']

/** The modules in the value of `sasl.jaas.config`. Throws SyntaxError where it has none, or is no such text. */
export function parseLogins(text: string): LoginModule[] {
  const tokens = new Tokens(text)
  const modules: LoginModule[] = []
  do modules.push(moduleOf(tokens))
  while (tokens.peek() !== undefined)
  return modules
}

/** Sections by their names, as they stand in the file. Throws SyntaxError where the text is no such file. */
export function parseLoginFile(text: string): Map<string, LoginModule[]> {
  const sections = new Map<string, LoginModule[]>()
  const tokens = new Tokens(text)
  while (tokens.peek() !== undefined) {
    const name = unquoted(tokens.next('the name of a section'))
    tokens.expect('{')
    const modules: LoginModule[] = []
    while (tokens.peek() !== '}') modules.push(moduleOf(tokens))
    tokens.expect('}')
    if (tokens.peek() === ';') tokens.next("';'")
    sections.set(name, modules)
  }
  return sections
}

function moduleOf(tokens: Tokens): LoginModule {
  const className = unquoted(tokens.next("a module or '}'"))
  if (/^[{};=]$/.test(className)) throw new SyntaxError(`it has '${className}' where a module is expected`)
  const flag = tokens.next("';'")
  if (!flags.includes(flag.toLowerCase()))
    throw new SyntaxError(
      `it has ${JSON.stringify(flag)} after the module, where one of ${flags.join(', ')} is expected`,
    )
  const options = new Map<string, string>()
  const words = [className, flag]
  for (let name = tokens.next("';'"); name !== ';'; name = tokens.next("';'")) {
    tokens.expect('=')
    const value = tokens.next('a value')
    // Values may be secrets, so that no error quotes one.
    if (/^[{};=]$/.test(value)) throw new SyntaxError(`it gives ${unquoted(name)} no value`)
    options.set(unquoted(name), unquoted(value))
    words.push(`${name}=${value}`)
  }
  return { className, options, text: `${words.join(' ')};` }
}

/** What a text is made of: words, quoted texts and marks; comments and white space lie between. */
class Tokens {
  readonly #tokens: string[] = []
  #at = 0

  constructor(text: string) {
    const form = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|#[^\n]*|\s+|("(?:[^"\\]|\\[\s\S])*"|[{};=]|[^\s{};="]+)|([\s\S])/gy
    for (const [, token, other] of text.matchAll(form)) {
      if (other !== undefined) throw new SyntaxError(`it has ${other} where no text begins or ends`)
      if (token !== undefined) this.#tokens.push(token)
    }
  }

  peek(): string | undefined {
    return this.#tokens[this.#at]
  }

  next(what: string): string {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw new SyntaxError(`it ends where ${what} is expected`)
    return token
  }

  expect(token: string): void {
    const found = this.next(`'${token}'`)
    // Where an option has no '=', the word may be a secret.
    const shown = token === '=' && !/^[{};=]$/.test(found) ? 'a word' : `'${found}'`
    if (found !== token) throw new SyntaxError(`it has ${shown} where '${token}' is expected`)
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/** Java's escapes: those of its letters, up to three octal digits, and any other character for itself. */
function unquoted(token: string): string {
  if (!token.startsWith('"')) return token
  return token.slice(1, -1).replace(/\\([0-3]?[0-7]{1,2}|[\s\S])/g, (_, escaped: string) => {
    if (/^[0-7]/.test(escaped)) return String.fromCharCode(Number.parseInt(escaped, 8))
    return Object.hasOwn(escapes, escaped) ? escapes[escaped]! : escaped
  })
}

/** A text as the value of an option. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** Whether a login module serves a SASL mechanism; any does that is not Kafka's own. */
export function serves({ className }: LoginModule, mechanism: string): boolean {
  const own = /\.(Plain|Scram|OAuthBearer|Krb5)LoginModule$/.exec(className)?.[1]
  switch (own) {
    case 'Plain':
      return mechanism === 'PLAIN'
    case 'Scram':
      return mechanism.startsWith('SCRAM-')
    case 'OAuthBearer':
      return mechanism === 'OAUTHBEARER'
    case 'Krb5':
      return mechanism === 'GSSAPI'
    default:
      return true
  }
}

/** The module by which a listener logs in for a mechanism: of its own section, or of the one for all; null where there is none. */
export function moduleFor(
  sections: ReadonlyMap<string, readonly LoginModule[]>,
  listener: string,
  mechanism: string,
): LoginModule | null {
  const section = sections.get(`${listener.toLowerCase()}.KafkaServer`) ?? sections.get('KafkaServer') ?? []
  return section.find(module => serves(module, mechanism)) ?? null
}

/** The file that the options of a JVM name, null where they name none. */
export function loginFileIn(options: string): string | null {
  const found = /-Djava\.security\.auth\.login\.config==?(?:"([^"]*)"|'([^']*)'|(\S+))/.exec(options)
  return found === null ? null : (found[1] ?? found[2] ?? found[3])
}
