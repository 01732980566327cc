/** What a case of the driver is, and the small things that many of them need. */
import { buildBatch } from '../../protocol/records/batch.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import type { Session } from '../session.ts'

/**
 * Requests whose answers are compared between brokers. Names of topics and groups come from the session. A case stands for itself: it
 * finds the same whichever others ran before.
 */
export interface Case {
  readonly name: string
  /** Properties of the broker that it asks, beside those of all. Cases with the same share a broker. */
  readonly settings?: Readonly<Record<string, string>>
  run(session: Session): Promise<void>
  /** Where our answers differ from Kafka's on purpose. */
  readonly differs?: readonly Difference[]
}

/** A place where our answer differs on purpose; `*` in the patterns stands for anything. It is a failure when it does not differ any more. */
export interface Difference {
  /** Which answers, by the titles that the driver prints: `Fetch v4 unknown topic`. */
  readonly answer: string
  /** Where in them, as the driver prints it: `responses[0].errorCode`. */
  readonly path: string
  /** What we answer there. What Kafka answers is recorded. */
  readonly ours: unknown
  readonly reason: string
}

/** Refusals that say why where Kafka's do not. */
export function saysMore(answer: string, path = '*errorMessage'): Difference {
  return {
    answer,
    path,
    ours: '<errorMessage>',
    reason: 'A sentence says why a request is refused, where Kafka leaves it at the code',
  }
}

/** The time of every record here: the same at each broker. */
export const recordTimestamp = 1_600_000_000_000

/**
 * What brokers are started with to be asked or compared: groups form at once, and nothing is done later to what lies in logs, such as to
 * delete records of `recordTimestamp`, which are older than anything is kept.
 */
export const brokerSettings = { 'group.initial.rebalance.delay.ms': '0', 'log.initial.task.delay.ms': '86400000' }

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
