/** What AlterConfigs and IncrementalAlterConfigs have in common: each resource is changed whole or not at all. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Settings } from '../cluster/image.ts'
import type { ConfigAlteration } from '../metadata/cluster.ts'
import type { ItemResult } from '../metadata/item-result.ts'
import {
  alteredOwner,
  authorizeConfigs,
  type ConfigResource,
  configResourceTypes,
  ownName,
  repeatedResources,
  resourceKey,
} from './config-resources.ts'
import type { Context } from './context.ts'

/** The result for one resource, in the shape of both answers. */
export interface ConfigResourceResult extends ConfigResource {
  readonly errorCode: number
  readonly errorMessage: string | null
}

interface Named {
  readonly name: string
}

/** Alters the configs of each resource as `alter` says, which may throw KafkaError. `alterLevels` makes those changes of log levels that can be made. */
export async function alterConfigResources<R extends ConfigResource & { readonly configs: readonly Named[] }>(
  resources: readonly R[],
  validateOnly: boolean,
  context: Context,
  alter: (resource: R, current: Settings, owner: ConfigAlteration['owner']) => Settings,
  alterLevels?: (resource: R) => void,
): Promise<ConfigResourceResult[]> {
  const repeated = repeatedResources(resources)
  const alterations: ConfigAlteration[] = []
  const results = new Map<R, ItemResult>()
  const altered: R[] = []
  for (const resource of resources) {
    try {
      if (repeated.has(resourceKey(resource))) {
        throw new KafkaError(codes.INVALID_REQUEST, 'this resource stands in the request more than once')
      }
      if (alterLevels && resource.resourceType === configResourceTypes.BROKER_LOGGER) {
        authorizeConfigs(context, 'alterConfigs', resource)
        ownName(resource.resourceName, context)
        alterLevels(resource)
        results.set(resource, { errorCode: codes.NONE, errorMessage: null })
        continue
      }
      const { owner, name } = alteredOwner(resource, context)
      authorizeConfigs(context, 'alterConfigs', resource)
      const mentions = resource.configs.map(config => config.name)
      alterations.push({ owner, name, mentions, alter: current => alter(resource, current, owner) })
      altered.push(resource)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      results.set(resource, { errorCode: error.code, errorMessage: error.message })
    }
  }
  const done = await context.broker.cluster.alterConfigs(alterations, { validateOnly })
  for (const [i, resource] of altered.entries()) results.set(resource, done[i]!)
  return resources.map(resource => ({
    ...results.get(resource)!,
    resourceType: resource.resourceType,
    resourceName: resource.resourceName,
  }))
}
