/** Figures of the groups that this broker coordinates. */
import { counter, type Detail, type Family, gauge, type Pause, type Series } from './family.ts'
import { type LagStatus, lagStatuses, worst } from './lag/lag-status.ts'
import type { PartitionLag } from './lag/lag-watch.ts'

export interface GroupFigures {
  groups(): Iterable<{
    readonly groupId: string
    readonly kind: string
    readonly state: string
    readonly members: number
  }>
  /** How often each group has begun to rebalance, by why. */
  rebalances(): Iterable<{ readonly groupId: string; readonly reason: string; readonly count: number }>
  /** As of a look that was just taken. */
  lags(): Iterable<PartitionLag>
  statusOf(lag: PartitionLag): LagStatus
}

export function* groupFamilies(figures: GroupFigures, { byPartition }: Detail): Iterable<Family | Pause> {
  yield gauge(
    'ottla_group_lag',
    'Records that a group has not committed yet. Told by its coordinator.',
    lags(figures, byPartition, (lag, sum) => sum + lag.lag),
  )
  yield gauge(
    'ottla_group_lag_seconds',
    'How long the first record that a group has not committed has been there; the longest of its partitions.',
    lags(figures, byPartition, (lag, most) => Math.max(most, lag.lagSeconds)),
  )
  if (byPartition) {
    yield gauge(
      'ottla_group_offset',
      'Offset that a group has committed.',
      lags(figures, true, lag => lag.offset),
    )
  }
  yield gauge(
    'ottla_group_status',
    'How a group gets on, 1 for what is so: OK, WARN (its lag grows), STALL (it commits the same offset), STOP (it commits nothing), REWIND.',
    statuses(figures),
  )
  yield gauge('ottla_group_members', 'Members of a group.', members(figures))
  yield gauge('ottla_groups', 'Groups by their kind and state.', states(figures))
  yield counter('ottla_rebalances_total', 'How often a group has begun to rebalance, by why.', rebalances(figures))
}

function* lags(
  figures: GroupFigures,
  byPartition: boolean,
  add: (lag: PartitionLag, before: number) => number,
): Iterable<Series | Pause> {
  const sums = new Map<string, [{ group: string; topic: string }, number]>()
  for (const lag of figures.lags()) {
    const { groupId: group, topic, partition } = lag
    // What is not known is not told.
    if (lag.lag < 0) continue
    if (byPartition) {
      yield [{ group, topic, partition }, add(lag, 0)]
      continue
    }
    const key = `${topic}/${group}`
    const sum = sums.get(key)
    if (sum === undefined) sums.set(key, [{ group, topic }, add(lag, 0)])
    else sum[1] = add(lag, sum[1])
    yield null
  }
  yield* sums.values()
}

/** All of them, so that one that is no more goes to 0 and does not stay in graphs. */
function* statuses(figures: GroupFigures): Iterable<Series | Pause> {
  const byGroup = new Map<string, LagStatus>()
  for (const lag of figures.lags()) {
    byGroup.set(lag.groupId, worst([byGroup.get(lag.groupId) ?? 'OK', figures.statusOf(lag)]))
    yield null
  }
  for (const [group, now] of byGroup) {
    for (const status of lagStatuses) yield [{ group, status }, status === now ? 1 : 0]
  }
}

function* members(figures: GroupFigures): Iterable<Series> {
  for (const { groupId: group, members } of figures.groups()) yield [{ group }, members]
}

function* states(figures: GroupFigures): Iterable<Series | Pause> {
  const counts = new Map<string, [{ kind: string; state: string }, number]>()
  for (const { kind, state } of figures.groups()) {
    const count = counts.get(`${kind}/${state}`)
    if (count === undefined) counts.set(`${kind}/${state}`, [{ kind, state }, 1])
    else count[1]++
    yield null
  }
  yield* counts.values()
}

function* rebalances(figures: GroupFigures): Iterable<Series> {
  for (const { groupId: group, reason, count } of figures.rebalances()) yield [{ group, reason }, count]
}
