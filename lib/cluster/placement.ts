/** Which brokers get the replicas of new partitions. */
import type { BrokerImage } from './image.ts'

/**
 * Replicas for `count` partitions: leaders go round the brokers, starting with the one at `start` (a random number, so
 * that topics of one partition spread), and each partition takes as many racks as there are.
 * The caller has made sure that there are enough brokers.
 */
export function placeReplicas(
  brokers: readonly BrokerImage[],
  count: number,
  replicationFactor: number,
  start: number,
): number[][] {
  const ring = byAlternatingRack(brokers)
  const partitions: number[][] = []
  for (let i = 0; i < count; i++) {
    // After each round the followers move on by one, so that two brokers do not always share their partitions.
    partitions.push(replicasFrom(ring, start + i, replicationFactor, Math.floor(i / ring.length)))
  }
  return partitions
}

/** Brokers so ordered that neighbours stand in different racks, as long as there are any. */
function byAlternatingRack(brokers: readonly BrokerImage[]): BrokerImage[] {
  const racks = new Map<string, BrokerImage[]>()
  for (const broker of brokers) {
    const rack = broker.rack ?? ''
    const others = racks.get(rack)
    if (others) others.push(broker)
    else racks.set(rack, [broker])
  }
  const ring: BrokerImage[] = []
  for (let i = 0; ring.length < brokers.length; i++) {
    for (const rack of racks.values()) if (i < rack.length) ring.push(rack[i]!)
  }
  return ring
}

function replicasFrom(ring: readonly BrokerImage[], start: number, replicationFactor: number, shift: number): number[] {
  const leader = ring[start % ring.length]!
  const followers: BrokerImage[] = []
  for (let i = 0; i < ring.length - 1; i++) {
    followers.push(ring[(start + 1 + ((shift + i) % (ring.length - 1))) % ring.length]!)
  }
  const chosen = [leader]
  const rackTaken = new Set([leader.rack])
  const second: BrokerImage[] = []
  for (const broker of followers) {
    if (chosen.length === replicationFactor) break
    if (rackTaken.has(broker.rack)) second.push(broker)
    else {
      rackTaken.add(broker.rack)
      chosen.push(broker)
    }
  }
  chosen.push(...second.slice(0, replicationFactor - chosen.length))
  return chosen.map(({ id }) => id)
}
