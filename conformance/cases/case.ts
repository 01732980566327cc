/** What a case of the driver is, and the small things that many of them need. */
import { buildBatch } from '../../protocol/records/batch.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import type { Session } from '../session.ts'

/** Requests whose answers are compared between brokers. Names of topics and groups come from the session. */
export interface Case {
  readonly name: string
  run(session: Session): Promise<void>
}

/** The time of every record here: the same at each broker. */
export const recordTimestamp = 1_600_000_000_000

/** A batch of small records. */
export function batchOf(
  values: readonly (string | null)[],
  options: { compression?: Codec; timestamp?: number; key?: string } = {},
): Buffer {
  const { compression = 'none', timestamp = recordTimestamp, key } = options
  return buildBatch({
    compression,
    records: values.map((value, i) => ({
      timestamp: timestamp + i,
      key: key === undefined ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    })),
  })
}

/** A topic id that no broker has given. */
export const unknownTopicId = 'Zm9vYmFyYmF6cXV4cXV1eA'
