/** Patterns as Kafka takes them: RE2, which has no looking around and no going back, and matches in linear time. The one importer of re2js. */
import { offLoop } from './off-loop.ts'

/** Whether a text, all of it, fits. */
export type Pattern = (text: string) => boolean

/** Reads a pattern; null where the text is none. */
export type ReadPattern = (text: string) => Pattern | null

let loaded: ReadPattern | null = null
let loading: Promise<ReadPattern> | null = null

/** What reads patterns, loaded when it is first asked for. */
export function loadPatterns(): Promise<ReadPattern> {
  loading ??= offLoop(import('re2js')).then(({ RE2JS }) => {
    loaded = text => {
      try {
        const compiled = RE2JS.compile(text)
        return whole => compiled.matches(whole)
      } catch {
        return null
      }
    }
    return loaded
  })
  return loading
}

/** The same where it is loaded; null, and loaded soon, where it is not. */
export function loadedPatterns(): ReadPattern | null {
  if (loaded === null) void loadPatterns()
  return loaded
}

/** Null where this is no pattern. */
export async function patternOf(text: string): Promise<Pattern | null> {
  return (await loadPatterns())(text)
}

/** What is wrong with a pattern, as RE2 says it; null where nothing is. */
export async function patternFault(text: string): Promise<string | null> {
  const { RE2JS } = await offLoop(import('re2js'))
  try {
    RE2JS.compile(text)
    return null
  } catch (error) {
    // The sentence, then the piece of the pattern that it is about.
    return (error as Error).message.replace(/^error parsing regexp: /, '').replace(/: `[\s\S]*`$/, '')
  }
}
