/** What can be waited for, as levels: whether a group is ready or has read all there is, and how far a partition reaches. */

import { decode } from '../../protocol/codec.ts'
import { codeName } from '../../protocol/errors.ts'
import type { ConsumerGroupDescribeResponse } from '../../protocol/messages/consumer-group-describe.ts'
import type { DescribeGroupsResponse } from '../../protocol/messages/describe-groups.ts'
import { DecodeError } from '../../protocol/reader.ts'
import { batches } from '../../protocol/records/batch.ts'
import { isControl, lastOffset } from '../../protocol/records/header.ts'
import { ConsumerProtocolAssignment } from '../../protocol/stored/consumer-protocol-assignment.ts'
import { offsetsTopic } from '../coordination/groups.ts'
import type { Partition } from '../partitions/partition.ts'
import type { ReadPartition, ReadyMember } from './options.ts'
import type { KitServices } from './services.ts'
import type { Look } from './waiting.ts'
import type { Watch } from './watch.ts'

/** The parts of the broker that are asked. */
export interface LevelSources {
  readonly groups: KitServices['groups']
  readonly partitions: KitServices['partitions']
  readonly watch: Watch
}

/** A group of either kind. */
interface Group {
  readonly groupId: string
  readonly state: string
  readonly members: readonly {
    readonly memberId: string
    readonly clientId: string
    readonly partitions: readonly { readonly topic: string; readonly partition: number }[]
  }[]
}

/** The version of an assignment, before its fields. */
const versionBytes = 2
/** Bytes that are looked at for what nobody commits: markers of transactions. */
const tailBytesMax = 1_048_576

/** Stable, with this many members, or any where that is not said; each has its assignment, and has fetched each partition of it since. */
export async function lookReady(
  groupId: string,
  members: number | undefined,
  sources: LevelSources,
): Promise<Look<ReadyMember[]>> {
  const { watch } = sources
  const group = await groupOf(sources, groupId)
  if (group === null || typeof group === 'number') return unserved(groupId, group)
  const all = group.members
  const said = `${groupId} is ${group.state} with ${all.length} members`
  const isComplete = members === undefined ? all.length > 0 : all.length === members
  if (group.state !== 'Stable' || !isComplete) return { seen: said, state: stateOf(group) }
  const missing = all.flatMap(({ memberId, clientId, partitions }) => {
    const since = watch.syncedAt(groupId, memberId)
    if (since === undefined) return [`${memberId} has not asked for its assignment`]
    return partitions
      .filter(({ topic, partition }) => !watch.hasFetched(clientId, topic, partition, since))
      .map(({ topic, partition }) => `${memberId} has not fetched ${topic}-${partition}`)
  })
  if (missing.length > 0) return { seen: `${said}; ${missing.join(', ')}`, state: stateOf(group) }
  return {
    met: all.map(({ memberId, clientId, partitions }) => ({
      ...{ memberId, clientId },
      partitions: partitions.map(({ topic, partition }) => `${topic}-${partition}`),
    })),
  }
}

/**
 * Whether a group has committed up to the ends as they were when this was made, with one commit at least; of what it gets assigned later, as
 * they were when that was first seen.
 */
export class CaughtUp {
  readonly #groupId: string
  readonly #sources: LevelSources
  readonly #ends = new Map<string, number>()

  constructor(groupId: string, sources: LevelSources) {
    this.#groupId = groupId
    this.#sources = sources
  }

