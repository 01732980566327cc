/** EndTxn: commits or aborts a transaction (KIP-98). From version 5 on the answer has the epoch for the next one (KIP-890). */
import { codes } from '../../protocol/errors.ts'
import type { EndTxnRequest, EndTxnResponse } from '../../protocol/messages/end-txn.ts'
import { type Answer, andThen } from '../coordination/answer.ts'
import type { Context } from './context.ts'
import { refuseByCode } from './refusals.ts'

/** First versions whose clients know PRODUCER_FENCED, and raise their epoch with each end. */
const [fencedSince, raisesEpochSince] = [2, 5]

export function endTxn(request: EndTxnRequest, context: Context): Answer<EndTxnResponse> {
  const { transactionalId, producerId, producerEpoch, committed } = request
  const { broker, apiVersion } = context
  if (!broker.authorize(context, 'write', 'transactionalId', transactionalId)) {
    return { throttleTimeMs: 0, errorCode: codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED }
  }
  const raises = apiVersion >= raisesEpochSince
  const clientTransactionVersion = raises ? 2 : 0
  const answer = broker.transactions.endTxn({
    ...{ transactionalId, producerId, producerEpoch, committed, clientTransactionVersion },
  })
  return andThen(answer, ({ errorCode, producerId: nextId, producerEpoch: nextEpoch }) => ({
    throttleTimeMs: 0,
    errorCode:
      errorCode === codes.PRODUCER_FENCED && apiVersion < fencedSince ? codes.INVALID_PRODUCER_EPOCH : errorCode,
    producerId: nextId,
    producerEpoch: nextEpoch,
  }))
}

export const refuseEndTxn = refuseByCode
