/** `ottla client-metrics`: which metrics clients are to push (KIP-714), with the options and output of `kafka-client-metrics`. */
import { ListConfigResources } from '../../../protocol/messages/list-config-resources.ts'
import type { Admin } from '../../admin/admin.ts'
import { alterConfigs, type ConfigChange, configResourceTypes, describeConfigs } from '../../admin/configs.ts'
import { systemRandom } from '../../base/random.ts'
import type { Io } from '../io.ts'
import { sentenceOf } from './kafka-words.ts'
import { connectionOptions, type Given, runTool, type Tool, ToolUsageError, withAdmin } from './tool.ts'

const options = {
  list: { doc: 'the names of all subscriptions' },
  describe: { doc: 'one subscription, or all of them' },
  alter: { doc: 'make a subscription, or change it' },
  delete: { doc: 'delete a subscription' },
  name: { value: 'NAME', doc: 'the subscription' },
  'generate-name': { doc: 'with --alter: make up a name' },
  interval: { value: 'MS', doc: 'with --alter: how often clients push; an empty value gives the default back' },
  match: {
    value: 'NAME=PATTERN,...',
    doc: 'with --alter: which clients, by client_id, client_instance_id, client_software_name, client_software_version, client_source_address or client_source_port',
  },
  metrics: { value: 'PREFIX,...', doc: 'with --alter: which metrics; * for all' },
  json: { doc: 'print JSON' },
  ...connectionOptions,
} as const

type Option = keyof typeof options

const tool: Tool<Option> = {
  name: 'client-metrics',
  about: 'describes and changes which metrics clients push',
  example:
    'client-metrics --bootstrap-server localhost:9092 --alter --name basic --metrics org.apache.kafka.producer. --interval 60000',
  badOption: 'help',
  options,
}

const settings = { interval: 'interval.ms', metrics: 'metrics', match: 'match' } as const

/** Carries out a command line; gives the exit code. */
export function kafkaClientMetrics(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    tool,
    argv,
    io,
    async given => {
      check(given)
      return withAdmin(given, async admin => {
        try {
          await carryOut(admin, given, io)
          return 0
        } catch (error) {
          const words = given.has('json') ? io.stderr : io.stdout
          words.write(`Error while executing client metrics command : ${sentenceOf(error as Error)}\n`)
          return 1
        }
      })
    },
    error => io.stderr.write(`${error.message}\n`),
  )
}

function check(given: Given<Option>): void {
  const actions = (['alter', 'delete', 'describe', 'list'] as const).filter(action => given.has(action))
  if (actions.length !== 1)
    throw new ToolUsageError('Command must include exactly one action: --alter, --delete, --describe or --list.')
  if (!given.has('bootstrap-server')) throw new Error('--bootstrap-server must be specified.')
  refuse(given, 'delete', ['generate-name', 'interval', 'match', 'metrics'])
  refuse(given, 'describe', ['generate-name', 'interval', 'match', 'metrics'])
  refuse(given, 'list', ['name', 'generate-name', 'interval', 'match', 'metrics'])
  if (given.has('alter') && given.has('name') === given.has('generate-name'))
    throw new Error('One of --name or --generate-name must be specified with --alter.')
  if (given.has('delete') && !given.has('name'))
    throw new Error('A client metrics resource name must be specified with --delete.')
  const interval = given.one('interval')
  if (interval && !/^[+-]?\d{1,10}$/.test(interval))
    throw new Error('Invalid interval value. Enter an integer, or leave empty to reset.')
}

/** The action comes first in what Kafka's tool says. */
function refuse(given: Given<Option>, action: Option, others: readonly Option[]): void {
  const other = others.find(name => given.has(name))
  if (given.has(action) && other)
    throw new ToolUsageError(`Option "[${action}]" can't be used with option "[${other}]"`)
}

async function carryOut(admin: Admin, given: Given<Option>, io: Io): Promise<void> {
  const name = given.one('name')
  if (given.has('list')) {
    const names = await allNames(admin)
    io.stdout.write(given.has('json') ? `${JSON.stringify(names)}\n` : `${names.join('\n')}\n`)
  } else if (given.has('describe')) await (given.has('json') ? describeAsJson : describe)(admin, name, io)
  else if (given.has('delete')) {
    const all = await describeConfigs(admin, { type: 'clientMetrics', name: name! })
    await change(
      admin,
      name!,
      all.map(each => ({ name: each.name, value: null })),
    )
    tell(name!, 'deleted', `Deleted client metrics config for ${name}.`, given, io)
  } else {
    const chosen = name ?? systemRandom.uuid()
    const chosenOptions = (Object.keys(settings) as (keyof typeof settings)[]).filter(option => given.has(option))
    await change(
      admin,
      chosen,
      chosenOptions.map(option => ({ name: settings[option], value: given.one(option) || null })),
    )
    tell(chosen, 'altered', `Altered client metrics config for ${chosen}.`, given, io)
  }
}

function tell(name: string, result: string, sentence: string, given: Given<Option>, io: Io): void {
  io.stdout.write(`${given.has('json') ? JSON.stringify([{ name, result }]) : sentence}\n`)
}

async function change(admin: Admin, name: string, changes: readonly ConfigChange[]): Promise<void> {
  if (changes.length > 0) await alterConfigs(admin, { type: 'clientMetrics', name }, changes)
}

async function describe(admin: Admin, name: string | undefined, io: Io): Promise<void> {
  const all = await allNames(admin)
  if (name !== undefined && !all.includes(name)) {
    io.stdout.write(`The client metric resource ${name} doesn't exist and doesn't have dynamic config.\n`)
    return
  }
  for (const each of name === undefined ? all : [name]) {
    io.stdout.write(`Client metrics configs for ${each} are:\n`)
    for (const config of await describeConfigs(admin, { type: 'clientMetrics', name: each }))
      io.stdout.write(`  ${config.name}=${config.value}\n`)
  }
}

/** None where there is no subscription of that name. */
async function describeAsJson(admin: Admin, name: string | undefined, io: Io): Promise<void> {
  const names = (await allNames(admin)).filter(each => name === undefined || each === name)
  const rows: object[] = []
  for (const each of names) {
    const configs = await describeConfigs(admin, { type: 'clientMetrics', name: each })
    rows.push({ name: each, configs: Object.fromEntries(configs.map(config => [config.name, config.value])) })
  }
  io.stdout.write(`${JSON.stringify(rows)}\n`)
}

async function allNames(admin: Admin): Promise<string[]> {
  const { configResources } = await admin.ask({ to: 'any' }, ListConfigResources, version =>
    version === 0 ? {} : { resourceTypes: [configResourceTypes.clientMetrics] },
  )
  return configResources.map(({ resourceName }) => resourceName).sort()
}
