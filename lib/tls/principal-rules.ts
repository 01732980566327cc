/** `ssl.principal.mapping.rules`: what the name of a certificate becomes as the name of a user. */

export interface PrincipalRules {
  /** The user's name; undefined where no rule fits. */
  nameOf(distinguishedName: string): string | undefined
}

interface Rule {
  /** Fits the whole of a name. */
  readonly whole: RegExp
  /** Each place where it fits: the replacement comes in for all of them, as in Java's replaceAll. */
  readonly places: RegExp
  readonly replacement: string
  readonly letters: 'L' | 'U' | ''
}

/** Text that is no list of rules. */
export class PrincipalRulesError extends Error {
  override readonly name = 'PrincipalRulesError'
}

const ruleForm = /^(?:DEFAULT|RULE:((?:\\.|[^\\/])*)\/((?:\\.|[^\\/])*)\/([LU]?))/
const separator = /^\s*(?:,[\s,]*|$)/

/** Reads `RULE:pattern/replacement/[LU]` and DEFAULT, separated by commas; the first that fits counts. Throws PrincipalRulesError. */
export function parsePrincipalRules(text: string): PrincipalRules {
  const rules: (Rule | null)[] = []
  for (let rest = text.replace(/^[\s,]+/, ''); rest !== ''; ) {
    const [whole, pattern, replacement, letters] = ruleForm.exec(rest) ?? []
    const end = whole === undefined ? null : separator.exec(rest.slice(whole.length))
    if (whole === undefined || !end) {
      throw new PrincipalRulesError(
        `'${rest}' is no rule: write RULE:pattern/replacement/, RULE:pattern/replacement/L, …/U or DEFAULT, separated by commas`,
      )
    }
    rules.push(pattern === undefined ? null : ruleOf(pattern, replacement ?? '', letters as Rule['letters']))
    rest = rest.slice(whole.length + end[0].length)
  }
  return { nameOf: name => firstOf(rules, name) }
}

function ruleOf(pattern: string, replacement: string, letters: Rule['letters']): Rule {
  try {
    const source = javaPattern(pattern)
    return { whole: new RegExp(`^(?:${source})$`, 'u'), places: new RegExp(source, 'gu'), replacement, letters }
  } catch (error) {
    throw new PrincipalRulesError(`'${pattern}' is no pattern: ${(error as Error).message}`)
  }
}

/** Java allows a backslash before anything that is no letter; JavaScript, with Unicode, only where it is needed. */
function javaPattern(pattern: string): string {
  return pattern.replace(/\\([^A-Za-z0-9])/g, (whole, character: string) =>
    /[\^$\\.*+?()[\]{}|/-]/.test(character) ? (character === '-' ? '\\x2d' : whole) : character,
  )
}

function firstOf(rules: readonly (Rule | null)[], name: string): string | undefined {
  for (const rule of rules) {
    if (rule === null) return name
    if (!rule.whole.test(name)) continue
    const replaced = name.replace(rule.places, (...found) => replacementOf(rule.replacement, found))
    return rule.letters === 'L' ? replaced.toLowerCase() : rule.letters === 'U' ? replaced.toUpperCase() : replaced
  }
  return undefined
}

/** As in Java, `$1` and `${name}` are groups, and a backslash takes the meaning from what follows; as in Kafka, so does a group that is not there. */
function replacementOf(replacement: string, found: readonly unknown[]): string {
  const named = typeof found.at(-1) === 'object' ? (found.at(-1) as Record<string, string | undefined>) : {}
  // Behind the groups stand the position, the whole name, and the named groups where there are any.
  const groups = found.slice(
    0,
    found.findIndex(each => typeof each === 'number'),
  )
  return replacement.replace(
    /\\(.)|\$(?:(\d)|\{(\w+)\})/g,
    (written, character?: string, digit?: string, group?: string) => {
      if (character !== undefined) return character
      if (group !== undefined) return named[group] ?? ''
      return Number(digit) < groups.length ? String(groups[Number(digit)] ?? '') : written
    },
  )
}
