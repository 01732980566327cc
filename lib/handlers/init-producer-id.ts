/** InitProducerId: an id for an idempotent producer, or for one with a transactional id, whose earlier instances it shuts out (KIP-98, KIP-360). */
import { codes } from '../../protocol/errors.ts'
import type { InitProducerIdRequest, InitProducerIdResponse } from '../../protocol/messages/init-producer-id.ts'
import { type Answer, andThen } from '../coordination/answer.ts'
import { twoPhaseTimeoutMs } from '../transactions/transaction.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** First version whose clients know PRODUCER_FENCED (KIP-588). */
const fencedSince = 4

/** Without a transactional id every request gets a new id in epoch 0: an idempotent producer raises its epoch by itself. */
export function initProducerId(request: InitProducerIdRequest, context: Context): Answer<InitProducerIdResponse> {
  const { transactionalId, producerId, producerEpoch, enable2Pc: isTwoPhase, keepPreparedTxn } = request
  const timeoutMs = isTwoPhase ? twoPhaseTimeoutMs : request.transactionTimeoutMs
  const { broker } = context
  if (transactionalId === '' || (producerId === -1) !== (producerEpoch === -1)) {
    return failure(codes.INVALID_REQUEST)
  }
  if (transactionalId !== null) {
    if (!broker.authorize(context, 'write', 'transactionalId', transactionalId)) {
      return failure(codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    }
    const mayTwoPhase = () =>
      broker.authorize(context, 'twoPhaseCommit', 'transactionalId', transactionalId) &&
      broker.config.get('transaction.two.phase.commit.enable')
    if (isTwoPhase && !mayTwoPhase()) {
      return failure(codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    }
    // As in Kafka 4.4, which does not find prepared transactions yet.
    if (keepPreparedTxn) return failure(codes.UNSUPPORTED_VERSION)
    const answer = broker.transactions.initProducerId({
      ...{ transactionalId, timeoutMs, isTwoPhase, producerId, producerEpoch },
    })
    return andThen(answer, given => ({
      throttleTimeMs: 0,
      errorCode: forVersion(given.errorCode, context.apiVersion),
      producerId: given.producerId,
      producerEpoch: given.producerEpoch,
    }))
  }
  // Whoever may write to any topic may do so with an id (KIP-679).
  const mayWrite =
    broker.authorize(context, 'idempotentWrite', 'cluster', clusterResource, false) ||
    broker.authorizeAny(context, 'write', 'topic')
  if (!mayWrite) return failure(codes.CLUSTER_AUTHORIZATION_FAILED)
  const id = broker.producerIds.next()
  return typeof id === 'number' ? success(id) : id.then(success)
}

function forVersion(errorCode: number, apiVersion: number): number {
  return errorCode === codes.PRODUCER_FENCED && apiVersion < fencedSince ? codes.INVALID_PRODUCER_EPOCH : errorCode
}

function success(producerId: number): InitProducerIdResponse {
  return { throttleTimeMs: 0, errorCode: codes.NONE, producerId, producerEpoch: 0 }
}

function failure(errorCode: number): InitProducerIdResponse {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 }
}

/** The code, and no producer id. */
export function refuseInitProducerId(_request: InitProducerIdRequest, { errorCode }: Refusal): InitProducerIdResponse {
  return failure(errorCode)
}
