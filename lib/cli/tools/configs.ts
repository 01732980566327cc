/** `ottla kafka-configs`: describes and changes settings of topics, brokers and groups, and what users log in by, with the options and output of Kafka's tool. */
import { configSources } from '../../../protocol/config-sources.ts'
import type { Admin } from '../../admin/admin.ts'
import {
  alterConfigs,
  type ConfigChange,
  type DescribedConfig,
  describeConfigs,
  listConfigResources,
} from '../../admin/configs.ts'
import { listGroups } from '../../admin/groups.ts'
import { listTopics } from '../../admin/topics.ts'
import type { Io } from '../io.ts'
import {
  alterQuotasOf,
  describeQuotasOf,
  isOfLogins,
  type QuotaTarget,
  quotaRows,
  quotaTargetOf,
} from './configs-quotas.ts'
import { type Entity, type EntityType, entityOf, entityOptions, entityTypesOf } from './entities.ts'
import { connectionOptions, type Given, propertiesIn, runTool, type Tool, ToolUsageError, withAdmin } from './tool.ts'

const options = {
  describe: { doc: 'the settings that were changed' },
  alter: { doc: 'change settings' },
  all: { doc: 'with --describe: all settings' },
  json: { doc: 'print JSON' },
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
  example: 'configs --bootstrap-server localhost:9092 --alter --topic orders --add-config retention.ms=60000',
  options,
}

