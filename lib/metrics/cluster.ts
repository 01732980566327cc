/** Figures of this broker's part in its cluster: what it leads and follows, and how well it is followed. */
import { type Family, gauge, one, type Pause, type Series } from './family.ts'

export interface ClusterFigures {
  readonly isController: boolean
  /** Partitions without a leader, topic by topic of the whole cluster; null where that is another broker's to tell. */
  leaderless(): Iterable<number> | null
  /** Brokers by their state; null likewise. */
  brokers(): ReadonlyMap<string, number> | null
  /** Each partition on this broker. */
  partitions(): Iterable<{
    readonly isLeader: boolean
    /** Whether its log cannot be used. */
    readonly isOffline: boolean
    /** Null where it is led by another broker, or has no other replica. */
    readonly isr: { readonly size: number; readonly replicas: number; readonly needed: number } | null
    /** How far followers are behind, in records, by node id. */
    lags(): Iterable<readonly [follower: number, records: number]>
  }>
}

export function* clusterFamilies(figures: ClusterFigures): Iterable<Family | Pause> {
  yield gauge('ottla_is_controller', 'Whether this broker is the controller.', one(figures.isController ? 1 : 0))
  const states: Record<string, number> = { led: 0, followed: 0, under_replicated: 0, under_min_isr: 0, at_min_isr: 0 }
  states.replica_offline = 0
  const lags = new Map<number, number>()
  for (const partition of figures.partitions()) {
    states[partition.isLeader ? 'led' : 'followed']!++
    if (partition.isOffline) states.replica_offline++
    const { isr } = partition
    if (isr !== null) {
      if (isr.size < isr.replicas) states.under_replicated!++
      if (isr.size < isr.needed) states.under_min_isr!++
      if (isr.size === isr.needed) states.at_min_isr!++
      for (const [follower, records] of partition.lags()) {
        lags.set(follower, Math.max(records, lags.get(follower) ?? 0))
      }
    }
    yield null
  }
  const leaderless = figures.leaderless()
  if (leaderless !== null) {
    states.offline = 0
    for (const count of leaderless) {
      states.offline += count
      yield null
    }
  }
  yield gauge(
    'ottla_partitions',
    'Partitions on this broker by what is so of them; offline are those of the cluster without a leader, told by the controller.',
    byLabel('state', Object.entries(states)),
  )
  yield gauge(
    'ottla_follower_lag_records',
    'How far a follower is behind what this broker leads; the most of all partitions.',
    byLabel('follower', lags),
  )
  yield gauge(
    'ottla_brokers',
    'Brokers of the cluster by their state, told by the controller.',
    byLabel('state', figures.brokers() ?? []),
  )
}

function* byLabel(name: string, values: Iterable<readonly [string | number, number]>): Iterable<Series> {
  for (const [label, value] of values) yield [{ [name]: label }, value]
}
