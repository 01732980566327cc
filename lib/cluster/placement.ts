/** Which brokers get the replicas of new partitions. */
import type { BrokerPlace } from './brokers.ts'

/**
 * Replicas for `count` partitions: leaders go round the brokers that are there, starting with the one at `start` (a random number, so
 * that topics of one partition spread), and each partition takes as many racks as there are. As with Apache Kafka, a broker that is away
 * is given replicas where its rack, or all, have no other left.
 * The caller has made sure that there are enough brokers, and that one of them is there.
 */
export function placeReplicas(
  brokers: readonly BrokerPlace[],
  count: number,
  replicationFactor: number,
  start: number,
): number[][] {
  const ring = byAlternatingRack(brokers)
  const leaders = [...ring.keys()].filter(at => ring[at]!.isActive)
  const partitions: number[][] = []
  for (let i = 0; i < count; i++) {
    const at = leaders[(start + i) % leaders.length]!
    // After each round the followers move on by one, so that two brokers do not always share their partitions.
    partitions.push(replicasFrom(ring, at, replicationFactor, Math.floor(i / leaders.length)))
  }
  return partitions
}

/** Brokers so ordered that neighbours stand in different racks, as long as there are any. */
function byAlternatingRack(brokers: readonly BrokerPlace[]): BrokerPlace[] {
  return roundRobin(byRack(brokers))
}

function byRack(brokers: readonly BrokerPlace[]): Map<string, BrokerPlace[]> {
  const racks = new Map<string, BrokerPlace[]>()
  for (const broker of brokers) {
    const rack = broker.rack ?? ''
    const others = racks.get(rack)
    if (others) others.push(broker)
    else racks.set(rack, [broker])
  }
  return racks
}

/** The first of each rack, then the second of each, and so on. */
function roundRobin(racks: ReadonlyMap<string, readonly BrokerPlace[]>): BrokerPlace[] {
  const all: BrokerPlace[] = []
  const sizeMax = Math.max(...[...racks.values()].map(({ length }) => length))
  for (let i = 0; i < sizeMax; i++) {
    for (const rack of racks.values()) if (i < rack.length) all.push(rack[i]!)
  }
  return all
}

function replicasFrom(ring: readonly BrokerPlace[], at: number, replicationFactor: number, shift: number): number[] {
  const leader = ring[at]!
  const others = ring.length - 1
  const followers: BrokerPlace[] = []
  for (let i = 0; i < others; i++) followers.push(ring[(at + 1 + ((shift + i) % others)) % ring.length]!)
  const racks = byRack([
    leader,
    ...followers.filter(({ isActive }) => isActive),
    ...followers.filter(({ isActive }) => !isActive),
  ])
  return roundRobin(racks)
    .slice(0, replicationFactor)
    .map(({ id }) => id)
}
