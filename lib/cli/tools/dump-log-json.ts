/** What `ottla dump-log` finds as JSON lines, one object for each thing, in the names that Kafka's tool has for what it tells. */
import { isJson, stringifyExact } from '../../../protocol/json-text.ts'

/** Keys and values of stored records are JSON already, and stay as exact as they are. */
export interface DecodedTexts {
  readonly key: string | null
  readonly value: string | null
}

/** One line; of a record also what was read of its key and its value. */
export function jsonLine(facts: object, decoded: DecodedTexts | null = null): string {
  const line = stringifyExact(facts)
  if (decoded === null) return `${line}\n`
  return `${line.slice(0, -1)},"key":${embedded(decoded.key)},"payload":${embedded(decoded.value)}}\n`
}

function embedded(text: string | null): string {
  if (text === null) return 'null'
  return /^\{/.test(text) && isJson(text) ? text : JSON.stringify(text)
}
