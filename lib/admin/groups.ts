/** An administrator's operations on groups and their offsets. */
import { codes } from '../../protocol/errors.ts'
import { DeleteGroups } from '../../protocol/messages/delete-groups.ts'
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts'
import { ListGroups } from '../../protocol/messages/list-groups.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { OffsetDelete } from '../../protocol/messages/offset-delete.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import type { ClientResponseOf } from '../../protocol/schema.ts'
import type { Admin } from './admin.ts'
import { AdminError } from './admin-error.ts'
import type { PartitionResult, TopicPartition } from './by-leader.ts'
import { byTopic } from './offsets.ts'

/** A group as its broker lists it. */
export type ListedGroup = ClientResponseOf<typeof ListGroups>['groups'][number]
/** A group of the classic protocol with its members. */
export type DescribedGroup = ClientResponseOf<typeof DescribeGroups>['groups'][number]

/** A committed offset; −1 where there is none. */
export interface CommittedOffset {
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string | null
}

/** The groups of all brokers. */
export async function listGroups(
  admin: Admin,
  filter: { readonly states?: readonly string[]; readonly types?: readonly string[] } = {},
): Promise<readonly ListedGroup[]> {
  const all: ListedGroup[] = []
  for (const { nodeId } of await admin.brokers()) {
    const { groups } = await admin.ask({ to: 'broker', nodeId }, ListGroups, {
      statesFilter: filter.states ?? [],
      typesFilter: filter.types ?? [],
    })
    all.push(...groups)
  }
  return all.sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
}

/** A group of the classic protocol with its members. */
export async function describeGroup(admin: Admin, groupId: string): Promise<DescribedGroup> {
  const { groups } = await admin.ask(
    coordinatorOf(groupId),
    DescribeGroups,
    { groups: [groupId] },
    { errorOf: response => response.groups[0]?.errorCode ?? 0 },
  )
  return groups[0]!
}

/** What a group has committed: of some partitions, or of all where there is no list. */
export async function groupOffsets(
  admin: Admin,
  groupId: string,
  partitions: readonly TopicPartition[] | null = null,
): Promise<PartitionResult<CommittedOffset>[]> {
  const topics =
    partitions &&
    byTopic(partitions).map(([name, all]) => ({ name, partitionIndexes: all.map(({ partition }) => partition) }))
  // From version 10 on topics are named by their ids.
  const response = await admin.ask(
    coordinatorOf(groupId),
    OffsetFetch,
    version => (version >= 8 ? { groups: [{ groupId, topics }] } : { groupId, topics }),
    { errorOf: ({ groups, errorCode }) => groups[0]?.errorCode ?? errorCode, mostVersion: 9 },
  )
  const told = response.groups[0]?.topics ?? response.topics
  return told.flatMap(({ name, partitions: each }) =>
    each.map(({ partitionIndex, errorCode, committedOffset, committedLeaderEpoch, metadata }) => ({
      topic: name,
      partition: partitionIndex,
      errorCode,
      value: { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata },
    })),
  )
}

/** Codes by which a coordinator says of a partition that it cannot take its offset now. */
const notNow: readonly number[] = [
  codes.COORDINATOR_LOAD_IN_PROGRESS,
  codes.COORDINATOR_NOT_AVAILABLE,
  codes.NOT_COORDINATOR,
  codes.REBALANCE_IN_PROGRESS,
]

/** Sets offsets of a group that has no members, again where its coordinator has just come up. */
export async function alterGroupOffsets(
  admin: Admin,
  groupId: string,
  offsets: readonly (TopicPartition & { readonly offset: number; readonly metadata?: string })[],
): Promise<PartitionResult<null>[]> {
  let results: PartitionResult<null>[] = []
  await admin
    .again(`OffsetCommit of ${groupId}`, async () => {
      results = await commitOnce(admin, groupId, offsets)
      const passing = results.find(({ errorCode }) => notNow.includes(errorCode))
      if (passing) throw new AdminError(passing.errorCode)
    })
    .catch(error => {
      // Time is over: each partition's own error tells more.
      if (!(error instanceof AdminError && notNow.includes(error.code) && results.length > 0)) throw error
    })
  return results
}

async function commitOnce(
  admin: Admin,
  groupId: string,
  offsets: readonly (TopicPartition & { readonly offset: number; readonly metadata?: string })[],
): Promise<PartitionResult<null>[]> {
  const { topics } = await admin.ask(
    coordinatorOf(groupId),
    OffsetCommit,
    {
      groupId,
      topics: byTopic(offsets).map(([name, all]) => ({
        name,
        partitions: all.map(({ partition, offset, metadata = '' }) => ({
          ...{ partitionIndex: partition, committedOffset: offset, committedMetadata: metadata },
        })),
      })),
    },
    { mostVersion: 9 },
  )
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, errorCode }) => ({
      ...{ topic: name, partition: partitionIndex, errorCode, value: null },
    })),
  )
}

/** Forgets offsets of a group: an error for all of it, or one for each partition. */
export async function deleteGroupOffsets(
  admin: Admin,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<PartitionResult<null>[]> {
  const { topics } = await admin.ask(coordinatorOf(groupId), OffsetDelete, {
    groupId,
    topics: byTopic(partitions).map(([name, all]) => ({
      name,
      partitions: all.map(({ partition }) => ({ partitionIndex: partition })),
    })),
  })
  return topics.flatMap(({ name, partitions: told }) =>
    told.map(({ partitionIndex, errorCode }) => ({ topic: name, partition: partitionIndex, errorCode, value: null })),
  )
}

/** Deletes groups that have no members; gives the error code of each. */
export async function deleteGroups(
  admin: Admin,
  groupIds: readonly string[],
): Promise<readonly { readonly groupId: string; readonly errorCode: number }[]> {
  const all: { groupId: string; errorCode: number }[] = []
  for (const groupId of groupIds) {
    const { results } = await admin.ask(coordinatorOf(groupId), DeleteGroups, { groupsNames: [groupId] })
    all.push(...results)
  }
  return all
}

function coordinatorOf(key: string) {
  return { to: 'coordinator', of: 'group', key } as const
}
