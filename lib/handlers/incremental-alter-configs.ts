/** IncrementalAlterConfigs (KIP-339): single settings of a resource are set, deleted, or gain and lose members. */
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../protocol/messages/incremental-alter-configs.ts'
import { incrementallyAltered } from '../config/alter.ts'
import { alterConfigResources } from './alter-config-resources.ts'
import { alterLoggers } from './broker-loggers.ts'
import type { Context } from './context.ts'
import { refuseConfigResources } from './refusals.ts'

/** The settings hold, on this broker, when the answer leaves. */
export async function incrementalAlterConfigs(
  request: IncrementalAlterConfigsRequest,
  context: Context,
): Promise<IncrementalAlterConfigsResponse> {
  const responses = await alterConfigResources(
    request.resources,
    request.validateOnly,
    context,
    ({ configs }, current, owner) => incrementallyAltered(owner, current, configs, context.broker.config),
    ({ configs }) => alterLoggers(context.broker.logger.levels, configs, request.validateOnly),
  )
  return { throttleTimeMs: 0, responses }
}

export const refuseIncrementalAlterConfigs = refuseConfigResources
