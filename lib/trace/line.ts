/** A line of a trace: what it tells, and how people read it. */

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

/** A line as people read it. */
export function lineInWords({
  at,
  kind,
  connection,
  clientId,
  api,
  version,
  correlationId,
  text,
  cause,
  tookMs,
}: TraceLine): string {
  const arrow = { request: '→', answer: '←', fault: '!', closed: '×' }[kind]
  const who = `${connection}${clientId === null ? '' : ` ${clientId}`}`
  const what = api === null ? text : `${api} v${version} #${correlationId}${text === '' ? '' : `: ${text}`}`
  const why = cause === undefined ? '' : ` (${cause})`
  return `${new Date(at).toISOString().slice(11, 23)} ${arrow} ${who}  ${what}${why}${tookMs === undefined ? '' : `  ${tookMs} ms`}`
}
