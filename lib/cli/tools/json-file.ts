/** Files of JSON that tools are given, and what is wrong with them in the words of Kafka's tools. */
import { diskFiles } from '../../../storage/files.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** What stands in a file. Throws where it cannot be read. */
export function textIn(path: string): string {
  try {
    return diskFiles.read(path)!.toString('utf8')
  } catch {
    throw new Error(`Unable to read file ${path}`)
  }
}

/** The object in a text; null where it is no JSON. */
export function objectIn(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as JsonObject) : {}
  } catch {
    return null
  }
}

/** Throws where the field is not there, or is nothing of that kind. */
export function field(object: unknown, name: string, kind: 'string'): string
export function field(object: unknown, name: string, kind: 'number'): number
export function field(object: unknown, name: string, kind: 'array'): readonly unknown[]
export function field(object: unknown, name: string, kind: 'string' | 'number' | 'array'): unknown {
  const value = (object as JsonObject | null)?.[name]
  if (value === undefined) throw new Error(`No such field exists: \`${name}\``)
  const isKind =
    kind === 'array' ? Array.isArray(value) : kind === 'number' ? Number.isSafeInteger(value) : typeof value === kind
  if (!isKind) throw new Error(`the field ${name} is no ${kind}: ${JSON.stringify(value).slice(0, 100)}`)
  return value
}
