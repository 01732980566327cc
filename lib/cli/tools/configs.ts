/** `ottla kafka-configs`: describes and changes settings of topics, brokers and groups, and what users log in by, with the options and output of Kafka's tool. */
import { configSources } from '../../../protocol/config-sources.ts'
import { codes } from '../../../protocol/errors.ts'
import type { Admin } from '../../admin/admin.ts'
import { AdminError } from '../../admin/admin-error.ts'
import { alterConfigs, type ConfigChange, type DescribedConfig, describeConfigs } from '../../admin/configs.ts'
import { listGroups } from '../../admin/groups.ts'
import { listTopics } from '../../admin/topics.ts'
import type { Io } from '../io.ts'
import { readProperties } from '../properties-file.ts'
import { alterUser, describeUsers } from './configs-users.ts'
import { type Entity, type EntityType, entityOf, entityOptions } from './entities.ts'
import { connectionOptions, type Given, runTool, type Tool, ToolUsageError, withAdmin } from './tool.ts'

const options = {
  describe: { doc: 'the settings that were changed' },
  alter: { doc: 'change settings' },
  all: { doc: 'with --describe: all settings' },
  'add-config': { value: 'NAME=VALUE,...', doc: 'with --alter: settings to change; a value with commas stands in [ ]' },
  'add-config-file': { value: 'FILE', doc: 'with --alter: the same from a file of properties' },
  'delete-config': { value: 'NAME,...', doc: 'with --alter: settings that get their defaults back' },
  ...entityOptions,
  ...connectionOptions,
} as const

type ConfigsOption = keyof typeof options
const tool: Tool<ConfigsOption> = {
  name: 'kafka-configs',
  about: 'describes and changes settings of topics, brokers and groups',
  options,
}

/** Carries out a command line; gives the exit code. */
export function kafkaConfigs(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    tool,
    argv,
    io,
    async given => {
      const entity = check(given)
      await withAdmin(given, admin =>
        given.has('alter') ? alter(admin, given, entity, io) : describe(admin, given, entity, io),
      )
      return 0
    },
    error => {
      // Without passwords: what goes wrong is often kept in a log.
      const words = argv.join(' ').replace(/password=[^,\]\s]*/g, 'password=[hidden]')
      io.stderr.write(`Error while executing config command with args '${words}'\n${error.message}\n`)
    },
  )
}

function check(given: Given<ConfigsOption>): Entity {
  if (given.has('describe') === given.has('alter')) {
    throw new ToolUsageError('Command must include exactly one action: --describe, --alter')
  }
  if (!given.has('bootstrap-server')) {
    throw new ToolUsageError('Either --bootstrap-server or --bootstrap-controller must be specified.', {
      showHelp: false,
    })
  }
  given.refuseTogether('describe', ['add-config', 'add-config-file', 'delete-config'])
  given.refuseTogether('alter', ['all'])
  given.refuseTogether('add-config', ['add-config-file'])
  const entity = entityOf(given)
  if (given.has('alter')) {
    if (!given.has('add-config') && !given.has('add-config-file') && !given.has('delete-config')) {
      throw new ToolUsageError(
        'At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter',
        { showHelp: false },
      )
    }
    if (entity.name === null && entity.type === 'user') {
      throw new ToolUsageError(
        'An entity-name or default entity must be specified with --alter of users, clients, brokers or ips',
        { showHelp: false },
      )
    }
    if (entity.name === null) {
      throw new ToolUsageError(
        `an entity name, or --entity-default, must be specified with --alter of ${entity.type}`,
        {
          showHelp: false,
        },
      )
    }
  }
  return entity
}

/** `a=1,b=[2,3]` as changes. Throws ToolUsageError. */
export function changesOf(text: string): ConfigChange[] {
  return text
    .split(/,(?=[^\]]*(?:\[|$))/)
    .map(assignment => assignment.trim())
    .filter(assignment => assignment !== '')
    .map(assignment => {
      const at = assignment.indexOf('=')
      if (at < 1)
        throw new ToolUsageError('all configs to be added must be in the format "key=val".', { showHelp: false })
      const value = assignment
        .slice(at + 1)
        .trim()
        .replace(/^\[([\s\S]*)\]$/, '$1')
      return { name: assignment.slice(0, at).trim(), value }
    })
}

