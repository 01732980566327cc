/** Requests about configs, as short as tests want them. */
import type { Test } from 'tap'
import { describeConfigs } from '../../lib/handlers/describe-configs.ts'
import { incrementalAlterConfigs } from '../../lib/handlers/incremental-alter-configs.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import { type ClusterContext, encodable } from './cluster-context.ts'

/** The configs of one resource by name. */
export function described(
  { at }: ClusterContext,
  resourceType: number,
  resourceName: string,
  configurationKeys: string[] | null = null,
) {
  const request = {
    resources: [{ resourceType, resourceName, configurationKeys }],
    includeSynonyms: true,
    includeDocumentation: true,
  }
  const [result] = describeConfigs(request, at(4)).results
  return { ...result!, byName: new Map(result!.configs.map(config => [config.name, config])) }
}

/** One setting to change: its name, what is done to it, and its value. */
export type Change = [name: string, configOperation: number, value: string | null]

/** The error code of one incremental alteration, whose answer can be written in every version. */
export async function alter(
  t: Test,
  context: ClusterContext,
  resourceType: number,
  resourceName: string,
  ...changes: Change[]
): Promise<number> {
  const configs = changes.map(([name, configOperation, value]) => ({ name, configOperation, value }))
  const request = { resources: [{ resourceType, resourceName, configs }], validateOnly: false }
  const answer = await incrementalAlterConfigs(request, context.at(1))
  encodable(t, IncrementalAlterConfigs, answer)
  return answer.responses[0]!.errorCode
}
