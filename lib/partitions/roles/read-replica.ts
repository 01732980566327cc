/** Which replica is to serve a consumer that tells its rack (KIP-392), as Apache Kafka's RackAwareReplicaSelector chooses it. Pure. */
import type { Replica } from './replica.ts'

/** Where replicas are, and what the consumer is about to read. */
export interface ReadChoice {
  readonly leaderId: number
  /** The replicas that are in sync. */
  readonly isr: readonly number[]
  readonly fetchOffset: number
  readonly rack: string
  /** Null for a broker without a rack, or that cannot be reached as this consumer reaches the leader. */
  rackOf(brokerId: number): string | null
}

/**
 * The follower in the consumer's rack that is in sync and has the offset: of several, the one that has most, or had all last. -1 where the leader is to be
 * asked: it is in the rack itself, or nobody is.
 */
export function preferredReadReplica(followers: readonly Replica[], choice: ReadChoice): number {
  const { leaderId, isr, fetchOffset, rack, rackOf } = choice
  if (rackOf(leaderId) === rack) return -1
  let best: Replica | null = null
  for (const replica of followers) {
    const has = replica.logEndOffset >= fetchOffset && replica.logStartOffset <= fetchOffset
    if (!has || !isr.includes(replica.id) || rackOf(replica.id) !== rack) continue
    if (best === null || isBetter(replica, best)) best = replica
  }
  return best?.id ?? -1
}

function isBetter(one: Replica, other: Replica): boolean {
  if (one.logEndOffset !== other.logEndOffset) return one.logEndOffset > other.logEndOffset
  if (one.lastCaughtUpMs !== other.lastCaughtUpMs) return one.lastCaughtUpMs > other.lastCaughtUpMs
  return one.id > other.id
}
