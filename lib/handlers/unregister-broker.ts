/** UnregisterBroker: takes a broker that is gone out of the cluster. The only one that there is has not gone. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { UnregisterBrokerRequest, UnregisterBrokerResponse } from '../../protocol/messages/unregister-broker.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import { refuseByCodeAndMessage } from './refusals.ts'

export function unregisterBroker({ brokerId }: UnregisterBrokerRequest, context: Context): UnregisterBrokerResponse {
  checkClusterOperation(context, 'alter')
  if (context.broker.cluster.image.brokers.some(({ id }) => id === brokerId)) {
    throw new KafkaError(codes.INVALID_REQUEST, `broker ${brokerId} is running; stop it before`)
  }
  throw new KafkaError(codes.BROKER_ID_NOT_REGISTERED, `there is no broker ${brokerId}`)
}

export const refuseUnregisterBroker = refuseByCodeAndMessage
