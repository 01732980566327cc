/** InitProducerId: an id for an idempotent producer (KIP-98). */
import { codes } from '../../protocol/errors.ts'
import type { InitProducerIdRequest, InitProducerIdResponse } from '../../protocol/messages/init-producer-id.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** Every request gets a new id in epoch 0: an idempotent producer raises its epoch by itself. */
export function initProducerId(
  request: InitProducerIdRequest,
  context: Context,
): InitProducerIdResponse | Promise<InitProducerIdResponse> {
  const { transactionalId, producerId, producerEpoch } = request
  const { broker } = context
  if (transactionalId === '' || (producerId < 0 ? producerId !== -1 || producerEpoch !== -1 : producerEpoch < 0)) {
    return failure(codes.INVALID_REQUEST)
  }
  if (transactionalId !== null) {
    if (!broker.authorize(context, 'write', 'transactionalId', transactionalId)) {
      return failure(codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    }
    // librdkafka gives up at once where the id is not authorised, and goes on trying where the version is not supported, as for most codes.
    broker.logger.warn('a transactional producer was refused: transactions are not served', { transactionalId })
    return failure(codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  if (!broker.authorize(context, 'idempotentWrite', 'cluster', clusterResource)) {
    return failure(codes.CLUSTER_AUTHORIZATION_FAILED)
  }
  const id = broker.producerIds.next()
  return typeof id === 'number' ? success(id) : id.then(success)
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
