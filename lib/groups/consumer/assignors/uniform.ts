/** Partitions evenly over members, so that no two differ by more than one where they subscribe to the same, and as few as possible move. */
import { type Assigning, type AssignorSpec, type Filling, give, pieceMax } from './assignor.ts'
import { heterogeneous } from './heterogeneous.ts'

export function uniform(spec: AssignorSpec): Assigning {
  return spec.isHomogeneous ? homogeneous(spec) : heterogeneous(spec)
}

/** Members keep what they have up to their share; what is left goes to those who have less. */
function* homogeneous({ members, partitionCounts }: AssignorSpec): Assigning {
  const total = [...partitionCounts.values()].reduce((sum, count) => sum + count, 0)
  const share = Math.floor(total / Math.max(members.length, 1))
  let extra = members.length === 0 ? 0 : total % members.length
  const kept = new Map<string, Set<number>>([...partitionCounts.keys()].map(topicId => [topicId, new Set()]))
  const targets = new Map<string, Filling>()
  const unfilled: { readonly filling: Filling; readonly quota: number }[] = []
  let looked = 0
  for (const [i, { memberId, target }] of members.entries()) {
    const filling: Filling = new Map()
    // One more than the others keep those who have it; who has not leaves it to members that come after, where these are enough.
    const hasMore = extra > 0
    let quota = hasMore ? share + 1 : share
    for (const [topicId, partitions] of target) {
      const taken = kept.get(topicId)
      if (taken === undefined) continue
      for (const partition of partitions) {
        if (quota === 0) break
        if (taken.has(partition) || partition >= partitionCounts.get(topicId)!) continue
        taken.add(partition)
        give(filling, topicId, partition)
        quota--
      }
      looked += partitions.size
    }
    const leavesIt = hasMore && quota > 0 && members.length - i > extra
    if (leavesIt) quota--
    else if (hasMore) extra--
    if (quota > 0) unfilled.push({ filling, quota })
    targets.set(memberId, filling)
    looked++
    if (looked >= pieceMax) {
      looked = 0
      yield
    }
  }
  const free = freePartitions(partitionCounts, kept)
  for (const { filling, quota } of unfilled) {
    for (let n = 0; n < quota; n++) {
      const next = free.next()
      if (next.done) return targets
      give(filling, next.value[0], next.value[1])
      if (++looked % pieceMax === 0) yield
    }
  }
  return targets
}

function* freePartitions(
  counts: ReadonlyMap<string, number>,
  taken: ReadonlyMap<string, ReadonlySet<number>>,
): Generator<[topicId: string, partition: number], void> {
  for (const [topicId, count] of counts) {
    const gone = taken.get(topicId)!
    for (let partition = 0; partition < count; partition++) if (!gone.has(partition)) yield [topicId, partition]
  }
}
