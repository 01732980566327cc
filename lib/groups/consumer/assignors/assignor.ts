/** What an assignor is given, and what it gives: the target assignment of a whole group, computed bit by bit. */
import type { PartitionSets } from '../partitions.ts'

export interface AssignorMember {
  readonly memberId: string
  readonly instanceId: string | null
  /** The topics that it subscribes to and that there are. */
  readonly topicIds: ReadonlySet<string>
  /** Its target assignment up to now. */
  readonly target: PartitionSets
}

export interface AssignorSpec {
  /** By instance id, and after those that have one, by member id. */
  readonly members: readonly AssignorMember[]
  /** How many partitions each topic has that any member subscribes to. */
  readonly partitionCounts: ReadonlyMap<string, number>
  /** Whether all members subscribe to the same topics. */
  readonly isHomogeneous: boolean
}

/** The target assignment of each member. */
export type Targets = ReadonlyMap<string, PartitionSets>

/** Work that is done in pieces of a fraction of a millisecond. */
export type Assigning = Generator<void, Targets>

export type Assignor = (spec: AssignorSpec) => Assigning

/** Partitions that are looked at in one piece of the work. */
export const pieceMax = 2048

/** Puts members in the order in which assignors serve them. */
export function byName(a: AssignorMember, b: AssignorMember): number {
  if (a.instanceId !== null && b.instanceId !== null) return compare(a.instanceId, b.instanceId)
  if (a.instanceId !== null) return -1
  if (b.instanceId !== null) return 1
  return compare(a.memberId, b.memberId)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Sets that are filled bit by bit. */
export type Filling = Map<string, Set<number>>

export function give(filling: Filling, topicId: string, partition: number): void {
  const partitions = filling.get(topicId)
  if (partitions) partitions.add(partition)
  else filling.set(topicId, new Set([partition]))
}