  async look(): Promise<Look<ReadPartition[]>> {
    const { groups, partitions } = this.#sources
    const group = await groupOf(this.#sources, this.#groupId)
    if (group === null || typeof group === 'number') return unserved(this.#groupId, group)
    const fetched = await groups.read(
      this.#groupId,
      () => [],
      shard => shard.fetchOffsets(this.#groupId, null, false),
    )
    const committed = new Map<string, Map<number, number>>()
    for (const { name, partitions } of fetched) {
      committed.set(name, new Map(partitions.map(each => [each.partitionIndex, each.committedOffset])))
    }
    const assigned = group.members.flatMap(({ partitions }) => partitions.map(({ topic }) => topic))
    const topics = new Set([...committed.keys(), ...assigned])
    const all = [...topics].flatMap(topic =>
      (partitions.ofTopic(topic) ?? []).map(partition => ({
        ...{ topic, partition: partition.index },
        committed: committed.get(topic)?.get(partition.index) ?? -1,
        end: this.#endOf(partition),
      })),
    )
    const commits = fetched.length
    const behind = all.filter(each => {
      const partition = partitions.get(each.topic, each.partition)!
      return each.end > partition.logStartOffset && each.committed < each.end && !isRead(partition, each)
    })
    if (commits > 0 && behind.length === 0) return { met: all }
    const lags = behind.map(
      ({ topic, partition, committed, end }) =>
        `${topic}-${partition} is at ${committed < 0 ? 'no commit' : committed} of ${end}`,
    )
    const seen = commits === 0 ? [`${this.#groupId} has committed nothing`, ...lags] : lags
    return { seen: seen.join(', '), state: all }
  }

  #endOf(partition: Partition): number {
    const end = this.#ends.get(partition.name) ?? partition.highWatermark
    this.#ends.set(partition.name, end)
    return end
  }
}

/** A partition that reaches at least this far; rejects for one that there is not, as none will come of waiting. */
export function lookOffset(topic: string, index: number, offset: number, { partitions }: LevelSources): Look<number> {
  const partition = partitions.get(topic, index)
  if (partition === undefined) return { seen: `there is no ${topic}-${index}` }
  const { highWatermark } = partition
  return highWatermark >= offset
    ? { met: highWatermark }
    : { seen: `${topic}-${index} reaches ${highWatermark}`, state: highWatermark }
}

/** The group, null where there is none, or the code for which it is not served. */
async function groupOf({ groups, partitions }: LevelSources, groupId: string): Promise<Group | null | number> {
  // Made with the first group.
  if (partitions.ofTopic(offsetsTopic) === undefined) return null
  return groups.read<Group | null | number>(
    groupId,
    code => code,
    shard => {
      const classic = shard.describe(groupId)
      if (classic !== null) return classicGroup(classic)
      const consumer = shard.describeConsumer(groupId)
      return consumer.errorCode === 0 ? consumerGroup(consumer) : null
    },
  )
}

function classicGroup({ groupId, groupState: state, members }: DescribeGroupsResponse['groups'][number]): Group {
  return {
    ...{ groupId, state },
    members: members.map(({ memberId, clientId, memberAssignment }) => ({
      ...{ memberId, clientId },
      partitions: assignmentOf(Buffer.from(memberAssignment)),
    })),
  }
}

function consumerGroup({
  groupId,
  groupState: state,
  members,
}: ConsumerGroupDescribeResponse['groups'][number]): Group {
  return {
    ...{ groupId, state },
    members: members.map(({ memberId, clientId, assignment }) => ({
      ...{ memberId, clientId },
      partitions: assignment.topicPartitions.flatMap(({ topicName: topic, partitions }) =>
        partitions.map(partition => ({ topic, partition })),
      ),
    })),
  }
}

function unserved(groupId: string, code: number | null): Look<never> {
  return { seen: code === null ? `there is no group ${groupId}` : `${groupId} is not served: ${codeName(code)}` }
}

function assignmentOf(bytes: Buffer): { topic: string; partition: number }[] {
  if (bytes.length < versionBytes) return []
  const version = Math.min(bytes.readInt16BE(0), ConsumerProtocolAssignment.versions[1])
  try {
    const { assignedPartitions } = decode(ConsumerProtocolAssignment, version, bytes, versionBytes)
    return assignedPartitions.flatMap(({ topic, partitions }) => partitions.map(partition => ({ topic, partition })))
  } catch (error) {
    // Members of other kinds of groups have assignments of their own.
    if (!(error instanceof DecodeError)) throw error
    return []
  }
}

function stateOf({ groupId, state, members }: Group): object {
  return { groupId, state, members: members.map(({ memberId, clientId }) => ({ memberId, clientId })) }
}

/** Whether nothing but markers of transactions is between what is committed and the end. */
function isRead(partition: Partition, { committed, end }: ReadPartition): boolean {
  if (committed < 0 || committed < partition.logStartOffset) return false
  const limits = { bytesMax: tailBytesMax, isolation: 'readUncommitted' as const, minOneMessage: true }
  const { records } = partition.read(committed, limits)
  const bytes = Buffer.concat([records].flat() as Buffer[])
  let reached = committed
  for (const at of batches(bytes)) {
    if (!isControl(bytes, at)) return false
    reached = lastOffset(bytes, at) + 1
  }
  return reached >= end
}
