/** UnregisterController: takes a controller that is gone out of the cluster. The only one that there is has not gone. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type {
  UnregisterControllerRequest,
  UnregisterControllerResponse,
} from '../../protocol/messages/unregister-controller.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import { refuseByCodeAndMessage } from './refusals.ts'

export function unregisterController(
  { controllerId }: UnregisterControllerRequest,
  context: Context,
): UnregisterControllerResponse {
  checkClusterOperation(context, 'alter')
  if (controllerId === context.broker.cluster.image.controllerId) {
    throw new KafkaError(codes.INVALID_REQUEST, `controller ${controllerId} is active; it cannot be unregistered`)
  }
  throw new KafkaError(codes.CONTROLLER_ID_NOT_REGISTERED, `there is no controller ${controllerId}`)
}

export const refuseUnregisterController = refuseByCodeAndMessage
