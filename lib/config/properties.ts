/** The syntax of Java's .properties files. */

/**
 * Reads `key=value` lines: '#' and '!' begin comments, '=', ':' or blanks end a key, a backslash at the end of a line
 * continues it, and \t \n \r \f \uXXXX and any escaped character stand in keys and values. The last of equal keys wins.
 */
export function parseProperties(text: string): Record<string, string> {
  const properties: Record<string, string> = {}
  for (const line of logicalLines(text)) {
    const end = keyEnd(line)
    let at = end
    while (isBlank(line[at])) at++
    if (line[at] === '=' || line[at] === ':') {
      at++
      while (isBlank(line[at])) at++
    }
    properties[unescaped(line.slice(0, end))] = unescaped(line.slice(at))
  }
  return properties
}

/** Lines without comments and empty ones, continued lines joined. */
function* logicalLines(text: string): Generator<string> {
  let joined: string | null = null
  for (const natural of text.split(/\r\n|\n|\r/)) {
    const line = natural.replace(/^[ \t\f]+/, '')
    if (joined === null && (line === '' || line[0] === '#' || line[0] === '!')) continue
    const whole: string = (joined ?? '') + line
    const backslashes = /\\*$/.exec(line)![0].length
    if (backslashes % 2 === 1) {
      joined = whole.slice(0, -1)
    } else {
      yield whole
      joined = null
    }
  }
  if (joined !== null && joined !== '') yield joined
}

function keyEnd(line: string): number {
  let at = 0
  while (at < line.length) {
    const c = line[at]!
    if (c === '\\') at++
    else if (c === '=' || c === ':' || isBlank(c)) break
    at++
  }
  return Math.min(at, line.length)
}

function isBlank(c: string | undefined): boolean {
  return c === ' ' || c === '\t' || c === '\f'
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescaped(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|[\s\S]|$)/g, (_, code: string) =>
    code.length === 5 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (escapes[code] ?? code),
  )
}
