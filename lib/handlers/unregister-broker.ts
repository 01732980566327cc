/** UnregisterBroker: takes a broker that is gone out of the cluster. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { UnregisterBrokerRequest, UnregisterBrokerResponse } from '../../protocol/messages/unregister-broker.ts'
import { forgetBrokerChanges } from '../cluster/changes.ts'
import { brokerKey } from '../cluster/stored.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import { refuseByCodeAndMessage } from './refusals.ts'

export async function unregisterBroker(
  { brokerId }: UnregisterBrokerRequest,
  context: Context,
): Promise<UnregisterBrokerResponse> {
  checkClusterOperation(context, 'alter')
  await context.broker.cluster.changeBy(({ brokers, admitted }) => {
    if (brokers.some(({ id }) => id === brokerId)) {
      throw new KafkaError(codes.INVALID_REQUEST, `broker ${brokerId} is running; stop it before`)
    }
    if (!admitted.has(brokerId)) throw new KafkaError(codes.BROKER_ID_NOT_REGISTERED, `there is no broker ${brokerId}`)
    return { changes: forgetBrokerChanges(brokerId), restsOn: [brokerKey(brokerId)], result: undefined }
  })
  return { throttleTimeMs: 0, errorCode: codes.NONE, errorMessage: null }
}

export const refuseUnregisterBroker = refuseByCodeAndMessage
