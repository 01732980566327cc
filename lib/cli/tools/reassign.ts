/** `ottla reassign`: moves partitions between brokers and data directories, with the options and output of `kafka-reassign-partitions`. */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import type { Admin } from '../../admin/admin.ts'
import { alterReassignments, listReassignments } from '../../admin/reassignments.ts'
import type { Io } from '../io.ts'
import { classOf, sentenceOf, thrownAs } from './kafka-words.ts'
import { cancelMoves, dirsOf, moveDirs, movesIn } from './reassign-moves.ts'
import { checkReassign, type ReassignOption, reassignTool } from './reassign-options.ts'
import { fileOf, nameOf, type PlannedPartition, reassignmentsIn, topicsIn } from './reassign-plan.ts'
import { list, verify } from './reassign-progress.ts'
import { clearThrottles, throttleCopies, throttleDirs } from './reassign-throttles.ts'
import { type Given, runTool, withAdmin } from './tool.ts'

type Options = Given<ReassignOption>

/** What ends the tool as it stands: Kafka's puts no word before it. */
class Refusal extends Error {}

/** Carries out a command line; gives the exit code. */
export function kafkaReassignPartitions(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    reassignTool,
    argv,
    io,
    async given => {
      const action = checkReassign(given)
      await withAdmin(given, admin => actions[action](admin, given, io))
      return 0
    },
    (error, words) => {
      const said = error instanceof KafkaError ? thrownAs(error) : sentenceOf(error)
      words.write(error instanceof Refusal ? `${error.message}\n` : `Error: ${said}\n`)
    },
  )
}

const actions: Readonly<
  Record<ReturnType<typeof checkReassign>, (admin: Admin, given: Options, io: Io) => Promise<void>>
> = {
  ...{ generate, execute, cancel },
  verify: (admin, given, io) => verify(admin, planned(given), given, io),
  list,
}

function planned(given: Options): PlannedPartition[] {
  return reassignmentsIn(given.one('reassignment-json-file')!)
}

/** Where partitions are now; of a topic or partition that is not there, KafkaError. */
async function currentOf(admin: Admin, topics: readonly string[]): Promise<Map<string, PlannedPartition>> {
  const view = await admin.metadata(topics)
  const found = new Map<string, PlannedPartition>()
  for (const name of topics) {
    const topic = view.topics.get(name)
    if (topic === undefined || topic.errorCode !== codes.NONE) {
      throw new KafkaError(topic?.errorCode || codes.UNKNOWN_TOPIC_OR_PARTITION, `Topic ${name} not found.`)
    }
    for (const { index, replicas } of topic.partitions) {
      found.set(`${name}-${index}`, { topic: name, partition: index, replicas, logDirs: replicas.map(() => 'any') })
    }
  }
  return withDirs(admin, found)
}

async function withDirs(
  admin: Admin,
  partitions: ReadonlyMap<string, PlannedPartition>,
): Promise<Map<string, PlannedPartition>> {
  const brokers = new Set([...partitions.values()].flatMap(({ replicas }) => replicas))
  const paths = new Map<string, string>()
  for (const nodeId of brokers) {
    for (const [name, path] of await dirsOf(admin, nodeId, [...partitions.values()]))
      paths.set(`${name}-${nodeId}`, path)
  }
  return new Map(
    [...partitions].map(([name, each]) => [
      name,
      { ...each, logDirs: each.replicas.map(id => paths.get(`${name}-${id}`) ?? 'any') },
    ]),
  )
}

async function generate(admin: Admin, given: Options, io: Io): Promise<void> {
  const listed = given
    .one('broker-list')!
    .split(',')
    .map(id => {
      if (!/^\d{1,10}$/.test(id.trim())) throw new Error(`For input string: "${id}"`)
      return Number(id)
    })
  const twice = [...new Set(listed.filter((id, at) => listed.indexOf(id) !== at))]
  if (twice.length > 0) throw new Error(`Broker list contains duplicate entries: [${twice.join(', ')}]`)
  const topics = topicsIn(given.one('topics-to-move-json-file')!)
  const current = [...(await currentOf(admin, topics)).values()]
  const known = (await admin.brokers()).map(({ nodeId }) => nodeId)
  const proposed = spread(
    current,
    listed.filter(id => known.includes(id)),
  )
  if (given.has('json')) {
    io.stdout.write(`${JSON.stringify({ current: fileOf(current), proposed: fileOf(proposed) })}\n`)
    return
  }
  io.stdout.write(`Current partition replica assignment\n${JSON.stringify(fileOf(current))}\n\n`)
  io.stdout.write(`Proposed partition reassignment configuration\n${JSON.stringify(fileOf(proposed))}\n`)
}

