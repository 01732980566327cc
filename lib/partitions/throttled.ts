/** Which replicas of a topic are held to a rate while they are copied between brokers (KIP-73), and what holds them to it. */

/** Partitions of a topic whose replica on this broker is held back: none, all, or those with these indexes. */
export type ThrottledPartitions = 'all' | ReadonlySet<number> | null

/** Those that this broker sends no faster to followers out of sync, and those that it takes over no faster. */
export interface Throttled {
  readonly leader: ThrottledPartitions
  readonly follower: ThrottledPartitions
}

/** On which side of a copy a replica is. */
export type ThrottledSide = keyof Throttled

/** A rate that all throttled partitions of one side share. Time is its own. */
export interface ReplicationThrottle {
  /** Most bytes that one answer may have, but for one batch; Infinity where there is no rate. */
  readonly bytesMax: number
  /** Whether more has gone through than the rate allows, with bytes that were not recorded yet. */
  isExceeded(pendingBytes?: number): boolean
  record(bytes: number): void
  /** Milliseconds until it is not exceeded any more, if nothing else goes through. */
  waitMs(): number
}

/** A topic of which nothing is held back. */
export const nothingThrottled: Throttled = { leader: null, follower: null }

/** What a topic's `leader.replication.throttled.replicas`, or that of the follower, says of one broker: '*', or pairs of partition and broker. */
export function throttledOn(replicas: readonly string[], nodeId: number): ThrottledPartitions {
  if (replicas.length === 1 && replicas[0] === '*') return 'all'
  const indexes = new Set<number>()
  for (const pair of replicas) {
    const [index, broker] = pair.split(':')
    if (broker !== undefined && Number(broker) === nodeId) indexes.add(Number(index))
  }
  return indexes.size === 0 ? null : indexes
}

/** Whether a partition's replica here is held back on this side. */
export function isThrottled(
  { settings, index }: { readonly settings: { readonly throttled: Throttled }; readonly index: number },
  side: ThrottledSide,
): boolean {
  const partitions = settings.throttled[side]
  return partitions !== null && (partitions === 'all' || partitions.has(index))
}
