/** Records that a broker is to have from its start on, as lines of JSON or a program's objects, checked and turned into bytes. */
import type { BatchRecord } from '../../protocol/records/batch.ts'

/** A key, a value or a header's value: text, bytes, none, or anything else as its JSON text. */
export type RecordContent =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly unknown[]
  | { readonly [name: string]: unknown }

/** A record as a program or a line of JSON has it. */
export interface RecordToLoad {
  /** Made by the broker's defaults where it is not there. */
  readonly topic: string
  readonly key?: RecordContent
  readonly value?: RecordContent
  /** By name, or as a list where a name occurs more than once. */
  readonly headers?:
    | Readonly<Record<string, RecordContent>>
    | readonly { readonly key: string; readonly value?: RecordContent }[]
  /** Where none is named, that of the key as Kafka's clients choose it; records without a key take turns. */
  readonly partition?: number
  /** Milliseconds since 1970, or a date as text; now, where there is none. */
  readonly timestamp?: number | string
  /** `base64` where texts of key, value and headers are bytes in base64. */
  readonly encoding?: 'utf8' | 'base64'
}

/** A record that was checked. */
export interface LoadedRecord {
  readonly topic: string
  readonly partition: number | null
  readonly record: BatchRecord
}

/** The last two are told of records that were consumed, and do not count where they are loaded. */
const known = ['topic', 'key', 'value', 'headers', 'partition', 'timestamp', 'encoding', 'offset', 'timestampType']

/** What is wrong with a record; who read it knows where it stands. */
export class RecordLineError extends Error {
  override readonly name = 'RecordLineError'
}

/** Reads one line. Throws RecordLineError. */
export function recordOfLine(line: string, nowMs: number): LoadedRecord {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw new RecordLineError(
      `it is no JSON: ${(error as Error).message}; write one object on a line, as in {"topic":"orders","value":"a"}`,
    )
  }
  return recordOf(value, nowMs)
}

/** Checks a record. Throws RecordLineError. */
export function recordOf(value: unknown, nowMs: number): LoadedRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RecordLineError('it is no object; write {"topic":"orders","key":"a","value":"b"}')
  }
  const given = value as RecordToLoad
  for (const name in given) {
    if (!known.includes(name)) throw new RecordLineError(`there is no field '${name}'; known are ${known.join(', ')}`)
  }
  const { topic, partition, encoding } = given
  if (typeof topic !== 'string' || topic === '') throw new RecordLineError(`it needs a "topic", the name of one`)
  if (partition !== undefined && partition !== null && !(Number.isInteger(partition) && partition >= 0)) {
    throw new RecordLineError(`"partition" is ${JSON.stringify(partition)}; it takes a number from 0 on`)
  }
  if (encoding !== undefined && encoding !== 'utf8' && encoding !== 'base64') {
    throw new RecordLineError(`"encoding" is ${JSON.stringify(encoding)}; it takes "utf8" or "base64"`)
  }
  const bytes = (content: RecordContent | undefined) => bytesOf(content, encoding ?? 'utf8')
  return {
    topic,
    partition: partition ?? null,
    record: {
      timestamp: timestampOf(given.timestamp, nowMs),
      key: bytes(given.key),
      value: bytes(given.value),
      headers: headersOf(given.headers, bytes),
    },
  }
}

function bytesOf(content: RecordContent | undefined, encoding: 'utf8' | 'base64'): Uint8Array | null {
  if (content === undefined || content === null) return null
  if (content instanceof Uint8Array) return content
  if (typeof content !== 'string') return Buffer.from(JSON.stringify(content))
  if (encoding === 'base64' && !/^[A-Za-z0-9+/_-]*={0,2}$/.test(content)) {
    throw new RecordLineError(`${JSON.stringify(content.slice(0, 40))} is no base64, which "encoding" says it is`)
  }
  return Buffer.from(content, encoding)
}

function timestampOf(timestamp: RecordToLoad['timestamp'] | null, nowMs: number): number {
  if (timestamp === undefined || timestamp === null) return nowMs
  const ms = typeof timestamp === 'string' ? Date.parse(timestamp) : timestamp
  if (Number.isSafeInteger(ms) && ms >= 0) return ms
  throw new RecordLineError(
    `"timestamp" is ${JSON.stringify(timestamp)}; it takes milliseconds since 1970, or a date as "2030-01-31T12:00:00Z"`,
  )
}

function headersOf(
  headers: RecordToLoad['headers'] | null,
  bytes: (content: RecordContent | undefined) => Uint8Array | null,
): { key: string; value: Uint8Array | null }[] {
  if (headers === undefined || headers === null) return []
  if (typeof headers !== 'object') throw new RecordLineError('"headers" takes an object, or a list of {"key", "value"}')
  if (!Array.isArray(headers)) {
    return Object.entries(headers).map(([key, value]) => ({ key, value: bytes(value as RecordContent) }))
  }
  return headers.map((header: { key?: unknown; value?: RecordContent } | null) => {
    if (typeof header?.key !== 'string') throw new RecordLineError('a header of the list has no "key"')
    return { key: header.key, value: bytes(header.value) }
  })
}