/** Replicas in turn over the brokers, as many as each partition has now. */
function spread(current: readonly PlannedPartition[], brokers: readonly number[]): PlannedPartition[] {
  return current.map(({ topic, partition, replicas: now }, at) => {
    if (now.length > brokers.length) {
      throw new KafkaError(
        codes.INVALID_REPLICATION_FACTOR,
        `Replication factor: ${now.length} larger than available brokers: ${brokers.length}.`,
      )
    }
    const replicas = now.map((_, index) => brokers[(at + index) % brokers.length]!)
    return { topic, partition, replicas, logDirs: replicas.map(() => 'any') }
  })
}

async function execute(admin: Admin, given: Options, io: Io): Promise<void> {
  const [betweenBrokers, betweenDirs] = [
    given.long('throttle') ?? -1,
    given.long('replica-alter-log-dirs-throttle') ?? -1,
  ]
  const plan = planned(given)
  const underWay = await listReassignments(admin)
  if (!given.has('additional') && underWay.length > 0) {
    throw new Refusal(
      'Cannot execute because there is an existing partition assignment.  Use --additional to override this and create a new partition assignment in addition to the existing one. The --additional flag can also be used to change the throttle by resubmitting the current reassignment.',
    )
  }
  const known = (await admin.brokers()).map(({ nodeId }) => nodeId)
  const unknown = plan.flatMap(({ replicas }) => replicas).find(id => !known.includes(id))
  if (unknown !== undefined) throw new Error(`Unknown broker id ${unknown}`)
  const all = await currentOf(admin, [...new Set(plan.map(({ topic }) => topic))])
  const current = plan.flatMap(each => all.get(nameOf(each)) ?? [])
  const isJson = given.has('json')
  const say = (line: string) => isJson || io.stdout.write(line)
  say(
    `Current partition replica assignment\n\n${JSON.stringify(fileOf(current))}\n\nSave this to use as the --reassignment-json-file option during rollback\n`,
  )
  if (betweenBrokers >= 0 || betweenDirs >= 0) {
    say(
      'Warning: You must run --verify periodically, until the reassignment completes, to ensure the throttle is removed.\n',
    )
    if (betweenBrokers >= 0) await throttleCopies(admin, betweenBrokers, plan, current, underWay, say)
    const moving = new Set(movesIn(plan).map(({ nodeId }) => nodeId))
    if (betweenDirs >= 0) await throttleDirs(admin, betweenDirs, moving, say)
  }
  const failed = (await alterReassignments(admin, plan)).filter(({ errorCode }) => errorCode !== codes.NONE)
  if (failed.length > 0) {
    const reasons = failed.map(
      each => `${nameOf(each)}: ${classOf(each.errorCode)}: ${each.value ?? sentenceOf(each.errorCode)}`,
    )
    throw new Refusal(`Error reassigning partition(s):\n${reasons.join('\n')}`)
  }
  const names = plan.map(nameOf).sort()
  say(`Successfully started partition reassignment${names.length === 1 ? '' : 's'} for ${names.join(',')}\n`)
  const moves = await moveDirs(admin, plan, say)
  if (isJson) io.stdout.write(`${JSON.stringify({ current: fileOf(current), started: fileOf(plan), moves })}\n`)
}

async function cancel(admin: Admin, given: Options, io: Io): Promise<void> {
  const plan = planned(given)
  const active = new Set((await listReassignments(admin, plan)).map(nameOf))
  const called = plan.filter(each => active.has(nameOf(each)))
  const isJson = given.has('json')
  const say = (line: string) => isJson || io.stdout.write(line)
  if (called.length === 0) say('None of the specified partition reassignments are active.\n')
  else {
    const results = await alterReassignments(
      admin,
      called.map(each => ({ ...each, replicas: null })),
    )
    const failed = results.filter(
      ({ errorCode }) => errorCode !== codes.NONE && errorCode !== codes.NO_REASSIGNMENT_IN_PROGRESS,
    )
    if (failed.length > 0) {
      const reasons = failed.map(each => `${nameOf(each)}: ${each.value ?? sentenceOf(each.errorCode)}`)
      throw new Refusal(`Error cancelling partition reassignment(s) for:\n${reasons.join('\n')}`)
    }
    say(
      `Successfully cancelled partition reassignment${called.length === 1 ? '' : 's'} for: ${called.map(nameOf).sort().join(',')}\n`,
    )
  }
  const moves = await cancelMoves(admin, movesIn(plan), say)
  const clearedThrottles = given.has('preserve-throttles') ? null : await clearThrottles(admin, plan, say)
  const cancelled = called.map(({ topic, partition }) => ({ topic, partition }))
  if (isJson) io.stdout.write(`${JSON.stringify({ cancelled, moves, clearedThrottles })}\n`)
}
