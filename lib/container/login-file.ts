/** The login file of a Java process (JAAS): named sections, each with the modules that may log in. */

/** One module of a section, in the form in which `sasl.jaas.config` takes it. */
export interface LoginModule {
  readonly className: string
  readonly text: string
}

/** Sections by their names, as they stand in the file. Throws SyntaxError where the text is no such file. */
export function parseLoginFile(text: string): Map<string, LoginModule[]> {
  const sections = new Map<string, LoginModule[]>()
  const tokens = [...tokensOf(text)]
  let at = 0
  const next = (what: string): string => {
    if (at === tokens.length) throw new SyntaxError(`it ends where ${what} is expected`)
    return tokens[at++]
  }
  const expect = (token: string) => {
    const found = next(`'${token}'`)
    if (found !== token) throw new SyntaxError(`it has '${found}' where '${token}' is expected`)
  }
  while (at < tokens.length) {
    const name = unquoted(next('the name of a section'))
    expect('{')
    const modules: LoginModule[] = []
    while (tokens[at] !== '}') {
      const className = next("a module or '}'")
      const words: string[] = [className]
      for (let word = next("';'"); word !== ';'; word = next("';'")) {
        if (word === '=') words.push(`${words.pop()}=${next('a value')}`)
        else words.push(word)
      }
      modules.push({ className, text: `${words.join(' ')};` })
    }
    expect('}')
    if (tokens[at] === ';') at++
    sections.set(name, modules)
  }
  return sections
}

function* tokensOf(text: string): Generator<string> {
  const form = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|#[^\n]*|\s+|("(?:[^"\\]|\\[\s\S])*"|[{};=]|[^\s{};="]+)|([\s\S])/gy
  for (const [, token, other] of text.matchAll(form)) {
    if (other !== undefined) throw new SyntaxError(`it has ${other} where no text begins or ends`)
    if (token !== undefined) yield token
  }
}

function unquoted(token: string): string {
  return token.startsWith('"') ? token.slice(1, -1) : token
}

/** The SASL mechanisms that a login module serves; any for one that is not Kafka's own. */
function serves({ className }: LoginModule, mechanism: string): boolean {
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
