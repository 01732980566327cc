/** The options of `ottla consume`, and what they mean to a consumer. */
import type { StartPosition } from '../../client/consumer.ts'
import type { Io } from '../io.ts'
import { propertiesOf } from './client-properties.ts'
import { byEitherWord, consumerWords } from './older-words.ts'
import { connectionOptions, type Given, type Tool, ToolUsageError } from './tool.ts'

const options = {
  ...connectionOptions,
  topic: { value: 'TOPIC', doc: 'the topic to consume' },
  include: { value: 'PATTERN', doc: 'all topics whose whole names fit a regular expression' },
  partition: { value: 'PARTITION', doc: 'only this partition of --topic' },
  offset: { value: 'OFFSET', doc: 'with --partition: from this offset on, or from earliest or latest (latest)' },
  'from-beginning': { doc: 'from the first record on, where the group has not got any further' },
  group: { value: 'GROUP', doc: 'as a member of this group, which shares the partitions and remembers offsets' },
  'max-messages': { value: 'COUNT', doc: 'end after so many records' },
  'timeout-ms': { value: 'MS', doc: 'end where no record came for so long' },
  'isolation-level': { value: 'LEVEL', doc: 'read_uncommitted, or read_committed (read_uncommitted)' },
  formatter: {
    value: 'CLASS',
    doc: 'how records are printed (org.apache.kafka.tools.consumer.DefaultMessageFormatter)',
  },
  'formatter-property': {
    value: 'NAME=VALUE',
    multiple: true,
    doc: 'print.timestamp, print.partition, print.offset, print.epoch, print.headers, print.key (false), print.value (true); key.separator (tab), line.separator, headers.separator (,), null.literal (null); key.deserializer, value.deserializer, headers.deserializer',
  },
  'formatter-config': { value: 'FILE', doc: 'the same as a file of properties' },
  'key-deserializer': { value: 'CLASS', doc: 'what keys are' },
  'value-deserializer': { value: 'CLASS', doc: 'what values are' },
  json: { doc: 'print records as JSON lines, which ottla start --load reads' },
  'skip-message-on-error': { doc: 'go on where a record cannot be printed' },
  'command-property': {
    value: 'NAME=VALUE',
    multiple: true,
    doc: 'a property of the consumer, over those of --command-config',
  },
  'enable-systest-events': { doc: 'say when it is shut down' },
  property: { value: 'NAME=VALUE', multiple: true, doc: 'an older word for --formatter-property' },
  'consumer-property': { value: 'NAME=VALUE', multiple: true, doc: 'an older word for --command-property' },
  'consumer.config': { value: 'FILE', doc: 'an older word for --command-config' },
} as const

export type ConsumeOption = keyof typeof options

export const consumeTool: Tool<ConsumeOption> = {
  name: 'consume',
  about: 'records of topics are printed as lines',
  example: 'consume --bootstrap-server localhost:9092 --topic orders --from-beginning --max-messages 10',
  options,
  dropped: { whitelist: 'include', 'new-consumer': { takesValue: false } },
}

/** What a command line asks for. */
export interface AskedToConsume {
  readonly bootstrap: string
  readonly consumer: Readonly<Record<string, string>>
  /** Null for JSON lines. */
  readonly formatter: string | null
  readonly formatterProperties: Readonly<Record<string, string>>
  /** Undefined where topics are meant by `include`. */
  readonly topic: string | undefined
  readonly includes: RegExp | null
  readonly partition: number | undefined
  /** Of the one partition. */
  readonly start: StartPosition
  /** Undefined where no group takes part. */
  readonly group: string | undefined
  readonly messagesMax: number
  readonly timeoutMs: number
  readonly skipsErrors: boolean
  readonly tellsShutdown: boolean
}

