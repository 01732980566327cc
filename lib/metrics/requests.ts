/** Figures of requests, connections and logins. */
import { codeName } from '../../protocol/errors.ts'
import { counter, type Family, gauge, histogram, one, type Pause, type Series, type Times } from './family.ts'

/** What has counted them. */
export interface RequestFigures {
  readonly counts: {
    all(): Iterable<{ readonly name: string; readonly times: Times; byError(): Iterable<readonly [number, number]> }>
    readonly queueTimes: Times
  }
  readonly requestBytesInFlight: number
  /** Milliseconds by property. */
  readonly heldMs: ReadonlyMap<string, number>
  connectionsByListener(): ReadonlyMap<string, number>
  logins(): Iterable<{ readonly mechanism: string; readonly succeeded: number; readonly failed: number }>
}

export function* requestFamilies(figures: RequestFigures): Iterable<Family | Pause> {
  const { counts } = figures
  yield counter(
    'ottla_requests_total',
    'Requests by API and the first error of their answer, NONE where there is none.',
    requests(counts),
  )
  yield histogram(
    'ottla_request_seconds',
    'Time from when a request is there to its answer, waits for records, members and replicas included.',
    times(counts),
  )
  yield histogram(
    'ottla_request_queue_seconds',
    'Time that requests are here before they are handed on: behind others of their connection, throttled, or for want of memory.',
    one(counts.queueTimes),
  )
  yield gauge(
    'ottla_request_bytes_in_flight',
    'Bytes of requests that are not answered.',
    one(figures.requestBytesInFlight),
  )
  yield counter(
    'ottla_throttled_seconds_total',
    'For how long clients were held up, by the quota that held them longest.',
    throttled(figures.heldMs),
  )
  yield gauge('ottla_connections', 'Connections that are open.', connections(figures.connectionsByListener()))
  yield counter('ottla_auth_failures_total', 'Logins that were refused.', logins(figures, 'failed'))
  yield counter('ottla_auth_successes_total', 'Logins that were granted.', logins(figures, 'succeeded'))
}

function* requests(counts: RequestFigures['counts']): Iterable<Series> {
  for (const api of counts.all()) {
    for (const [code, count] of api.byError()) yield [{ api: api.name, error: codeName(code) }, count]
  }
}

function* times(counts: RequestFigures['counts']): Iterable<Series> {
  for (const { name, times } of counts.all()) yield [{ api: name }, times]
}

function* throttled(heldMs: ReadonlyMap<string, number>): Iterable<Series> {
  for (const [quota, ms] of heldMs) yield [{ quota }, ms / 1_000]
}

function* connections(byListener: ReadonlyMap<string, number>): Iterable<Series> {
  for (const [listener, count] of byListener) yield [{ listener }, count]
}

function* logins(figures: RequestFigures, outcome: 'failed' | 'succeeded'): Iterable<Series> {
  const sums = new Map<string, number>()
  for (const login of figures.logins()) sums.set(login.mechanism, (sums.get(login.mechanism) ?? 0) + login[outcome])
  for (const [mechanism, count] of sums) yield [{ mechanism }, count]
}
