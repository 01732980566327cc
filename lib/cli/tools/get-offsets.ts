/** `ottla get-offsets`: offsets of partitions by time, with the options and output of `kafka-get-offsets`, which was GetOffsetShell. */
import type { Admin } from '../../admin/admin.ts'
import type { TopicPartition } from '../../admin/by-leader.ts'
import { listOffsets, offsetSpecs } from '../../admin/offsets.ts'
import { listTopics } from '../../admin/topics.ts'
import type { Io } from '../io.ts'
import { sentenceOf, thrownAs } from './kafka-words.ts'
import { connectionOptions, type Given, runTool, type Tool, ToolUsageError, withAdmin } from './tool.ts'

const options = {
  topic: { value: 'TOPIC', doc: 'the topic: a regular expression, or several with commas between' },
  partitions: { value: '0,1', doc: 'of these partitions only' },
  'topic-partitions': { value: 'TOPIC:0,TOPIC:2-5', doc: 'topics, each with a partition or a range of them' },
  time: {
    value: 'TIME',
    doc: 'milliseconds since 1970, or latest (-1), earliest (-2), max-timestamp (-3), earliest-local (-4), latest-tiered (-5), earliest-pending-upload (-6)',
  },
  'exclude-internal-topics': { doc: 'leave out internal topics' },
  json: { doc: 'print JSON' },
  ...connectionOptions,
} as const

type Option = keyof typeof options

const tool: Tool<Option> = {
  name: 'get-offsets',
  about: 'offsets of partitions by time',
  example: 'get-offsets --bootstrap-server localhost:9092 --topic orders --time earliest',
  badOption: 'failure',
  options,
  dropped: {
    'broker-list': 'bootstrap-server',
    offsets: { takesValue: true },
    'max-wait-ms': { takesValue: true },
  },
}

const times: Readonly<Record<string, number>> = {
  latest: offsetSpecs.latest,
  earliest: offsetSpecs.earliest,
  'max-timestamp': offsetSpecs.maxTimestamp,
  'earliest-local': offsetSpecs.earliestLocal,
  'latest-tiered': offsetSpecs.latestTiered,
  'earliest-pending-upload': -6,
}

const terse = 'org.apache.kafka.tools.TerseException: '

/** Whether a partition is asked for. */
type Filter = (partition: TopicPartition) => boolean

/** Carries out a command line; gives the exit code. */
export function kafkaGetOffsets(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    tool,
    argv,
    io,
    async given => {
      if (!given.has('bootstrap-server')) throw new ToolUsageError('Missing required argument "[bootstrap-server]"')
      if (!given.one('bootstrap-server')!.includes(':'))
        throw new ToolUsageError('Please provide valid host:port like host1:9091,host2:9092\n')
      const [filter, timestamp] = [filterOf(given), timestampOf(given.one('time') ?? 'latest')]
      await withAdmin(given, admin => print(admin, given, filter, timestamp, io))
      return 0
    },
    error => io.stderr.write(`Error occurred: ${sentenceOf(error)}\n`),
  )
}

async function print(admin: Admin, given: Given<Option>, filter: Filter, timestamp: number, io: Io): Promise<void> {
  const topics = await listTopics(admin, { internal: !given.has('exclude-internal-topics') })
  const partitions = topics
    .flatMap(({ name, partitions: all }) => all.map(({ index }) => ({ topic: name, partition: index })))
    .filter(filter)
    // As texts: 10 comes before 2.
    .sort((a, b) =>
      a.topic === b.topic ? (String(a.partition) < String(b.partition) ? -1 : 1) : a.topic < b.topic ? -1 : 1,
    )
  if (partitions.length === 0) throw new Error('Could not match any topic-partitions with the specified filters')
  const found = await listOffsets(admin, partitions, timestamp)
  for (const { topic, partition, errorCode } of found.filter(each => each.errorCode !== 0)) {
    io.stderr.write(
      `Skip getting offsets for topic-partition ${topic}-${partition} due to error: ${thrownAs(errorCode)}\n`,
    )
  }
  const told = found.filter(({ errorCode, value }) => errorCode === 0 && value.offset >= 0)
  const rows = told.map(({ topic, partition, value: { offset } }) => ({ topic, partition, offset }))
  if (given.has('json')) io.stdout.write(`${JSON.stringify(rows)}\n`)
  else io.stdout.write(rows.map(({ topic, partition, offset }) => `${topic}:${partition}:${offset}\n`).join(''))
}

function timestampOf(text: string): number {
  const time = times[text.toLowerCase()] ?? (/^-?\d{1,15}$/.test(text) ? Number(text) : undefined)
  if (time !== undefined) return time
  throw new Error(
    `Malformed time argument ${text}. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload, or a specified long format timestamp`,
  )
}

function filterOf(given: Given<Option>): Filter {
  const rules = given.one('topic-partitions')
  if (rules !== undefined) {
    if (given.has('topic') || given.has('partitions'))
      throw new Error('--topic-partitions cannot be used with --topic or --partitions')
    const filters = rules.split(',').map(rule => ruleOf(rule.trim()))
    return partition => filters.some(filter => filter(partition))
  }
  const name = topicPattern(given.one('topic') ?? '')
  const indexes = indexesIn(given.one('partitions'))
  return ({ topic, partition }) => name(topic) && (indexes === null || indexes.includes(partition))
}

function indexesIn(text: string | undefined): readonly number[] | null {
  if (text === undefined || text === '') return null
  const indexes = text.split(',')
  if (indexes.some(index => !/^\d{1,10}$/.test(index)))
    throw new Error(`--partitions expects a comma separated list of numeric partition ids, but received: ${text}`)
  return indexes.map(Number)
}

/** `TOPIC`, `TOPIC:3`, `TOPIC:3-`, `TOPIC:-3` or `TOPIC:3-5`, of which the last is not included. */
function ruleOf(rule: string): Filter {
  const [, topic, range, from, upTo, only] = /^([^:,]*)(?::(?:((\d*)-(\d*))|(\d+)))?$/.exec(rule) ?? []
  if (topic === undefined) throw new Error(`${terse}Invalid rule specification: ${rule}`)
  const name = topicPattern(topic)
  const [least, most] =
    only !== undefined
      ? [Number(only), Number(only) + 1]
      : range === undefined
        ? [0, Number.POSITIVE_INFINITY]
        : [Number(from || 0), upTo ? Number(upTo) : Number.POSITIVE_INFINITY]
  return ({ topic: given, partition }) => name(given) && partition >= least && partition < most
}

function topicPattern(text: string): (topic: string) => boolean {
  if (text === '') return () => true
  const pattern = new RegExp(`^(?:${text.replaceAll(',', '|')})$`)
  return topic => pattern.test(topic)
}
