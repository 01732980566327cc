/** OffsetCommit, OffsetFetch, OffsetDelete, and the forgetting of offsets that nobody needs any more. */
import { codes } from '../../protocol/errors.ts'
import { type ClassicGroup, consumerProtocolType } from './classic-group.ts'
import { memberError } from './membership.ts'
import type { Offsets } from './offsets.ts'
import { answer, type GroupSettings, type Moment, type Outcome } from './outcome.ts'
import type { CommittedOffset, GroupRecord } from './records.ts'

/** Who commits: a member of a generation, or, with generation -1 and no name, somebody outside the group protocol. */
export interface Committer {
  readonly generation: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly apiVersion: number
  /** How long to keep the offsets, in ms; -1: as the broker is set (versions 2 to 4). */
  readonly retentionTimeMs: number
}

/** One partition's offset, as it is to be committed. */
export interface Commit {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string | null
  /** In ms since 1970; -1: now. */
  readonly timestampMs: number
}

/** One partition's committed offset, or -1, as OffsetFetch answers it. */
export interface FetchedOffset {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string | null
  readonly errorCode: number
}

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

/** Commits what can be committed; answers an error code for each. */
export function commitOffsets(
  groupId: string,
  group: ClassicGroup | undefined,
  committer: Committer,
  commits: readonly Commit[],
  settings: GroupSettings,
  now: Moment,
  errorOf: (group: ClassicGroup | undefined, committer: Committer) => number = commitError,
): Outcome<readonly number[]> {
  const error = errorOf(group, committer)
  if (error !== 0) return answer(commits.map(() => error))
  const member = group?.members.get(committer.memberId)
  if (group && member) group.keepAlive(member, now)
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
export function offsetDeleteError(group: ClassicGroup | undefined): number {
  if (!group) return codes.GROUP_ID_NOT_FOUND
  return group.state === 'Empty' || group.protocolType === consumerProtocolType ? 0 : codes.NON_EMPTY_GROUP
}

/** Tombstones for all offsets of a group, also those of open transactions. */
export function offsetTombstones(groupId: string, offsets: Offsets): GroupRecord[] {
  return [...offsets.placesOf(groupId)].map(({ topic, partition }) => tombstone(groupId, topic, partition))
}

export function tombstone(groupId: string, topic: string, partition: number): GroupRecord {
  return { kind: 'offset', groupId, topic, partition, value: null }
}
