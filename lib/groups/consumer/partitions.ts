/** Sets of partitions by the ids of their topics: what members shall own, and what they own at which epoch. */

/** Partitions that a member shall own, by topic id. */
export type PartitionSets = ReadonlyMap<string, ReadonlySet<number>>

/** Partitions that a member owns, by topic id, each with the epoch at which it was given (KIP-1251). */
export type PartitionEpochs = ReadonlyMap<string, ReadonlyMap<number, number>>

/** Partitions as requests and answers name them. */
export interface TopicPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}

export const noPartitions: PartitionSets & PartitionEpochs = new Map()

/** How many partitions these are. */
export function partitionsIn(assignment: PartitionSets | PartitionEpochs): number {
  let count = 0
  for (const partitions of assignment.values()) count += partitions.size
  return count
}

/** Whether both name the same partitions, whatever else they know of them. */
export function areSamePartitions(a: PartitionSets | PartitionEpochs, b: PartitionSets | PartitionEpochs): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (others === undefined || others.size !== partitions.size) return false
    for (const partition of partitions.keys()) if (!others.has(partition)) return false
  }
  return true
}

/** Whether both name the same partitions with the same epochs. */
export function areSameEpochs(a: PartitionEpochs, b: PartitionEpochs): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, epochs] of a) {
    const others = b.get(topicId)
    if (others === undefined || others.size !== epochs.size) return false
    for (const [partition, epoch] of epochs) if (others.get(partition) !== epoch) return false
  }
  return true
}

/** Whether all that a member says it owns is in what it was given; a member that does not say owns anything. */
export function ownsOnly(owned: readonly TopicPartitions[] | null, given: PartitionEpochs): boolean {
  if (owned === null) return false
  return owned.every(({ topicId, partitions }) => {
    const known = given.get(topicId)
    return known !== undefined && partitions.every(partition => known.has(partition))
  })
}

/** The same as a list, partitions ascending. */
export function listed(assignment: PartitionSets | PartitionEpochs): { topicId: string; partitions: number[] }[] {
  return [...assignment].map(([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()].sort((a, b) => a - b),
  }))
}

/** The same partitions, all given at one epoch. */
export function atEpoch(assignment: PartitionSets | PartitionEpochs, epoch: number): PartitionEpochs {
  const all = new Map<string, ReadonlyMap<number, number>>()
  for (const [topicId, partitions] of assignment) {
    all.set(topicId, new Map([...partitions.keys()].map(partition => [partition, epoch])))
  }
  return all
}
