/** Settings of topics, brokers and groups, each with all places where it has a value. */
import { configSources } from '../../protocol/config-sources.ts'
import type { Admin } from '../admin/admin.ts'
import { type ConfigResource, describeConfigs } from '../admin/configs.ts'
import type { ConfigRow } from './answers.ts'

/** What has settings here. */
export const resourceTypes = ['topic', 'broker', 'group'] as const

/** As DescribeConfigs numbers them. */
const types = ['unknown', 'boolean', 'string', 'int', 'short', 'long', 'double', 'list', 'class', 'password']
const sourceNames = new Map<number, string>(Object.entries(configSources).map(([name, number]) => [number, name]))

/** Rejects with KafkaError where there is no such thing, or it may not be read. */
export async function configRows(admin: Admin, resource: ConfigResource): Promise<ConfigRow[]> {
  return (await describeConfigs(admin, resource, { documentation: true })).map(config => ({
    name: config.name,
    value: config.isSensitive ? null : config.value,
    type: types[config.configType] ?? 'unknown',
    source: sourceNames.get(config.configSource) ?? 'UNKNOWN',
    isReadOnly: config.readOnly,
    isSecret: config.isSensitive,
    documentation: config.documentation,
    synonyms: config.synonyms.map(({ name, value, source }) => ({
      ...{ name, source: sourceNames.get(source) ?? 'UNKNOWN' },
      value: config.isSensitive ? null : value,
    })),
  }))
}
