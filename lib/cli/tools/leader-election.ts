/** `ottla leader-election`: has leaders elected, with the options and output of `kafka-leader-election`. */
import { codeName, codes } from '../../../protocol/errors.ts'
import type { TopicPartition } from '../../admin/by-leader.ts'
import { electLeaders } from '../../admin/cluster.ts'
import type { Io } from '../io.ts'
import { field, objectIn, textIn } from './json-file.ts'
import { classOf, sentenceOf } from './kafka-words.ts'
import { connectionOptions, type Given, runTool, type Tool, ToolUsageError, withAdmin } from './tool.ts'

const options = {
  'election-type': {
    value: 'preferred|unclean',
    doc: 'whether the preferred replica is to lead, or any that is there',
  },
  topic: { value: 'TOPIC', doc: 'with --partition: the partition' },
  partition: { value: 'NUMBER', doc: 'the partition of --topic' },
  'all-topic-partitions': { doc: 'all partitions that need it' },
  'path-to-json-file': { value: 'FILE', doc: '{"partitions": [{"topic": "orders", "partition": 0}]}' },
  json: { doc: 'print JSON' },
  'admin.config': { value: 'FILE', doc: 'the older name of --command-config' },
  ...connectionOptions,
} as const

type Option = keyof typeof options
type ElectionType = 'preferred' | 'unclean'

const tool: Tool<Option> = {
  name: 'leader-election',
  about: 'has leaders of partitions elected',
  example: 'leader-election --bootstrap-server localhost:9092 --election-type preferred --all-topic-partitions',
  options,
}

const scopes = ['topic', 'all-topic-partitions', 'path-to-json-file'] as const

/** Carries out a command line; gives the exit code. */
export function kafkaLeaderElection(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    tool,
    argv.map(word => word.replace(/^--admin\.config(?==|$)/, '--command-config')),
    io,
    async given => {
      if (argv.some(word => /^--admin\.config(=|$)/.test(word))) {
        if (given.all('command-config').length > 1)
          throw new ToolUsageError('Option "[admin.config]" can\'t be used with option "[command-config]"')
        const { stderr, stdout } = io
        ;(given.has('json') ? stderr : stdout).write(
          'Option --admin.config has been deprecated and will be removed in a future version. Use --command-config instead.\n',
        )
      }
      const type = check(given)
      const partitions = meant(given)
      await withAdmin(given, async admin => {
        const results = await electLeaders(admin, type, partitions)
        const print = given.has('json') ? printJson : printLines
        print(type, results, io)
        const failed = results.filter(isFailed)
        if (failed.length > 0) throw new Error(`${failed.length} replica(s) could not be elected`)
      })
      return 0
    },
    error => io.stderr.write(`${sentenceOf(error)}\n`),
  )
}

function check(given: Given<Option>): ElectionType {
  const missing = (['bootstrap-server', 'election-type'] as const).filter(name => !given.has(name))
  if (missing.length > 0) throw new Error(`Missing required option(s): ${missing.join(', ')}`)
  if (scopes.filter(scope => given.has(scope)).length !== 1)
    throw new Error(`One and only one of the following options is required: ${scopes.join(', ')}`)
  if (given.has('topic') && !given.has('partition')) throw new Error('Missing required option(s): partition')
  if (given.has('partition') && !given.has('topic'))
    throw new Error('Option partition is only allowed if topic is used')
  const type = given.one('election-type')!.toLowerCase()
  if (type !== 'preferred' && type !== 'unclean') {
    throw new Error(`Cannot parse argument '${given.one('election-type')}' of option election-type`)
  }
  return type
}

/** Null for all that need it. */
function meant(given: Given<Option>): TopicPartition[] | null {
  if (given.has('all-topic-partitions')) return null
  if (given.has('topic')) return [{ topic: given.one('topic')!, partition: given.int('partition')! }]
  const object = objectIn(textIn(given.one('path-to-json-file')!))
  if (object === null) throw new Error('Replica election data is not valid JSON')
  if (object.partitions === undefined) throw new Error('Replica election data is missing "partitions" field')
  const partitions = field(object, 'partitions', 'array').map(each => ({
    topic: field(each, 'topic', 'string'),
    partition: field(each, 'partition', 'number'),
  }))
  const names = partitions.map(nameOf)
  const twice = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))]
  if (twice.length > 0) throw new Error(`Replica election data contains duplicate partitions: [${twice.join(', ')}]`)
  return partitions
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

/** Where the leader is there already, nothing has failed. */
function isFailed({ errorCode }: Results[number]): boolean {
  return errorCode !== codes.NONE && errorCode !== codes.ELECTION_NOT_NEEDED
}

type Results = Awaited<ReturnType<typeof electLeaders>>

function printLines(type: ElectionType, results: Results, io: Io): void {
  const done = results.filter(({ errorCode }) => errorCode === codes.NONE)
  const needless = results.filter(({ errorCode }) => errorCode === codes.ELECTION_NOT_NEEDED)
  const failed = results.filter(isFailed)
  const names = (all: readonly TopicPartition[]) => all.map(nameOf).join(', ')
  if (done.length > 0) {
    io.stdout.write(`Successfully completed leader election (${type.toUpperCase()}) for partitions ${names(done)}\n`)
  }
  if (needless.length > 0) io.stdout.write(`Valid replica already elected for partitions ${names(needless)}\n`)
  for (const each of failed) {
    const { errorCode, value } = each
    io.stdout.write(
      `Error completing leader election (${type.toUpperCase()}) for partition: ${nameOf(each)}: ${classOf(errorCode)}: ${value ?? sentenceOf(errorCode)}\n`,
    )
  }
}

/** One object for each partition; what stands in the way of those whose leader was not elected. */
function printJson(type: ElectionType, results: Results, io: Io): void {
  const rows = results.map(each => ({
    ...{ topic: each.topic, partition: each.partition, electionType: type },
    ...(isFailed(each)
      ? { result: 'failed', error: codeName(each.errorCode), message: each.value ?? sentenceOf(each.errorCode) }
      : { result: each.errorCode === codes.NONE ? 'elected' : 'not needed' }),
  }))
  io.stdout.write(`${JSON.stringify(rows)}\n`)
}
