/** Patterns as Kafka takes them: RE2, which has no looking around and no going back, and matches in linear time. The one importer of re2js. */

/** Whether a text, all of it, fits. */
export type Pattern = (text: string) => boolean

/** Loaded when the first pattern is asked for; null where this is none. */
export async function patternOf(text: string): Promise<Pattern | null> {
  const { RE2JS } = await import('re2js')
  try {
    const compiled = RE2JS.compile(text)
    return whole => compiled.matches(whole)
  } catch {
    return null
  }
}
