/** The uniform assignment of members that subscribe to different topics: no partition could be moved to a member that has two less than its owner. */
import { type Assigning, type AssignorSpec, type Filling, give, pieceMax } from './assignor.ts'

interface Load {
  readonly memberId: string
  readonly filling: Filling
  /** Partitions that it has. */
  size: number
}

interface Topic {
  readonly topicId: string
  readonly subscribers: Load[]
  /** By partition. */
  readonly owners: (Load | undefined)[]
}

export function* heterogeneous(spec: AssignorSpec): Assigning {
  const loads = spec.members.map(({ memberId }): Load => ({ memberId, filling: new Map(), size: 0 }))
  const topics = new Map<string, Topic>()
  for (const [topicId, count] of spec.partitionCounts) {
    topics.set(topicId, { topicId, subscribers: [], owners: new Array(count).fill(undefined) })
  }
  yield* keep(spec, loads, topics)
  // Those with the fewest to choose from first.
  const sorted = [...topics.values()].sort((a, b) => a.subscribers.length - b.subscribers.length)
  yield* handOut(sorted)
  yield* balance(sorted)
  let given = 0
  for (const { topicId, owners } of sorted) {
    for (const [partition, owner] of owners.entries()) {
      if (owner) give(owner.filling, topicId, partition)
      if (++given % pieceMax === 0) yield
    }
  }
  return new Map(loads.map(({ memberId, filling }) => [memberId, filling]))
}

/** Members keep what they have and still subscribe to. */
function* keep({ members }: AssignorSpec, loads: readonly Load[], topics: ReadonlyMap<string, Topic>) {
  let looked = 0
  for (const [i, { topicIds, target }] of members.entries()) {
    const load = loads[i]!
    for (const topicId of topicIds) topics.get(topicId)!.subscribers.push(load)
    for (const [topicId, partitions] of target) {
      const owners = topicIds.has(topicId) ? topics.get(topicId)!.owners : []
      for (const partition of partitions) {
        if (partition >= owners.length || owners[partition] !== undefined) continue
        owners[partition] = load
        load.size++
      }
      looked += partitions.size
    }
    looked += topicIds.size + 1
    if (looked < pieceMax) continue
    looked = 0
    yield
  }
}

/** Each partition that nobody has goes to the subscriber that has the fewest. */
function* handOut(topics: readonly Topic[]) {
  let looked = 0
  for (const { subscribers, owners } of topics) {
    for (let partition = 0; partition < owners.length; partition++) {
      if (owners[partition] !== undefined || subscribers.length === 0) continue
      const load = leastLoaded(subscribers)
      owners[partition] = load
      load.size++
      looked += subscribers.length
      if (looked < pieceMax) continue
      looked = 0
      yield
    }
  }
}

/** Moves partitions as long as that evens the loads. Each move makes the sum of the squares of all sizes smaller, so that this ends. */
function* balance(topics: readonly Topic[]) {
  let looked = 0
  for (let moved = true; moved; ) {
    moved = false
    for (const { subscribers, owners } of topics) {
      if (subscribers.length < 2) continue
      for (let partition = 0; partition < owners.length; partition++) {
        const owner = owners[partition]!
        const load = leastLoaded(subscribers)
        if (load.size + 1 < owner.size) {
          owner.size--
          load.size++
          owners[partition] = load
          moved = true
        }
        looked += subscribers.length
        if (looked < pieceMax) continue
        looked = 0
        yield
      }
    }
  }
}

function leastLoaded(loads: readonly Load[]): Load {
  let least = loads[0]!
  for (const load of loads) if (load.size < least.size) least = load
  return least
}