/** Carries out a command line; gives the exit code. */
export function kafkaConfigs(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    tool,
    argv,
    io,
    async given => {
      const quotas = checkAction(given, argv)
      if (quotas !== null && !isOfLogins(quotas, await changesIn(given))) {
        await withAdmin(given, admin => carryOutQuotas(admin, given, quotas, io))
        return 0
      }
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

async function carryOutQuotas(admin: Admin, given: Given<ConfigsOption>, target: QuotaTarget, io: Io): Promise<void> {
  if (given.has('alter')) {
    checkChanges(given)
    return alterQuotasOf(admin, target, await changesIn(given), given.has('json'), io)
  }
  const [[kind, name]] = target as readonly [QuotaTarget[number]]
  const user = name === null ? '' : (name ?? null)
  const users = target.length === 1 && kind === 'users' ? await import('./configs-users.ts') : null
  if (given.has('json')) {
    const credentials = users === null ? {} : { scramCredentials: await users.scramUsers(admin, user) }
    io.stdout.write(`${JSON.stringify({ quotas: await quotaRows(admin, target), ...credentials })}\n`)
    return
  }
  await describeQuotasOf(admin, target, io)
  await users?.describeUsers(admin, user, io)
}

/** Whose quotas are meant; null where something else is. */
function checkAction(given: Given<ConfigsOption>, argv: readonly string[]): QuotaTarget | null {
  if (given.has('describe') === given.has('alter')) {
    throw new ToolUsageError('Command must include exactly one action: --describe, --alter')
  }
  for (const option of ['add-config', 'delete-config'] as const) given.refuseTogether(option, ['describe'])
  entityTypesOf(given)
  if (!given.has('bootstrap-server'))
    throw unusable('Either --bootstrap-server or --bootstrap-controller must be specified.')
  return quotaTargetOf(given, argv)
}

function check(given: Given<ConfigsOption>): Entity {
  const entity = entityOf(given)
  if (given.has('alter')) checkAlter(given, entity)
  else if (entity.name === '' && entity.type !== 'broker' && entity.type !== 'user')
    throw unusable(`--entity-default must not be specified with --describe of ${plurals[entity.type]}`)
  return entity
}

function checkAlter(given: Given<ConfigsOption>, { type, name }: Entity): void {
  if (type === 'user' || type === 'broker') {
    if (name === null)
      throw unusable(
        'An entity-name or default entity must be specified with --alter of users, clients, brokers or ips',
      )
  } else if (!name) throw unusable(`An entity name must be specified with --alter of ${plurals[type]}`)
  checkChanges(given)
}

function checkChanges(given: Given<ConfigsOption>): void {
  if (given.has('add-config') && given.has('add-config-file'))
    throw unusable('Only one of --add-config or --add-config-file must be specified')
  if (!given.has('add-config') && !given.has('add-config-file') && !given.has('delete-config'))
    throw unusable('At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter')
}

function unusable(sentence: string): ToolUsageError {
  return new ToolUsageError(sentence, { showHelp: false })
}

/** `a=1,b=[2,3]` as changes, the last of each name. Throws ToolUsageError. */
export function changesOf(text: string): ConfigChange[] {
  const values = new Map<string, string>()
  for (const part of text.split(/,(?=[^\]]*(?:\[|$))/)) {
    const assignment = part.trim()
    // As it is behind a comma at the end.
    if (assignment === '' && text.trim() !== '') continue
    const at = assignment.indexOf('=')
    if (at < 0) {
      throw unusable(
        'Invalid entity config: all configs to be added must be in the format "key=val" or  "key=[val1,val2]" to group values which contain commas.',
      )
    }
    const value = assignment.slice(at + 1).trim()
    values.set(assignment.slice(0, at).trim(), value.replace(/^\[([\s\S]*)\]$/, '$1'))
  }
  return [...values].map(([name, value]) => ({ name, value }))
}

async function changesIn(given: Given<ConfigsOption>): Promise<ConfigChange[]> {
  const file = given.one('add-config-file')
  const added =
    file === undefined
      ? given.all('add-config').flatMap(changesOf)
      : Object.entries(await propertiesIn(file)).map(([config, value]) => ({ name: config, value }))
  const deleted = (given.one('delete-config') ?? '')
    .split(',')
    .map(config => config.trim())
    .filter(config => config !== '')
    .map(config => ({ name: config, value: null }))
  return [...deleted, ...added]
}

async function alter(admin: Admin, given: Given<ConfigsOption>, { type, name }: Entity, io: Io): Promise<void> {
  const changes = await changesIn(given)
  if (type === 'user') {
    const { alterUser } = await import('./configs-users.ts')
    await alterUser(admin, name!, changes)
  } else await alterConfigs(admin, { type, name: name! }, changes)
  if (given.has('json')) {
    const altered = { type: singulars[type], name: name === '' ? null : name, result: 'altered' }
    io.stdout.write(`${JSON.stringify([altered])}\n`)
    return
  }
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
    const { describeUsers, scramUsers } = await import('./configs-users.ts')
    if (given.has('json')) {
      io.stdout.write(`${JSON.stringify({ scramCredentials: await scramUsers(admin, entity.name) })}\n`)
    } else await describeUsers(admin, entity.name, io)
    return
  }
  const { name } = entity
  const isAll = given.has('all')
  const isSure = name === '' || (name !== null && isAll)
  const all = isSure ? [] : await allNames(admin, type)
  if (name !== null && !isSure && !all.includes(name)) {
    if (given.has('json')) io.stdout.write('[]\n')
    const words = given.has('json') ? io.stderr : io.stdout
    words.write(`The ${singulars[type]} '${name}' doesn't exist and doesn't have dynamic config.\n`)
    return
  }
  const names = name === null ? all : [name]
  if (given.has('json')) {
    const rows = []
    for (const each of names) rows.push(await asRow(admin, isAll, { type, name: each }))
    io.stdout.write(`${JSON.stringify(rows)}\n`)
    return
  }
  for (const each of names) await describeOne(admin, isAll, { type, name: each }, io)
}

/** One entity's settings; the name of a default is null. */
async function asRow(admin: Admin, isAll: boolean, entity: ConfigEntity & { name: string }) {
  const { type, name } = entity
  const configs = (await shownOf(admin, isAll, entity)).map(each => ({
    ...{ name: each.name, value: each.value, sensitive: each.isSensitive, source: sourceName(each.configSource) },
    synonyms: each.synonyms.map(({ name, value, source }) => ({ name, value, source: sourceName(source) })),
  }))
  return { type: singulars[type], name: name === '' ? null : name, configs }
}

async function shownOf(admin: Admin, isAll: boolean, entity: ConfigEntity & { name: string }) {
  const { type, name } = entity
  const configs = await describeConfigs(admin, { type, name })
  return configs.filter(({ configSource }) => isAll || configSource === ownSource(entity))
}

/** Those that there are, and those that have settings. */
async function allNames(admin: Admin, type: ConfigEntity['type']): Promise<string[]> {
  switch (type) {
    case 'topic':
      return (await listTopics(admin, { internal: true })).map(({ name }) => name)
    case 'broker':
    case 'brokerLogger':
      return [...(await admin.brokers()).map(({ nodeId }) => String(nodeId)), ...(type === 'broker' ? [''] : [])]
    case 'group': {
      const groups = (await listGroups(admin)).map(({ groupId }) => groupId)
      return [...new Set([...groups, ...(await listConfigResources(admin, type))])].sort()
    }
    case 'clientMetrics':
      return listConfigResources(admin, type)
  }
}

async function describeOne(
  admin: Admin,
  isAll: boolean,
  entity: ConfigEntity & { name: string },
  io: Io,
): Promise<void> {
  const { type, name } = entity
  io.stdout.write(
    name === ''
      ? `Default configs for ${plurals[type]} in the cluster are:\n`
      : `${isAll ? 'All' : 'Dynamic'} configs for ${singulars[type]} ${name} are:\n`,
  )
  const lines = (await shownOf(admin, isAll, entity)).map(each => `  ${lineOf(each)}\n`)
  io.stdout.write(lines.join(''))
}

function lineOf({ name, value, isSensitive, synonyms }: DescribedConfig): string {
  const behind = synonyms.map(each => `${sourceName(each.source)}:${each.name}=${each.value}`)
  return `${name}=${value} sensitive=${isSensitive} synonyms={${behind.join(', ')}}`
}

function sourceName(source: number): string {
  return Object.entries(configSources).find(([, each]) => each === source)?.[0] ?? 'UNKNOWN'
}
