/** Who may commit offsets of a consumer group, and who may ask for them. */
import { codes } from '../../../protocol/errors.ts'
import type { Commit, Committer } from '../commits.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './member.ts'

/** First versions of OffsetCommit and TxnOffsetCommit whose clients know STALE_MEMBER_EPOCH. */
const [epochsSince, txnEpochsSince] = [9, 6]

/** Why this committer may not commit these, or 0. One offset that it may not commit is reason enough. */
export function consumerCommitError(
  group: ConsumerGroup,
  committer: Committer,
  commits: readonly Commit[],
  isTransactional: boolean,
): number {
  const { generation: epoch, memberId, groupInstanceId, apiVersion } = committer
  if (epoch < 0 && group.members.size === 0) return 0
  if (isTransactional && epoch === -1 && memberId === '' && groupInstanceId === null) return 0
  const member = group.members.get(memberId)
  if (!member) return codes.UNKNOWN_MEMBER_ID
  if (!isTransactional && member.classic === null && apiVersion < epochsSince) return codes.UNSUPPORTED_VERSION
  if (epoch === member.epoch) return 0
  if (epoch < member.epoch && commits.every(commit => mayCommit(member, epoch, commit))) return 0
  return isTransactional && apiVersion < txnEpochsSince ? codes.ILLEGAL_GENERATION : wrongEpoch(member)
}

/** Who has not heard of its new epoch yet may commit for what it has had since the old one, or longer (KIP-1251). */
function mayCommit({ assigned, pendingRevocation }: ConsumerMember, epoch: number, commit: Commit): boolean {
  const { topicId, partition } = commit
  const since = assigned.get(topicId)?.get(partition) ?? pendingRevocation.get(topicId)?.get(partition)
  return since !== undefined && epoch >= since
}

/** Why offsets may not be asked for, or 0: who names no member is an administrator. */
export function consumerFetchError(group: ConsumerGroup, memberId: string | null, epoch: number): number {
  if (memberId === null && epoch < 0) return 0
  const member = group.members.get(memberId ?? '')
  if (!member) return codes.UNKNOWN_MEMBER_ID
  return epoch === member.epoch ? 0 : wrongEpoch(member)
}

function wrongEpoch({ classic }: ConsumerMember): number {
  return classic === null ? codes.STALE_MEMBER_EPOCH : codes.ILLEGAL_GENERATION
}
