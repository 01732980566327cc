/** What a trace tells. */

/** One thing that happened between a client and the broker. */
export interface TraceLine {
  /** Counted from 1. */
  readonly number: number
  /** Milliseconds since 1970, by the broker's clock. */
  readonly at: number
  readonly kind: 'request' | 'answer' | 'fault' | 'closed'
  /** The connection, by a number that no other has in this process. */
  readonly connection: number
  readonly clientId: string | null
  /** Name and version of the API; null for a connection that is closed. */
  readonly api: string | null
  readonly version: number | null
  /** Tells which answer is to which request of a connection; null as above. */
  readonly correlationId: number | null
  /** What was asked or answered, in words. */
  readonly text: string
  /** Names of the error codes of an answer, without those that say that all is well. */
  readonly errors?: readonly string[]
  /** Why they were given, where that is known. */
  readonly cause?: string
  /** How long an answer took, in milliseconds. */
  readonly tookMs?: number
}

/** What happened since it was first asked for, or since the start where that was said, as far as it is kept: 10,000 lines. */
export interface TestTrace {
  /** Lines after this number; all that are kept without one. */
  since(number?: number): readonly TraceLine[]
  /** The number of the last line; 0 where there is none. */
  readonly last: number
}