async function alter(admin: Admin, given: Given<ConfigsOption>, { type, name }: Entity, io: Io): Promise<void> {
  const file = given.one('add-config-file')
  const added =
    file === undefined
      ? changesOf(given.one('add-config') ?? '')
      : Object.entries(readProperties(file)).map(([config, value]) => ({ name: config, value }))
  const deleted = (given.one('delete-config') ?? '')
    .split(',')
    .map(config => config.trim())
    .filter(config => config !== '')
    .map(config => ({ name: config, value: null }))
  const changes = [...deleted, ...added]
  if (type === 'user') await alterUser(admin, name!, changes)
  else await alterConfigs(admin, { type, name: name! }, changes)
  io.stdout.write(
    name === ''
      ? `Completed updating default config for ${plurals[type]} in the cluster.\n`
      : `Completed updating config for ${singulars[type]} ${name}.\n`,
  )
}

const plurals: Readonly<Record<EntityType, string>> = {
  topic: 'topics',
  broker: 'brokers',
  brokerLogger: 'broker-loggers',
  clientMetrics: 'client-metrics',
  group: 'groups',
  user: 'users',
}
const singulars: Readonly<Record<EntityType, string>> = {
  topic: 'topic',
  broker: 'broker',
  brokerLogger: 'broker-logger',
  clientMetrics: 'client-metric',
  group: 'group',
  user: 'user',
}

/** Whose settings are described by DescribeConfigs. */
type ConfigEntity = Entity & { readonly type: Exclude<EntityType, 'user'> }

/** Where a value stands that was changed for the entity itself. */
function ownSource({ type, name }: ConfigEntity): number {
  switch (type) {
    case 'topic':
      return configSources.DYNAMIC_TOPIC_CONFIG
    case 'broker':
      return name === '' ? configSources.DYNAMIC_DEFAULT_BROKER_CONFIG : configSources.DYNAMIC_BROKER_CONFIG
    case 'brokerLogger':
      return configSources.DYNAMIC_BROKER_LOGGER_CONFIG
    case 'clientMetrics':
      return configSources.DYNAMIC_CLIENT_METRICS_CONFIG
    case 'group':
      return configSources.DYNAMIC_GROUP_CONFIG
  }
}

async function describe(admin: Admin, given: Given<ConfigsOption>, entity: Entity, io: Io): Promise<void> {
  const { type } = entity
  if (type === 'user') {
    await describeUsers(admin, entity.name, io)
    return
  }
  const names = entity.name === null ? await allNames(admin, type) : [entity.name]
  for (const name of names) await describeOne(admin, given.has('all'), { type, name }, io)
}

async function allNames(admin: Admin, type: ConfigEntity['type']): Promise<string[]> {
  switch (type) {
    case 'topic':
      return (await listTopics(admin, { internal: true })).map(({ name }) => name)
    case 'broker':
    case 'brokerLogger':
      return [...(await admin.brokers()).map(({ nodeId }) => String(nodeId)), ...(type === 'broker' ? [''] : [])]
    case 'group':
      return (await listGroups(admin)).map(({ groupId }) => groupId)
    case 'clientMetrics':
      throw new ToolUsageError('--entity-name must be specified for client-metrics', { showHelp: false })
  }
}

async function describeOne(
  admin: Admin,
  isAll: boolean,
  entity: ConfigEntity & { name: string },
  io: Io,
): Promise<void> {
  const { type, name } = entity
  let configs: readonly DescribedConfig[]
  try {
    configs = await describeConfigs(admin, { type, name })
  } catch (error) {
    if (!(error instanceof AdminError && error.code === codes.UNKNOWN_TOPIC_OR_PARTITION)) throw error
    io.stdout.write(`The ${singulars[type]} '${name}' doesn't exist and doesn't have dynamic config.\n`)
    return
  }
  const isShown = ({ configSource }: DescribedConfig) => isAll || configSource === ownSource(entity)
  const lines = configs.filter(isShown).map(each => `  ${lineOf(each)}\n`)
  const head =
    name === ''
      ? `Default configs for ${plurals[type]} in the cluster are:\n`
      : `${isAll ? 'All' : 'Dynamic'} configs for ${singulars[type]} ${name} are:\n`
  io.stdout.write(`${head}${lines.join('')}`)
}

function lineOf({ name, value, isSensitive, synonyms }: DescribedConfig): string {
  const sources = Object.entries(configSources)
  const source = (number: number) => sources.find(([, each]) => each === number)?.[0] ?? 'UNKNOWN'
  const behind = synonyms.map(each => `${source(each.source)}:${each.name}=${each.value}`)
  return `${name}=${value} sensitive=${isSensitive} synonyms={${behind.join(', ')}}`
}
