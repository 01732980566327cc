/** The options of `ottla kafka-topics`, and which of them go together. */
import { connectionOptions, type Given, type Tool, ToolUsageError } from './tool.ts'

const options = {
  list: { doc: 'the names of all topics' },
  describe: { doc: 'topics with their partitions and settings' },
  create: { doc: 'make a topic' },
  alter: { doc: 'raise the number of partitions of topics' },
  delete: { doc: 'delete topics' },
  topic: {
    value: 'TOPIC',
    doc: 'the topic; but for --create also a regular expression, or several with commas between',
  },
  'topic-id': { value: 'ID', doc: 'with --describe: the topic of this id' },
  partitions: { value: 'NUMBER', doc: 'with --create and --alter; num.partitions of the broker where it is not given' },
  'replication-factor': {
    value: 'NUMBER',
    doc: 'with --create; default.replication.factor of the broker where it is not given',
  },
  'replica-assignment': {
    value: 'ID:ID,ID:ID,...',
    doc: 'with --create and --alter: the brokers of each partition, those that are there included',
  },
  'delete-config': {
    value: 'NAME',
    doc: 'an older word of which nothing comes; kafka-configs does it',
    multiple: true,
  },
  config: { value: 'NAME=VALUE', doc: 'with --create: a setting of the topic; as often as wanted', multiple: true },
  'if-exists': { doc: 'with --describe, --alter and --delete: do nothing where there is no such topic' },
  'if-not-exists': { doc: 'with --create: do nothing where the topic is there' },
  'exclude-internal': { doc: 'with --list and --describe: leave out internal topics' },
  'topics-with-overrides': { doc: 'with --describe: topics with settings of their own' },
  'under-replicated-partitions': { doc: 'with --describe: partitions whose replicas are not all in sync' },
  'unavailable-partitions': { doc: 'with --describe: partitions without a leader' },
  'under-min-isr-partitions': {
    doc: 'with --describe: partitions with fewer replicas in sync than min.insync.replicas',
  },
  'at-min-isr-partitions': { doc: 'with --describe: partitions with just as many' },
  'partition-size-limit-per-response': { value: 'NUMBER', doc: 'accepted; answers are read page by page anyway' },
  json: { doc: 'print JSON' },
  ...connectionOptions,
} as const

export type TopicsOption = keyof typeof options

export const topicsTool: Tool<TopicsOption> = {
  name: 'kafka-topics',
  about: 'creates, deletes, describes or changes topics',
  example: 'topics --bootstrap-server localhost:9092 --create --topic orders --partitions 3',
  options,
}

const actions = ['list', 'describe', 'create', 'alter', 'delete'] as const
const filters = [
  'topics-with-overrides',
  'under-replicated-partitions',
  'unavailable-partitions',
  'under-min-isr-partitions',
  'at-min-isr-partitions',
] as const
/** With which of the others each option cannot go. */
const conflicts: readonly (readonly [TopicsOption, readonly TopicsOption[]])[] = [
  ['list', ['partitions', 'replication-factor', 'replica-assignment', 'config', 'if-not-exists', ...filters]],
  ['describe', ['partitions', 'replication-factor', 'replica-assignment', 'config', 'if-not-exists']],
  ['create', ['if-exists', 'exclude-internal', 'topic-id', ...filters]],
  ['alter', ['replication-factor', 'if-not-exists', 'exclude-internal', 'topic-id', ...filters]],
  [
    'delete',
    ['partitions', 'replication-factor', 'replica-assignment', 'config', 'if-not-exists', 'topic-id', ...filters],
  ],
]

/** Throws ToolUsageError where the command line makes no sense. */
export function checkTopicsOptions(given: Given<TopicsOption>): void {
  if (actions.filter(action => given.has(action)).length !== 1) {
    throw new ToolUsageError(
      'Command must include exactly one action: --list, --describe, --create, --alter or --delete',
    )
  }
  if (!given.has('bootstrap-server')) {
    throw new ToolUsageError('--bootstrap-server must be specified', { showHelp: false })
  }
  if (given.has('alter') && given.has('config')) {
    throw new ToolUsageError(
      'Option combination "[[config], [bootstrap-server]]" can\'t be used with option "[alter]" (To alter topic configurations, the kafka-configs tool can be used.)',
    )
  }
  const named = given.has('topic') || (given.has('topic-id') && given.has('describe'))
  if (!named && ['create', 'alter', 'delete'].some(action => given.has(action as TopicsOption))) {
    throw new ToolUsageError('Missing required argument "[topic]"')
  }
  if (given.has('alter') && !given.has('partitions'))
    throw new ToolUsageError('Missing required argument "[partitions]"')
  if (given.has('create')) {
    given.refuseTogether('partitions', ['replica-assignment'])
    given.refuseTogether('replication-factor', ['replica-assignment'])
  }
  for (const [option, others] of conflicts) given.refuseTogether(option, others)
}
