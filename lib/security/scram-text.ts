/** Credentials of SCRAM as Kafka's tools take them: `iterations=8192,password=secret`, and with salt and salted password instead. */
import { Secret } from '../base/secret.ts'
import { iterationsMax, iterationsMin, type ScramMechanism } from './scram.ts'

/** Iterations where nothing is said. */
export const iterationsUsual = 4_096

/** What a text says: a value for each name, quotes taken off. Null where it is no such text. */
export function scramFields(text: string): ReadonlyMap<string, string> | null {
  const fields = new Map<string, string>()
  for (const part of text.split(',')) {
    const at = part.indexOf('=')
    if (at < 1) return null
    fields.set(
      part.slice(0, at).trim(),
      part
        .slice(at + 1)
        .trim()
        .replace(/^"(.*)"$/s, '$1'),
    )
  }
  return fields
}

/** A password with its iterations; null where the text is no such thing, a sentence where the iterations are not allowed. */
export function scramPasswordIn(
  mechanism: ScramMechanism,
  text: string,
): { readonly password: Secret; readonly iterations: number } | string | null {
  const fields = /^(?:iterations=(\d{1,9}),)?password=(.+)$/s.exec(text)
  if (fields === null) return null
  const iterations = fields[1] === undefined ? iterationsUsual : Number(fields[1])
  if (iterations < iterationsMin) {
    return `Iterations ${iterations} is less than the minimum ${iterationsMin} required for ${mechanism}`
  }
  if (iterations > iterationsMax) {
    return `Iterations ${iterations} is greater than the maximum ${iterationsMax} for ${mechanism}`
  }
  return { password: new Secret(fields[2]!), iterations }
}
