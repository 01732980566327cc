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

/** Node id of a partition's leader; below 0 where it is not known. */
export type LeaderOf = (partition: TopicPartition) => number

/**
 * Divides partitions by their leaders, calls `ask` for each of these, and again for partitions whose error will pass, until the time is over. The
 * results are in the order of the partitions; `missing` is the value of those that have no leader. Who knows the leaders already, or what was so a while
 * ago, gives `leaderOf`: the cluster is asked only for what has moved since.
 */
export async function byLeader<T>(
  admin: Admin,
  partitions: readonly TopicPartition[],
  missing: T,
  ask: (target: Target, partitions: readonly TopicPartition[]) => Promise<readonly PartitionResult<T>[]>,
  leaderOf?: LeaderOf,
): Promise<PartitionResult<T>[]> {
  const results = new Map<string, PartitionResult<T>>()
  let open = partitions
  let known = leaderOf
  await admin
    .again('asking the leaders', async () => {
      const told = allKnown(open, known)
      const standing = told ?? (await standingOf(admin, open))
      // What is asked for again has moved.
      known = undefined
      const leaders = new Map<number, TopicPartition[]>()
      for (const each of open) {
        const { leader, errorCode } = standing(each)
        if (leader < 0) {
          results.set(keyOf(each), { ...each, errorCode: errorCode || codes.LEADER_NOT_AVAILABLE, value: missing })
          continue
        }
        const led = leaders.get(leader)
        if (led === undefined) leaders.set(leader, [each])
        else led.push(each)
      }
      for (const [nodeId, led] of leaders) {
        const asked = ask({ to: 'broker', nodeId }, led).catch(error => {
          throw told !== null && isGone(error) ? new AdminError(codes.NOT_LEADER_OR_FOLLOWER) : error
        })
        for (const result of await asked) results.set(keyOf(result), result)
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

/** The leader of a partition, and why there is none where it is below 0. */
type Standing = (partition: TopicPartition) => { readonly leader: number; readonly errorCode: number }

async function standingOf(admin: Admin, partitions: readonly TopicPartition[]): Promise<Standing> {
  const { topics } = await admin.metadata([...new Set(partitions.map(({ topic }) => topic))])
  return ({ topic: name, partition }) => {
    const topic = topics.get(name)
    // Most brokers tell of them in order.
    const at = topic?.partitions[partition]
    const view = at?.index === partition ? at : topic?.partitions.find(({ index }) => index === partition)
    const errorCode = topic?.errorCode || view?.errorCode || (view ? 0 : codes.UNKNOWN_TOPIC_OR_PARTITION)
    return { leader: view?.leader ?? -1, errorCode }
  }
}

/** Null where the leader of one is not known. */
function allKnown(partitions: readonly TopicPartition[], leaderOf: LeaderOf | undefined): Standing | null {
  if (leaderOf === undefined || partitions.some(each => leaderOf(each) < 0)) return null
  return each => ({ leader: leaderOf(each), errorCode: 0 })
}

/** Whether there is no such broker, or no more. */
function isGone(error: unknown): boolean {
  return error instanceof AdminError && error.code === codes.BROKER_NOT_AVAILABLE
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
