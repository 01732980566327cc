/** How the leader of a classic group divides partitions among its members, as Kafka's assignors of these names do: pure. */
import { byTopicName, type PartitionName } from './producer-identity.ts'

/** A member of the group, and the topics that it subscribes to. */
export interface Subscriber {
  readonly memberId: string
  readonly topics: readonly string[]
}

/** Partitions by member; those of `partitionCounts` are the topics that there are. */
export type Assignor = (
  subscribers: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
) => Map<string, PartitionName[]>

/** Each topic in ranges: the first members get one partition more where it does not come out even. */
const range: Assignor = (subscribers, partitionCounts) => {
  const shares = sharesOf(subscribers)
  for (const [topic, count] of partitionCounts) {
    const members = membersOf(subscribers, topic)
    let next = 0
    for (const [index, memberId] of members.entries()) {
      const size = Math.floor(count / members.length) + (index < count % members.length ? 1 : 0)
      for (let left = size; left > 0; left--) shares.get(memberId)!.push({ topic, partition: next++ })
    }
  }
  return shares
}

/** All partitions of all topics in turn. */
const roundrobin: Assignor = (subscribers, partitionCounts) => {
  const shares = sharesOf(subscribers)
  const members = [...subscribers].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  let turn = 0
  for (const topic of [...partitionCounts.keys()].sort()) {
    if (!members.some(({ topics }) => topics.includes(topic))) continue
    for (let partition = 0; partition < partitionCounts.get(topic)!; partition++) {
      while (!members[turn % members.length]!.topics.includes(topic)) turn++
      shares.get(members[turn++ % members.length]!.memberId)!.push({ topic, partition })
    }
  }
  return shares
}

/** By the names under which members speak of them, in the order in which they are preferred. */
export const assignors: Readonly<Record<string, Assignor>> = { range, roundrobin }

function sharesOf(subscribers: readonly Subscriber[]): Map<string, PartitionName[]> {
  return new Map(subscribers.map(({ memberId }) => [memberId, []]))
}

function membersOf(subscribers: readonly Subscriber[], topic: string): string[] {
  return subscribers
    .filter(({ topics }) => topics.includes(topic))
    .map(({ memberId }) => memberId)
    .sort()
}

/** Partitions as the messages of the group protocol have them. */
export function listedByTopic(partitions: readonly PartitionName[]): { topic: string; partitions: number[] }[] {
  return [...byTopicName(partitions)].map(([topic, all]) => ({
    topic,
    partitions: all.map(({ partition }) => partition),
  }))
}