/** Rejects with ToolUsageError, or with an Error where a file cannot be read. */
export async function askedToConsume(given: Given<ConsumeOption>, io: Io): Promise<AskedToConsume> {
  checkTogether(given)
  const [topic, include] = [given.one('topic'), given.one('include')]
  const partition = given.int('partition')
  const consumer = await consumerProperties(given, io)
  const group = groupOf(given, consumer)
  if (consumer['auto.offset.reset'] === undefined) {
    consumer['auto.offset.reset'] = given.has('from-beginning') ? 'earliest' : 'latest'
  } else if (given.has('from-beginning') && consumer['auto.offset.reset'] !== 'earliest') {
    const reset = `auto.offset.reset=${consumer['auto.offset.reset']}`
    throw new ToolUsageError(`Can't simultaneously specify --from-beginning and '${reset}', please remove one option`, {
      showHelp: false,
    })
  }
  if (given.has('isolation-level') || consumer['isolation.level'] === undefined) {
    consumer['isolation.level'] = given.one('isolation-level') ?? 'read_uncommitted'
  }
  consumer['client.id'] ??= 'console-consumer'
  const timeoutMs = given.long('timeout-ms') ?? -1
  const messagesMax = given.int('max-messages') ?? -1
  return {
    bootstrap: given.one('bootstrap-server')!,
    ...{ consumer, topic, partition, group, start: startOf(given) },
    includes: include === undefined ? null : patternOf(include),
    formatter: given.has('json') ? null : (given.one('formatter') ?? 'DefaultMessageFormatter'),
    formatterProperties: await formatterProperties(given, io),
    messagesMax: messagesMax < 0 ? Number.POSITIVE_INFINITY : messagesMax,
    timeoutMs: timeoutMs < 0 ? Number.POSITIVE_INFINITY : timeoutMs,
    skipsErrors: given.has('skip-message-on-error'),
    tellsShutdown: given.has('enable-systest-events'),
  }
}

function checkTogether(given: Given<ConsumeOption>): void {
  const named = given.has('topic') ? 1 : 0
  if (named + (given.has('include') ? 1 : 0) !== 1) {
    throw new ToolUsageError('Exactly one of the following arguments is required: [topic], [include]')
  }
  given.refuseTogether('formatter', ['json'])
  if (given.has('partition')) {
    if (named === 0) throw new ToolUsageError('The topic is required when partition is specified.')
    if (given.has('from-beginning') && given.has('offset'))
      throw new ToolUsageError('Options from-beginning and offset cannot be specified together.')
  } else if (given.has('offset')) throw new ToolUsageError('The partition is required when offset is specified.')
  if (!given.has('bootstrap-server')) throw new ToolUsageError('Missing required argument "[bootstrap-server]"')
}

function consumerProperties(given: Given<ConsumeOption>, io: Io): Promise<Record<string, string>> {
  const texts = byEitherWord(given, 'command-property', 'consumer-property', consumerWords, io)
  const file = byEitherWord(given, 'command-config', 'consumer.config', consumerWords, io).at(-1)
  return propertiesOf(file, texts)
}

function groupOf(given: Given<ConsumeOption>, consumer: Readonly<Record<string, string>>): string | undefined {
  const groups = [...new Set([consumer['group.id'], given.one('group')].filter(group => group !== undefined))]
  if (groups.length > 1) {
    throw new ToolUsageError(
      `The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer.config') do not match. Detected group ids: ${groups.map(group => `'${group}'`).join(', ')}`,
    )
  }
  if (groups.length > 0 && given.has('partition'))
    throw new ToolUsageError('Options group and partition cannot be specified together.')
  return groups[0]
}

function startOf(given: Given<ConsumeOption>): StartPosition {
  const text = given.one('offset')
  if (text === undefined) return given.has('from-beginning') ? 'earliest' : 'latest'
  const word = text.toLowerCase()
  if (word === 'earliest' || word === 'latest') return word
  if (/^\+?\d{1,15}$/.test(text)) return Number(text)
  throw new ToolUsageError(
    `The provided offset value '${text}' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.`,
  )
}

function formatterProperties(given: Given<ConsumeOption>, io: Io): Promise<Record<string, string>> {
  const texts = byEitherWord(given, 'formatter-property', 'property', consumerWords, io)
  const deserializers: string[] = []
  for (const part of ['key', 'value'] as const) {
    const name = given.one(`${part}-deserializer`)
    if (name) deserializers.push(`${part}.deserializer=${name}`)
  }
  return propertiesOf(given.one('formatter-config'), [...deserializers, ...texts])
}

/** Throws an Error where it is none. */
function patternOf(text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`)
  } catch (error) {
    throw new Error(`${text} is no regular expression: ${(error as Error).message}`)
  }
}
