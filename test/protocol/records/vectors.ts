/** Record sets that Apache Kafka wrote, with what it says is in them; and a generator of repeatable chance for tests. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { KafkaError } from '../../../protocol/errors.ts'
import type { BatchJson } from '../../../protocol/records/json.ts'

/** One record set. */
export interface BatchVector {
  what: string
  compression: string
  hex: string
  batches: BatchJson[]
}

/** All 54 record sets: three formats, each codec, and the two end-transaction markers. */
export const batchVectors: BatchVector[] = gunzipSync(
  readFileSync(new URL('../../fixtures/batches.jsonl.gz', import.meta.url)),
)
  .toString('utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))

/** Numbers from 0 to `max` − 1, the same for each seed. */
export function chance(seed: number): (max: number) => number {
  let state = seed
  return max => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * max)
  }
}

/** The code of the KafkaError that `run` throws, or a text that says what else happened. */
export function codeOf(run: () => unknown): number | string {
  try {
    run()
    return 'no error'
  } catch (error) {
    return error instanceof KafkaError ? error.code : String(error)
  }
}

/** Records with a null key, a null value, headers with and without values, and times that go back. */
export const people = ['ada', 'grace', null, 'edsger', 'barbara'].map((name, index) => ({
  timestamp: 1_700_000_000_000 + [5, 3, 9, 9, -40_000][index],
  key: name === null ? null : Buffer.from(name),
  value: index === 3 ? null : Buffer.from(`value ${index}`.repeat(index * 20 + 1)),
  headers: index === 1 ? [] : [{ key: 'trace-é', value: index === 4 ? null : Buffer.from([1, 2]) }],
}))
