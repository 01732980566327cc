/** AddOffsetsToTxn: takes a group’s offsets into a transaction, by the partition that keeps them (KIP-98). */
import { codes } from '../../protocol/errors.ts'
import type { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from '../../protocol/messages/add-offsets-to-txn.ts'
import { type Answer, andThen } from '../coordination/answer.ts'
import { offsetsTopic } from '../coordination/groups.ts'
import type { Context } from './context.ts'
import { refuseByCode } from './refusals.ts'

/** First version whose clients know PRODUCER_FENCED. */
const fencedSince = 2

export function addOffsetsToTxn(
  { transactionalId, groupId, producerId, producerEpoch }: AddOffsetsToTxnRequest,
  context: Context,
): Answer<AddOffsetsToTxnResponse> {
  const { broker, apiVersion } = context
  const refused = (errorCode: number) => ({ throttleTimeMs: 0, errorCode })
  if (!broker.authorize(context, 'write', 'transactionalId', transactionalId)) {
    return refused(codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  if (!broker.authorize(context, 'read', 'group', groupId)) return refused(codes.GROUP_AUTHORIZATION_FAILED)
  const partitions = new Map([[offsetsTopic, new Set([broker.groups.partitionOf(groupId)])]])
  const added = broker.transactions.addPartitions({ transactionalId, producerId, producerEpoch }, partitions, 0)
  return andThen(added, errorCode =>
    refused(errorCode === codes.PRODUCER_FENCED && apiVersion < fencedSince ? codes.INVALID_PRODUCER_EPOCH : errorCode),
  )
}

export const refuseAddOffsetsToTxn = refuseByCode
