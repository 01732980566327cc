/** Figures of an authorizer, under the group that Apache Kafka has for them; its rates are totals here. */
import { type Metric, metricsOf } from './metrics.ts'

export interface AuthorizationCounts {
  /** Questions that were answered with yes, and with no; also those that only look up what a client may do. */
  readonly allowed: number
  readonly denied: number
  /** Access rules that there are. */
  readonly rules: number
}

const metric = metricsOf('kafka.server', 'authorizer-metrics')

/** None where there is no authorizer. */
export function* authorizationMetrics(counts: AuthorizationCounts | null): Iterable<Metric> {
  if (counts === null) return
  yield metric('authorization-allowed-total', counts.allowed)
  yield metric('authorization-denied-total', counts.denied)
  yield metric('acls-total-count', counts.rules)
}
