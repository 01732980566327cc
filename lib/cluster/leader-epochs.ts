/**
 * Leader epochs that go on with every start of the leader, without a write for each partition. A broker counts its starts, and a
 * partition is in the epoch that was written for it, plus those that its leader's starts have begun since.
 */
/** How often brokers had started, by node id as text; who is not named had not. */
export type StartCounts = Readonly<Record<string, number>>

/** What was when partitions were made, those from an index on, up to the next such entry: how often their leaders had started. */
export interface PartitionsMade {
  readonly from: number
  readonly starts: StartCounts
  /** Replicas whose brokers were away, and so were not in sync; left out where all were there. */
  readonly away?: readonly number[]
}

/** As with Apache Kafka: the epoch in which nobody led, as the broker was away, and the one in which it leads. */
const epochsPerStart = 2

/** How many epochs a leader has begun by starting since it had started so often. */
export function epochsBegun(starts: number, startsThen: number): number {
  return epochsPerStart * Math.max(0, starts - startsThen)
}

/**
 * The epoch of a partition while its leader is away: after the one it led in, and before the one that its next start begins. Clients
 * are told of it, so whoever gives the partition another leader goes beyond it.
 */
export function epochWithoutLeader({
  leader,
  leaderEpoch,
}: {
  readonly leader: number
  readonly leaderEpoch: number
}): number {
  return leader === -1 ? leaderEpoch : leaderEpoch + 1
}

/** What is known of a topic's partitions once there are others, from an index on: the first replica that is there leads. */
export function withPartitionsMade(
  made: readonly PartitionsMade[],
  from: number,
  replicas: readonly (readonly number[])[],
  counts: ReadonlyMap<number, number>,
  isActive: (id: number) => boolean,
): readonly PartitionsMade[] {
  const leaders = [...new Set(replicas.map(ids => ids.find(isActive)!))]
  const all = [...new Set(replicas.flat())]
  const last = made.at(-1)
  const isAsBefore =
    last !== undefined &&
    leaders.every(id => last.starts[id] === counts.get(id)) &&
    all.every(id => isActive(id) !== (last.away?.includes(id) ?? false))
  if (isAsBefore) return made
  const away = all.filter(id => !isActive(id)).sort((a, b) => a - b)
  const starts = Object.fromEntries(leaders.map(id => [id, counts.get(id) ?? 0]))
  return [...made, { from, starts, ...(away.length > 0 ? { away } : {}) }]
}

/** Who is in sync in a partition that is as it was made. */
export function inSyncWhenMade(
  made: readonly PartitionsMade[],
  index: number,
  replicas: readonly number[],
): readonly number[] {
  const away = made.findLast(({ from }) => from <= index)?.away
  return away === undefined ? replicas : replicas.filter(id => !away.includes(id))
}

/** The epoch of a partition that is as it was made. */
export function epochSinceMade(
  made: readonly PartitionsMade[],
  index: number,
  leader: number,
  counts: ReadonlyMap<number, number>,
): number {
  const startsThen = made.findLast(({ from }) => from <= index)?.starts[leader] ?? 0
  return epochsBegun(counts.get(leader) ?? 0, startsThen)
}
