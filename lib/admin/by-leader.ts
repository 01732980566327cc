/** Requests about partitions, each to the leader of what it is about; those that moved meanwhile are asked for again. */
import { codes, isRetriable } from '../../protocol/errors.ts'
import type { Admin, Target } from './admin.ts'
import { AdminError } from './admin-error.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** One partition's share of an answer. */
export interface PartitionResult<T> extends TopicPartition {
  readonly errorCode: number
  readonly value: T
}

/**
 * Divides partitions by their leaders, calls `ask` for each of these, and again for partitions whose error will pass, until the time is over. The
 * results are in the order of the partitions; `missing` is the value of those that have no leader.
 */
export async function byLeader<T>(
  admin: Admin,
  partitions: readonly TopicPartition[],
  missing: T,
  ask: (target: Target, partitions: readonly TopicPartition[]) => Promise<readonly PartitionResult<T>[]>,
): Promise<PartitionResult<T>[]> {
  const results = new Map<string, PartitionResult<T>>()
  let open = partitions
  await admin
    .again('asking the leaders', async () => {
      const { topics } = await admin.metadata([...new Set(open.map(({ topic }) => topic))])
      const leaders = new Map<number, TopicPartition[]>()
      for (const each of open) {
        const topic = topics.get(each.topic)
        const { partition } = each
        // Most brokers tell of them in order.
        const at = topic?.partitions[partition]
        const view = at?.index === partition ? at : topic?.partitions.find(({ index }) => index === partition)
        const errorCode = topic?.errorCode || view?.errorCode || (view ? 0 : codes.UNKNOWN_TOPIC_OR_PARTITION)
        if (view === undefined || view.leader < 0) {
          results.set(keyOf(each), { ...each, errorCode: errorCode || codes.LEADER_NOT_AVAILABLE, value: missing })
          continue
        }
        const led = leaders.get(view.leader)
        if (led === undefined) leaders.set(view.leader, [each])
        else led.push(each)
      }
      for (const [nodeId, led] of leaders) {
        for (const result of await ask({ to: 'broker', nodeId }, led)) results.set(keyOf(result), result)
      }
      open = open.filter(each => isRetriable(results.get(keyOf(each))?.errorCode ?? codes.LEADER_NOT_AVAILABLE))
      const [first] = open
      // A partition that is not there will not come by waiting.
      if (first && open.some(each => results.get(keyOf(each))?.errorCode !== codes.UNKNOWN_TOPIC_OR_PARTITION))
        throw new AdminError(results.get(keyOf(first))?.errorCode ?? codes.LEADER_NOT_AVAILABLE)
    })
    .catch(error => {
      // Time is over: each partition's own error tells more.
      if (!(error instanceof AdminError && isRetriable(error.code) && results.size > 0)) throw error
    })
  return partitions.map(
    each => results.get(keyOf(each)) ?? { ...each, errorCode: codes.LEADER_NOT_AVAILABLE, value: missing },
  )
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
