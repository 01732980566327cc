/** `ottla kafka-topics`: makes, lists, describes, enlarges and deletes topics, with the options and output of Kafka's tool. */
import { codes } from '../../../protocol/errors.ts'
import type { Admin } from '../../admin/admin.ts'
import { AdminError } from '../../admin/admin-error.ts'
import { createPartitions, createTopics, deleteTopics, type TopicResult } from '../../admin/topics.ts'
import type { Io } from '../io.ts'
import { type Given, runTool, withAdmin } from './tool.ts'
import { describe } from './topics-describe.ts'
import { topicsMeant } from './topics-meant.ts'
import { checkTopicsOptions, type TopicsOption, topicsTool } from './topics-options.ts'

const configsAreNotDeleted =
  'delete-config option is no longer supported and deprecated since version 4.0. The config will be fully removed in future releases.'

/** Carries out a command line; gives the exit code. */
export function kafkaTopics(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    topicsTool,
    argv,
    io,
    async given => {
      if (given.has('delete-config')) io.stderr.write(`${configsAreNotDeleted}\n`)
      checkTopicsOptions(given)
      await withAdmin(given, admin => carryOut(admin, given, io))
      return 0
    },
    // Where Kafka's tool says it.
    (error, words) => words.write(`Error while executing topic command : ${error.message}\n`),
  )
}

async function carryOut(admin: Admin, given: Given<TopicsOption>, io: Io): Promise<void> {
  if (given.has('create')) return create(admin, given, io)
  if (given.has('describe')) return describe(admin, given, io)
  const topics = await topicsMeant(admin, given)
  const names = topics.map(({ name }) => name)
  if (given.has('list') && given.has('json')) io.stdout.write(`${JSON.stringify(names)}\n`)
  else if (given.has('list')) io.stdout.write(names.map(name => `${name}\n`).join(''))
  else if (given.has('delete')) {
    refuseFailed(await deleteTopics(admin, names))
    tell(
      names.map(topic => ({ topic, result: 'deleted' })),
      given,
      io,
    )
  } else {
    const count = given.int('partitions')!
    const all = assignmentsIn(given.one('replica-assignment'))
    const more = ({ name, partitions }: (typeof topics)[number]) =>
      [name, { count, assignments: all?.slice(partitions.length) }] as const
    if (names.length > 0) refuseFailed(await createPartitions(admin, Object.fromEntries(topics.map(more))))
    tell(
      names.map(topic => ({ topic, partitions: count, result: 'altered' })),
      given,
      io,
    )
  }
}

/** What was done, as JSON where that is asked for. */
function tell(rows: readonly object[], given: Given<TopicsOption>, io: Io): void {
  if (given.has('json')) io.stdout.write(`${JSON.stringify(rows)}\n`)
}

async function create(admin: Admin, given: Given<TopicsOption>, io: Io): Promise<void> {
  const name = given.one('topic')!
  if (/[._]/.test(name)) {
    const words = given.has('json') ? io.stderr : io.stdout
    words.write(
      "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To avoid issues it is best to use either, but not both.\n",
    )
  }
  const partitions = given.int('partitions')
  const replicationFactor = given.int('replication-factor')
  if (partitions !== undefined && partitions < 1) throw new Error('The partitions must be greater than 0')
  if (replicationFactor !== undefined && (replicationFactor < 1 || replicationFactor > 32_767)) {
    throw new Error('The replication factor must be between 1 and 32767 inclusive')
  }
  const assignments = assignmentsIn(given.one('replica-assignment'))
  const topic = { name, partitions, replicationFactor, assignments, configs: configsOf(given.all('config')) }
  const [result] = await createTopics(admin, [topic])
  if (result.errorCode === codes.TOPIC_ALREADY_EXISTS) {
    if (given.has('if-not-exists')) return tell([{ topic: name, result: 'exists' }], given, io)
    // Scripts look for these words.
    throw new Error(`Topic '${name}' already exists.`)
  }
  refuseFailed([result])
  if (given.has('json')) tell([{ topic: name, result: 'created' }], given, io)
  else io.stdout.write(`Created topic ${name}.\n`)
}

/** `1:2,2:3`: the brokers of each partition. Throws where they cannot be those of one topic. */
function assignmentsIn(text: string | undefined): number[][] | undefined {
  return text?.split(',').map((ids, partition, all) => {
    const brokers = ids.split(':').map(id => {
      if (!/^[+-]?\d{1,10}$/.test(id.trim())) throw new Error(`For input string: "${id.trim()}"`)
      return Number(id)
    })
    const twice = brokers.filter((id, at) => brokers.indexOf(id) < at)
    if (twice.length > 0)
      throw new Error(`Partition replica lists may not contain duplicate entries: ${[...new Set(twice)].join(',')}`)
    if (brokers.length !== all[0].split(':').length)
      throw new Error(`Partition ${partition} has different replication factor: [${brokers.join(', ')}]`)
    return brokers
  })
}

function configsOf(assignments: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    assignments.map(assignment => {
      const at = assignment.indexOf('=')
      if (at < 1)
        throw new Error(
          'requirement failed: Invalid topic config: all configs to be added must be in the format "key=val".',
        )
      return [assignment.slice(0, at).trim(), assignment.slice(at + 1).trim()]
    }),
  )
}

function refuseFailed(results: readonly TopicResult[]): void {
  const failed = results.find(({ errorCode }) => errorCode !== 0)
  if (failed) throw new AdminError(failed.errorCode, failed.errorMessage)
}
