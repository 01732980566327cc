/** AlterConfigs: all dynamic settings of a resource at once; what is not named goes back to its default. */
import type { AlterConfigsRequest, AlterConfigsResponse } from '../../protocol/messages/alter-configs.ts'
import { replaced } from '../config/alter.ts'
import { alterConfigResources } from './alter-config-resources.ts'
import type { Context } from './context.ts'
import { refuseConfigResources } from './refusals.ts'

/** The settings hold, on this broker, when the answer leaves. */
export async function alterConfigs(request: AlterConfigsRequest, context: Context): Promise<AlterConfigsResponse> {
  const responses = await alterConfigResources(request.resources, request.validateOnly, context, ({ configs }) =>
    replaced(configs),
  )
  return { throttleTimeMs: 0, responses }
}

export const refuseAlterConfigs = refuseConfigResources
