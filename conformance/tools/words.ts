/** Command lines as shells read them, as far as cases need it. */

/** The words of a command line: quotes hold them together, and within double ones a backslash takes the next as it is. */
export function wordsOf(line: string): string[] {
  const words: string[] = []
  const word = /(?:[^\s'"]|'[^']*'|"(?:[^"\\]|\\.)*")+/gs
  const part = /'([^']*)'|"((?:[^"\\]|\\.)*)"|[^'"]+/gs
  for (const [found] of line.matchAll(word)) {
    words.push(found.replace(part, (all, single?: string, double?: string) => single ?? unescaped(double) ?? all))
  }
  return words
}

function unescaped(text: string | undefined): string | undefined {
  return text?.replace(/\\(.)/gs, '$1')
}
