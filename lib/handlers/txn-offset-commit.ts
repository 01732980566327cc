/**
 * TxnOffsetCommit: commits a group’s offsets as part of a transaction (KIP-98): nobody sees them before it commits, and nobody ever does where it aborts. Member
 * and generation are checked from version 3 on (KIP-447); from version 5 on the group is added to the transaction by this (KIP-890).
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from '../../protocol/messages/txn-offset-commit.ts'
import type { Answer } from '../coordination/answer.ts'
import { offsetsTopic } from '../coordination/groups.ts'
import type { Commit } from '../groups/commits.ts'
import type { Context } from './context.ts'
import { type CommitCodes, commitEach, commitResponse } from './offset-commits.ts'
import type { Refusal } from './refusals.ts'
import { askAboutTransaction } from './transaction-verification.ts'

/** First versions whose clients know TRANSACTION_ABORTABLE, add the group by this request, and name topics by their ids. */
const [abortableSince, addsSince, topicIdsSince] = [4, 5, 6]
export function txnOffsetCommit(request: TxnOffsetCommitRequest, context: Context): Answer<TxnOffsetCommitResponse> {
  const { broker } = context
  const { groupId, transactionalId, topics } = request
  if (!broker.authorize(context, 'write', 'transactionalId', transactionalId)) {
    return commitResponse(topics, () => codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  if (!broker.authorize(context, 'read', 'group', groupId)) {
    return commitResponse(topics, () => codes.GROUP_AUTHORIZATION_FAILED)
  }
  return commitEach(topics, topicIdsSince, context, commits => commit(request, commits, context))
}

async function commit(
  request: TxnOffsetCommitRequest,
  commits: readonly Commit[],
  context: Context,
): Promise<CommitCodes> {
  const { broker, apiVersion } = context
  const { groupId, transactionalId, producerId, producerEpoch } = request
  const index = broker.groups.partitionOf(groupId)
  const partition = broker.partitions.get(offsetsTopic, index)
  const all = (errorCode: number) => commits.map(() => errorCode)
  if (groupId === '') return all(codes.INVALID_GROUP_ID)
  if (partition === undefined || !partition.isLeader) return all(codes.NOT_COORDINATOR)
  const asks = apiVersion >= addsSince || broker.config.get('transaction.partition.verification.enable')
  if (asks && !partition.hasOpenTransaction(producerId, producerEpoch)) {
    const verification = partition.verifications.begin(producerId, producerEpoch)
    const claim = { transactionalId, producerId, producerEpoch }
    const support = apiVersion >= addsSince ? 'adds' : apiVersion >= abortableSince ? 'abortable' : 'plain'
    const errorCode = await askAboutTransaction(context, claim, offsetsTopic, index, support)
    if (errorCode !== codes.NONE) {
      partition.verifications.release(verification)
      return all(errorForGroup(errorCode))
    }
    try {
      partition.verifications.redeem(verification, partition.name)
    } catch (error) {
      if (error instanceof KafkaError) return all(error.code)
      throw error
    }
  }
  const committer = {
    generation: request.generationIdOrMemberEpoch,
    memberId: request.memberId,
    groupInstanceId: request.groupInstanceId,
    apiVersion,
    retentionTimeMs: -1,
  }
  return broker.groups.writeTransactional<CommitCodes>(groupId, { producerId, producerEpoch }, all, (shard, now) =>
    shard.commitTransactional(groupId, committer, commits, now),
  )
}

/** What a client of the group's coordinator is told where the transaction's fails it. */
function errorForGroup(errorCode: number): number {
  switch (errorCode) {
    case codes.PRODUCER_FENCED:
      return codes.INVALID_PRODUCER_EPOCH
    case codes.NETWORK_EXCEPTION:
    case codes.COORDINATOR_NOT_AVAILABLE:
    case codes.NOT_COORDINATOR:
      return codes.COORDINATOR_LOAD_IN_PROGRESS
    default:
      return errorCode
  }
}

/** The code at each partition. */
export function refuseTxnOffsetCommit(
  { topics }: TxnOffsetCommitRequest,
  { errorCode }: Refusal,
): TxnOffsetCommitResponse {
  return commitResponse(topics, () => errorCode)
}
