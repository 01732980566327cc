/** `ottla cluster`: the cluster's id, its brokers, and taking one out of it, with the options and output of `kafka-cluster`. */
import type { Admin } from '../../admin/admin.ts'
import { describeCluster, unregisterBroker } from '../../admin/cluster.ts'
import type { Io } from '../io.ts'
import { columns, widthOf } from './columns.ts'
import { sentenceOf } from './kafka-words.ts'
import { commandIn, spelledOut } from './subcommands.ts'
import { ArgumentsError, connectionOptions, type Given, runTool, type Tool, withAdmin } from './tool.ts'

const options = {
  id: { value: 'ID', doc: 'unregister: the broker; required' },
  'include-fenced-brokers': { doc: 'list-endpoints: brokers too that are registered and away' },
  config: { value: 'FILE', doc: 'the older name of --command-config' },
  json: { doc: 'print JSON' },
  ...connectionOptions,
} as const

type Option = keyof typeof options

const commands = ['cluster-id', 'unregister', 'unregister-controller', 'list-endpoints', 'api-versions'] as const
type Command = (typeof commands)[number]

const tool: Tool<Option> = {
  name: 'cluster cluster-id|unregister|list-endpoints|api-versions',
  about: 'tells of a cluster, and takes brokers out of it; cluster status|brokers|leaders|isr --help tells how it is',
  example: 'cluster list-endpoints --bootstrap-server localhost:9092',
  hasCommands: true,
  options,
}

/** What is told of a cluster's state by a tool of its own. */
const stateWords = ['status', 'brokers', 'leaders', 'isr']

/** Whether a word stands behind an option that takes it. */
function isValueBehind(before = ''): boolean {
  return Object.entries(tool.options).some(([name, { value }]) => before === `--${name}` && value !== undefined)
}

/** Carries out a command line; gives the exit code. */
export async function kafkaCluster(argv: readonly string[], io: Io): Promise<number> {
  const words = spelledOut(argv, { '-b': 'bootstrap-server', '-i': 'id', '-c': 'config', '-h': 'help' })
  const at = words.findIndex((word, index) => stateWords.includes(word) && !isValueBehind(words[index - 1]))
  if (at >= 0) return (await import('./cluster-state.ts')).clusterState([words[at]!, ...words.toSpliced(at, 1)], io)
  const isOld = words.some(word => word === '--config' || word.startsWith('--config='))
  return runTool(
    tool,
    words.map(word => word.replace(/^--config(?==|$)/, '--command-config')),
    io,
    async given => {
      const command = commandIn(tool, words, commands)
      if (!given.has('bootstrap-server'))
        throw new ArgumentsError('one of the arguments --bootstrap-server/-b --bootstrap-controller/-C is required')
      if (isOld) {
        const { stderr, stdout } = io
        ;(given.has('json') ? stderr : stdout).write(
          'Option --config has been deprecated and will be removed in a future version. Use --command-config instead.\n',
        )
      }
      if (command === 'api-versions') return apiVersions(given, io)
      await withAdmin(given, admin => carryOut(admin, command, given, io))
      return 0
    },
    error => io.stderr.write(`${sentenceOf(error)}\n`),
  )
}

async function apiVersions(given: Given<Option>, io: Io): Promise<number> {
  const { kafkaBrokerApiVersions } = await import('./broker-api-versions.ts')
  const config = given.one('command-config')
  return kafkaBrokerApiVersions(
    [
      '--bootstrap-server',
      given.one('bootstrap-server')!,
      ...(config === undefined ? [] : ['--command-config', config]),
      ...(given.has('json') ? ['--json'] : []),
    ],
    io,
  )
}

async function carryOut(admin: Admin, command: Exclude<Command, 'api-versions'>, given: Given<Option>, io: Io) {
  switch (command) {
    case 'cluster-id': {
      const { clusterId } = await describeCluster(admin)
      io.stdout.write(given.has('json') ? `${JSON.stringify({ clusterId })}\n` : `Cluster ID: ${clusterId}\n`)
      return
    }
    case 'unregister': {
      const id = idIn(given)
      await unregisterBroker(admin, id)
      const told = { id, result: 'unregistered' }
      io.stdout.write(given.has('json') ? `${JSON.stringify(told)}\n` : `Broker ${id} is no longer registered.\n`)
      return
    }
    case 'unregister-controller':
      throw new Error('there are no controllers apart from brokers to be unregistered; name a broker to unregister')
    case 'list-endpoints':
      return listEndpoints(admin, given, io)
  }
}

function idIn(given: Given<Option>): number {
  const text = given.one('id')
  if (text === undefined) throw new ArgumentsError('argument --id/-i is required')
  if (/^-?\d{1,10}$/.test(text)) return Number(text)
  throw new ArgumentsError(`argument --id/-i: could not convert '${text}' to Integer (For input string: "${text}")`)
}

async function listEndpoints(admin: Admin, given: Given<Option>, io: Io): Promise<void> {
  const { brokers } = await describeCluster(admin, { includeFencedBrokers: given.has('include-fenced-brokers') })
  const sorted = [...brokers].sort((a, b) => a.brokerId - b.brokerId)
  if (given.has('json')) {
    const rows = sorted.map(({ brokerId, host, port, rack, isFenced }) => ({
      ...{ id: brokerId, host, port, rack, state: isFenced ? 'fenced' : 'unfenced', endpointType: 'broker' },
    }))
    io.stdout.write(`${JSON.stringify(rows)}\n`)
    return
  }
  const rows = sorted.map(({ brokerId, host, port, rack, isFenced }) => {
    return [brokerId, host, port, rack ?? 'null', isFenced ? 'fenced' : 'unfenced', 'broker']
  })
  const hosts = sorted.map(({ host }) => host)
  const racks = sorted.map(({ rack }) => rack ?? 'null')
  const widths = [10, widthOf(0, hosts), 10, widthOf(10, racks), 10, 15]
  const table = [['ID', 'HOST', 'PORT', 'RACK', 'STATE', 'ENDPOINT_TYPE'], ...rows]
  io.stdout.write(table.map(cells => `${columns(widths, cells)}\n`).join(''))
}
