/** The two rates of a broker: what it gives followers that are out of sync, and what it takes over as a follower. */
import type { Clock } from '../base/clock.ts'
import type { BrokerConfig } from '../config/config.ts'
import { type Metric, metricsOf } from '../metrics/metrics.ts'
import type { ThrottledSide } from '../partitions/throttled.ts'
import { Throttle } from './throttle.ts'

/** See the head of the file. */
export interface Throttles extends Readonly<Record<ThrottledSide, Throttle>> {
  metrics(): Iterable<Metric>
}

const ofLeader = metricsOf('kafka.server', 'LeaderReplication')
const ofFollower = metricsOf('kafka.server', 'FollowerReplication')

/** Of a broker's settings, of which the rates may change at any time; `clock` is the wire's. */
export function openThrottles(config: BrokerConfig, clock: Clock): Throttles {
  const windows = {
    count: config.get('replication.quota.window.num'),
    ms: config.get('replication.quota.window.size.seconds') * 1_000,
  }
  const throttleOf = (side: ThrottledSide) =>
    new Throttle({ windows, clock, bytesPerSecondMax: () => config.get(`${side}.replication.throttled.rate`) })
  const [leader, follower] = [throttleOf('leader'), throttleOf('follower')]
  return {
    ...{ leader, follower },
    *metrics() {
      yield ofLeader('byte-total', leader.bytes)
      yield ofFollower('byte-total', follower.bytes)
    },
  }
}
