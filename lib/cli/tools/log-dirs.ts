/** `ottla log-dirs`: data directories and what is in them as JSON, with the options and output of `kafka-log-dirs`. */
import type { Admin } from '../../admin/admin.ts'
import { type DescribedLogDir, describeLogDirs } from '../../admin/cluster.ts'
import type { Io } from '../io.ts'
import { sentenceOf, thrownAs } from './kafka-words.ts'
import { connectionOptions, type Given, runTool, type Tool, ToolUsageError, withAdmin } from './tool.ts'

const options = {
  describe: { doc: 'what there is; required' },
  'broker-list': { value: '1,2', doc: 'of these brokers only' },
  'topic-list': { value: 'TOPIC,...', doc: 'of these topics only' },
  json: { doc: 'print the JSON alone, without the lines before it' },
  ...connectionOptions,
} as const

type Option = keyof typeof options

const tool: Tool<Option> = {
  name: 'log-dirs',
  about: 'describes data directories of brokers',
  example: 'log-dirs --bootstrap-server localhost:9092 --describe --topic-list orders',
  options,
}

/** Carries out a command line; gives the exit code. */
export function kafkaLogDirs(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    tool,
    argv,
    io,
    async given => {
      for (const name of ['bootstrap-server', 'describe'] as const)
        if (!given.has(name)) throw new ToolUsageError(`Missing required argument "[${name}]"`)
      return withAdmin(given, admin => describe(admin, given, io))
    },
    error => io.stderr.write(`${sentenceOf(error)}\n`),
  )
}

function listed(text: string | undefined): string[] {
  return (text ?? '').split(',').filter(word => word !== '')
}

async function describe(admin: Admin, given: Given<Option>, io: Io): Promise<number> {
  const known = (await admin.brokers()).map(({ nodeId }) => nodeId)
  const asked = listed(given.one('broker-list')).map(id => {
    if (!/^-?\d{1,10}$/.test(id)) throw new Error(`For input string: "${id}"`)
    return Number(id)
  })
  const unknown = asked.filter(id => !known.includes(id))
  if (unknown.length > 0) {
    io.stderr.write(
      `ERROR: The given brokers do not exist from --broker-list: ${unknown.join(', ')}. Current existent brokers: ${known.join(', ')}\n`,
    )
    return 1
  }
  const topics = listed(given.one('topic-list'))
  const brokers = asked.length > 0 ? [...new Set(asked)] : known
  const said = (line: string) => given.has('json') || io.stdout.write(`${line}\n`)
  said('Querying brokers for log directories information')
  const answers: { broker: number; logDirs: unknown[] }[] = []
  for (const broker of brokers) {
    const directories = await describeLogDirs(admin, broker)
    answers.push({ broker, logDirs: directories.map(directory => shown(directory, topics)) })
  }
  said(`Received log directory information from brokers ${brokers.join(',')}`)
  io.stdout.write(`${JSON.stringify({ brokers: answers, version: 1 })}\n`)
  return 0
}

function shown({ logDir, errorCode, topics }: DescribedLogDir, names: readonly string[]) {
  const partitions = topics
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .flatMap(({ name, partitions: all }) =>
      all.map(({ partitionIndex, partitionSize, offsetLag, isFutureKey }) => ({
        partition: `${name}-${partitionIndex}`,
        size: partitionSize,
        offsetLag,
        isFuture: isFutureKey,
      })),
    )
  return { partitions, error: errorCode === 0 ? null : thrownAs(errorCode), logDir }
}
