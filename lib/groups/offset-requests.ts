/** OffsetCommit, OffsetFetch, OffsetDelete, and the forgetting of offsets that nobody needs any more. */
import { codes } from '../../protocol/errors.ts'
import { type ClassicGroup, consumerProtocolType } from './classic-group.ts'
import type { Commit, Committer } from './commits.ts'
import { consumerCommitError, consumerFetchError } from './consumer/offsets.ts'
import type { Group } from './group.ts'
import { memberError } from './membership.ts'
import type { Offsets } from './offsets.ts'
import { answer, type GroupSettings, type Moment, type Outcome } from './outcome.ts'
import type { CommittedOffset, GroupRecord } from './records.ts'

/** One partition's committed offset, or -1, as OffsetFetch answers it. */
export interface FetchedOffset {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string | null
  readonly errorCode: number
}

/** The offsets of a topic as OffsetFetch tells them. */
export interface FetchedTopic {
  readonly name: string
  readonly partitions: readonly FetchedOffset[]
}

/** First versions of OffsetCommit and TxnOffsetCommit whose clients know that a group may be unknown. */
const groupIdNotFoundSince = { alone: 9, inTransaction: 6 }

/** A group that is not there is made by whoever claims no generation of it. */
function unknownGroupError({ generation, apiVersion }: Committer, notFoundSince: number): number {
  if (generation < 0) return 0
  return apiVersion >= notFoundSince ? codes.GROUP_ID_NOT_FOUND : codes.ILLEGAL_GENERATION
}

/** Why this committer may not commit, or 0. */
export function commitError(group: ClassicGroup | undefined, committer: Committer): number {
  const { generation, memberId, groupInstanceId } = committer
  if (!group) return unknownGroupError(committer, groupIdNotFoundSince.alone)
  if (generation < 0 && group.state === 'Empty') return 0
  if (generation < 0 && memberId === '' && groupInstanceId === null) return codes.UNKNOWN_MEMBER_ID
  const error = memberError(group, memberId, groupInstanceId)
  if (error !== 0) return error
  if (generation !== group.generation) return codes.ILLEGAL_GENERATION
  return group.state === 'CompletingRebalance' ? codes.REBALANCE_IN_PROGRESS : 0
}

/** Why this committer may not commit as part of a transaction, or 0 (KIP-447): whoever names no member is let through, as older clients name none. */
export function transactionalCommitError(group: ClassicGroup | undefined, committer: Committer): number {
  const { generation, memberId, groupInstanceId } = committer
  if (!group) return unknownGroupError(committer, groupIdNotFoundSince.inTransaction)
  if (generation < 0 && group.state === 'Empty') return 0
  if (generation < 0 && memberId === '' && groupInstanceId === null) return 0
  const error = memberError(group, memberId, groupInstanceId)
  if (error !== 0) return error
  return generation === group.generation ? 0 : codes.ILLEGAL_GENERATION
}

function errorOf(
  group: Group | undefined,
  committer: Committer,
  commits: readonly Commit[],
  isTransactional: boolean,
): number {
  if (group?.kind === 'consumer') return consumerCommitError(group, committer, commits, isTransactional)
  return isTransactional ? transactionalCommitError(group, committer) : commitError(group, committer)
}

/** Why this member may not ask for the group's offsets, or 0: only consumer groups look at who asks. */
export function offsetFetchError(group: Group | undefined, memberId: string | null, memberEpoch: number): number {
  return group?.kind === 'consumer' ? consumerFetchError(group, memberId, memberEpoch) : 0
}

/** Commits what can be committed; answers an error code for each. */
export function commitOffsets(
  groupId: string,
  group: Group | undefined,
  committer: Committer,
  commits: readonly Commit[],
  { settings, now, isTransactional = false }: { settings: GroupSettings; now: Moment; isTransactional?: boolean },
): Outcome<readonly number[]> {
  const error = errorOf(group, committer, commits, isTransactional)
  if (error !== 0) return answer(commits.map(() => error))
  if (group?.kind === 'classic') {
    const member = group.members.get(committer.memberId)
    if (member) group.keepAlive(member, now)
  }
  const records: GroupRecord[] = []
  const response = commits.map(commit => {
    const metadata = commit.metadata ?? ''
    if (metadata.length > settings.offsetMetadataMax) return codes.OFFSET_METADATA_TOO_LARGE
    const value: CommittedOffset = {
      offset: commit.offset,
      leaderEpoch: commit.leaderEpoch,
      metadata,
      commitTimestampMs: commit.timestampMs < 0 ? now.ms : commit.timestampMs,
      expireTimestampMs: committer.retentionTimeMs < 0 ? -1 : now.ms + committer.retentionTimeMs,
      topicId: commit.topicId,
    }
    records.push({ kind: 'offset', groupId, topic: commit.topic, partition: commit.partition, value })
    return 0
  })
  return { records, response }
}

/** The group's offsets for these partitions, or for all that it has. An offset that a transaction may still change is unstable. */
export function fetchOffsets(
  groupId: string,
  offsets: Offsets,
  topics: readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null,
  requireStable: boolean,
): FetchedTopic[] {
  const fetched = (topic: string, partition: number): FetchedOffset => {
    if (requireStable && offsets.isOpen(groupId, topic, partition)) {
      return fetchedOffset(partition, undefined, codes.UNSTABLE_OFFSET_COMMIT)
    }
    return fetchedOffset(partition, offsets.get(groupId, topic, partition), 0)
  }
  if (topics !== null) {
    return topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map(partition => fetched(name, partition)),
    }))
  }
  const all: FetchedTopic[] = []
  for (const [name, partitions] of offsets.topicsOf(groupId)) {
    const indexes = [...partitions.keys()].filter(partition => offsets.get(groupId, name, partition))
    if (indexes.length > 0) all.push({ name, partitions: indexes.map(partition => fetched(name, partition)) })
  }
  return all
}

/** A committed offset, or that there is none, in the form of an answer. */
export function fetchedOffset(
  partition: number,
  offset: CommittedOffset | undefined,
  errorCode: number,
): FetchedOffset {
  return {
    partitionIndex: partition,
    committedOffset: offset?.offset ?? -1,
    committedLeaderEpoch: offset?.leaderEpoch ?? -1,
    metadata: offset?.metadata ?? '',
    errorCode,
  }
}

/** Why offsets of this group may not be deleted at all, or 0: only consumers tell which topics they still need. */
export function offsetDeleteError(group: Group | undefined): number {
  if (!group) return codes.GROUP_ID_NOT_FOUND
  if (group.kind === 'consumer') return 0
  return group.state === 'Empty' || group.protocolType === consumerProtocolType ? 0 : codes.NON_EMPTY_GROUP
}

/** Tombstones for all offsets of a group, also those of open transactions. */
export function offsetTombstones(groupId: string, offsets: Offsets): GroupRecord[] {
  return [...offsets.placesOf(groupId)].map(({ topic, partition }) => tombstone(groupId, topic, partition))
}

/** The record by which an offset is forgotten. */
export function tombstone(groupId: string, topic: string, partition: number): GroupRecord {
  return { kind: 'offset', groupId, topic, partition, value: null }
}
