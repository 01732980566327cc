/** An administrator's operations on the offsets of partitions. */
import { DeleteRecords } from '../../protocol/messages/delete-records.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import type { Admin, Target } from './admin.ts'
import { byLeader, type LeaderOf, type PartitionResult, type TopicPartition } from './by-leader.ts'

/** Words for the timestamps that stand for something else. */
export const offsetSpecs = {
  latest: -1,
  earliest: -2,
  maxTimestamp: -3,
  earliestLocal: -4,
  latestTiered: -5,
} as const

export interface ListedOffset {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

const nowhere: ListedOffset = { offset: -1, timestamp: -1, leaderEpoch: -1 }

export interface ListOptions {
  readonly committedOnly?: boolean
  readonly leaderOf?: LeaderOf
}

/** The offset of each partition for a time in milliseconds since 1970, or for one of `offsetSpecs`. */
export function listOffsets(
  admin: Admin,
  partitions: readonly TopicPartition[],
  timestamp: number,
  { committedOnly = false, leaderOf }: ListOptions = {},
): Promise<PartitionResult<ListedOffset>[]> {
  const ask = (target: Target, led: readonly TopicPartition[]) =>
    askLeader(admin, target, led, timestamp, committedOnly)
  return byLeader(admin, partitions, nowhere, ask, leaderOf)
}

export interface Ends {
  readonly start: number
  readonly end: number
}

const noEnds: Ends = { start: -1, end: -1 }

/** First and next offset of each partition, of which leaders are asked at once. */
export function listEnds(
  admin: Admin,
  partitions: readonly TopicPartition[],
  { committedOnly = false, leaderOf }: ListOptions = {},
): Promise<PartitionResult<Ends>[]> {
  const ask = async (target: Target, led: readonly TopicPartition[]) => {
    const [starts, ends] = await Promise.all([
      askLeader(admin, target, led, offsetSpecs.earliest, false),
      askLeader(admin, target, led, offsetSpecs.latest, committedOnly),
    ])
    const byKey = new Map(ends.map(each => [`${each.topic}-${each.partition}`, each]))
    return starts.flatMap(({ topic, partition, errorCode, value: { offset: start } }) => {
      const last = byKey.get(`${topic}-${partition}`)
      if (last === undefined) return []
      return { topic, partition, errorCode: errorCode || last.errorCode, value: { start, end: last.value.offset } }
    })
  }
  return byLeader(admin, partitions, noEnds, ask, leaderOf)
}

async function askLeader(
  admin: Admin,
  target: Target,
  led: readonly TopicPartition[],
  timestamp: number,
  committedOnly: boolean,
): Promise<PartitionResult<ListedOffset>[]> {
  const { topics } = await admin.ask(target, ListOffsets, {
    replicaId: -1,
    isolationLevel: committedOnly ? 1 : 0,
    timeoutMs: admin.timeoutMs,
    topics: byTopic(led).map(([name, all]) => ({
      name,
      partitions: all.map(({ partition }) => ({ partitionIndex: partition, timestamp })),
    })),
  })
  return topics.flatMap(({ name, partitions: told }) =>
    told.map(({ partitionIndex, errorCode, offset, timestamp: at, leaderEpoch }) => ({
      topic: name,
      partition: partitionIndex,
      errorCode,
      value: { offset, timestamp: at, leaderEpoch },
    })),
  )
}

/** Lets go of all records before an offset of each partition (−1: the high watermark); the values are the new log starts. */
export function deleteRecords(
  admin: Admin,
  before: readonly (TopicPartition & { readonly offset: number })[],
): Promise<PartitionResult<number>[]> {
  const offsets = new Map(before.map(each => [`${each.topic}-${each.partition}`, each.offset]))
  return byLeader(admin, before, -1, async (target, led) => {
    const { topics } = await admin.ask(target, DeleteRecords, {
      timeoutMs: admin.timeoutMs,
      topics: byTopic(led).map(([name, all]) => ({
        name,
        partitions: all.map(({ topic, partition }) => ({
          partitionIndex: partition,
          offset: offsets.get(`${topic}-${partition}`)!,
        })),
      })),
    })
    return topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, errorCode, lowWatermark }) => ({
        ...{ topic: name, partition: partitionIndex, errorCode, value: lowWatermark },
      })),
    )
  })
}

/** Partitions by their topics. */
export function byTopic<P extends TopicPartition>(partitions: readonly P[]): [string, P[]][] {
  const topics = new Map<string, P[]>()
  for (const each of partitions) {
    const known = topics.get(each.topic)
    if (known === undefined) topics.set(each.topic, [each])
    else known.push(each)
  }
  return [...topics]
}
