/** Figures of logins, under the names that Apache Kafka has for them. */
import { type Metric, metricsOf } from './metrics.ts'

interface LoginCounts {
  counts(): Iterable<{
    readonly listener: string
    readonly mechanism: string
    readonly succeeded: number
    readonly failed: number
  }>
}

const metric = metricsOf('kafka.server', 'socket-server-metrics')

/** How many logins have ended well and badly, by listener and mechanism. */
export function* loginMetrics(logins: LoginCounts): Iterable<Metric> {
  for (const { listener, mechanism, succeeded, failed } of logins.counts()) {
    const tags = { listener, mechanism }
    yield metric('successful-authentication-total', succeeded, tags)
    yield metric('failed-authentication-total', failed, tags)
  }
}
