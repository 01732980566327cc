/** Figures of requests, connections and logins. */
import { codeName } from '../../protocol/errors.ts'
import { type Family, one, type Pause, type Series, type Times } from './family.ts'

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
  yield {
    name: 'ottla_requests_total',
    type: 'counter',
    help: 'Requests by API and the first error of their answer, NONE where there is none.',
    series: requests(counts),
  }
  yield {
    name: 'ottla_request_seconds',
    type: 'histogram',
    help: 'Time from when a request is there to its answer, waits for records, members and replicas included.',
    series: times(counts),
  }
  yield {
    name: 'ottla_request_queue_seconds',
    type: 'histogram',
    help: 'Time that requests are here before they are handed on: behind others of their connection, throttled, or for want of memory.',
    series: one(counts.queueTimes),
  }
  yield {
    name: 'ottla_request_bytes_in_flight',
    type: 'gauge',
    help: 'Bytes of requests that are not answered.',
    series: one(figures.requestBytesInFlight),
  }
  yield {
    name: 'ottla_throttled_seconds_total',
    type: 'counter',
    help: 'For how long clients were held up, by the quota that held them longest.',
    series: throttled(figures.heldMs),
  }
  yield {
    name: 'ottla_connections',
    type: 'gauge',
    help: 'Connections that are open.',
    series: connections(figures.connectionsByListener()),
  }
  yield {
    name: 'ottla_auth_failures_total',
    type: 'counter',
    help: 'Logins that were refused.',
    series: logins(figures, 'failed'),
  }
  yield {
    name: 'ottla_auth_successes_total',
    type: 'counter',
    help: 'Logins that were granted.',
    series: logins(figures, 'succeeded'),
  }
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
