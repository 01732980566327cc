/** `ottla reassign`: moves partitions between brokers and data directories, with the options and output of `kafka-reassign-partitions`. */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import type { Admin } from '../../admin/admin.ts'
import type { TopicPartition } from '../../admin/by-leader.ts'
import { alterLogDirs, describeLogDirs } from '../../admin/cluster.ts'
import { alterReassignments, listReassignments } from '../../admin/reassignments.ts'
import type { Io } from '../io.ts'
import { classOf, sentenceOf, thrownAs } from './kafka-words.ts'
import { checkReassign, type ReassignOption, reassignTool } from './reassign-options.ts'
import { jsonOf, nameOf, type PlannedPartition, reassignmentsIn, topicsIn } from './reassign-plan.ts'
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
    error => {
      const said = error instanceof KafkaError ? thrownAs(error) : sentenceOf(error)
      io.stdout.write(error instanceof Refusal ? `${error.message}\n` : `Error: ${said}\n`)
    },
  )
}

const actions: Readonly<
  Record<ReturnType<typeof checkReassign>, (admin: Admin, given: Options, io: Io) => Promise<void>>
> = { generate, execute, verify, cancel, list }

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

/** Data directories on one broker by partition; where one moves, the directory that it moves to where `future` is set. */
async function dirsOf(admin: Admin, nodeId: number, partitions: readonly TopicPartition[], future = false) {
  const found = new Map<string, string>()
  for (const { logDir, topics } of await describeLogDirs(admin, nodeId, partitions)) {
    for (const { name, partitions: all } of topics)
      for (const { partitionIndex, isFutureKey } of all)
        if (isFutureKey === future) found.set(`${name}-${partitionIndex}`, logDir)
  }
  return found
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
  io.stdout.write(`Current partition replica assignment\n${jsonOf(current)}\n\n`)
  io.stdout.write(`Proposed partition reassignment configuration\n${jsonOf(proposed)}\n`)
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
  io.stdout.write(
    `Current partition replica assignment\n\n${jsonOf(current)}\n\nSave this to use as the --reassignment-json-file option during rollback\n`,
  )
  if (betweenBrokers >= 0 || betweenDirs >= 0) {
    io.stdout.write(
      'Warning: You must run --verify periodically, until the reassignment completes, to ensure the throttle is removed.\n',
    )
    if (betweenBrokers >= 0) await throttleCopies(admin, betweenBrokers, plan, current, underWay, io)
    const moving = new Set(movesIn(plan).map(({ nodeId }) => nodeId))
    if (betweenDirs >= 0) await throttleDirs(admin, betweenDirs, moving, io)
  }
  const failed = (await alterReassignments(admin, plan)).filter(({ errorCode }) => errorCode !== codes.NONE)
  if (failed.length > 0) {
    const reasons = failed.map(
      each => `${nameOf(each)}: ${classOf(each.errorCode)}: ${each.value ?? sentenceOf(each.errorCode)}`,
    )
    throw new Refusal(`Error reassigning partition(s):\n${reasons.join('\n')}`)
  }
  const names = plan.map(nameOf).sort()
  io.stdout.write(
    `Successfully started partition reassignment${names.length === 1 ? '' : 's'} for ${names.join(',')}\n`,
  )
  await moveDirs(admin, plan, io)
}

interface Move extends TopicPartition {
  readonly nodeId: number
  readonly path: string
}

function movesIn(plan: readonly PlannedPartition[]): Move[] {
  return plan.flatMap(({ topic, partition, replicas, logDirs }) =>
    replicas.flatMap((nodeId, at) => (logDirs[at] === 'any' ? [] : [{ topic, partition, nodeId, path: logDirs[at]! }])),
  )
}

async function moveDirs(admin: Admin, plan: readonly PlannedPartition[], io: Io): Promise<void> {
  const moves = movesIn(plan)
  if (moves.length === 0) return
  for (const nodeId of new Set(moves.map(move => move.nodeId))) {
    const results = await alterLogDirs(
      admin,
      nodeId,
      moves.filter(move => move.nodeId === nodeId),
    )
    const failed = results.find(({ errorCode }) => errorCode !== codes.NONE)
    if (failed) throw new Error(`Failed to alter dir for ${nameOf(failed)}-${nodeId}`)
  }
  const names = moves.map(move => `${nameOf(move)}-${move.nodeId}`).sort()
  io.stdout.write(`Successfully started log directory move${names.length === 1 ? '' : 's'} for: ${names.join(',')}\n`)
}

async function verify(admin: Admin, given: Options, io: Io): Promise<void> {
  const plan = planned(given)
  const topics = [...new Set(plan.map(({ topic }) => topic))]
  const active = new Set((await listReassignments(admin)).map(nameOf))
  const { topics: views } = await admin.metadata(topics)
  io.stdout.write('Status of partition reassignment:\n')
  for (const each of plan) {
    const name = nameOf(each)
    const now = views.get(each.topic)?.partitions.find(({ index }) => index === each.partition)?.replicas ?? []
    const isSame = now.join(',') === each.replicas.join(',')
    io.stdout.write(
      active.has(name)
        ? `Reassignment of partition ${name} is still in progress.\n`
        : isSame
          ? `Reassignment of partition ${name} is completed.\n`
          : `There is no active reassignment of partition ${name}, but replica set is ${now.join(',')} rather than ${each.replicas.join(',')}.\n`,
    )
  }
  const areMoved = await verifyMoves(admin, movesIn(plan), io)
  io.stdout.write('\n')
  // The limits are also those of whatever else is on its way.
  if (active.size === 0 && areMoved && !given.has('preserve-throttles')) await clearThrottles(admin, plan, io)
}

async function verifyMoves(admin: Admin, moves: readonly Move[], io: Io): Promise<boolean> {
  let areDone = true
  for (const nodeId of new Set(moves.map(move => move.nodeId))) {
    const ofNode = moves.filter(move => move.nodeId === nodeId)
    const [now, later] = [await dirsOf(admin, nodeId, ofNode), await dirsOf(admin, nodeId, ofNode, true)]
    for (const move of ofNode) {
      const name = nameOf(move)
      const [is, becomes] = [now.get(name), later.get(name)]
      if (becomes === move.path) areDone = false
      io.stdout.write(
        is === undefined
          ? `Partition ${name} is not found in any live log dir on broker ${nodeId}. There is likely an offline log directory on the broker.\n`
          : is === move.path
            ? `Reassignment of replica ${name}-${nodeId} completed successfully.\n`
            : becomes === move.path
              ? `Reassignment of replica ${name}-${nodeId} is still in progress.\n`
              : becomes === undefined
                ? `Partition ${name} on broker ${nodeId} is not being moved from log dir ${is} to ${move.path}.\n`
                : `Partition ${name} on broker ${nodeId} is being moved to log dir ${becomes} instead of ${move.path}.\n`,
      )
    }
  }
  return areDone
}

async function cancel(admin: Admin, given: Options, io: Io): Promise<void> {
  const plan = planned(given)
  const active = new Set((await listReassignments(admin, plan)).map(nameOf))
  const called = plan.filter(each => active.has(nameOf(each)))
  if (called.length === 0) io.stdout.write('None of the specified partition reassignments are active.\n')
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
    io.stdout.write(
      `Successfully cancelled partition reassignment${called.length === 1 ? '' : 's'} for: ${called.map(nameOf).sort().join(',')}\n`,
    )
  }
  await cancelMoves(admin, movesIn(plan), io)
  if (!given.has('preserve-throttles')) await clearThrottles(admin, plan, io)
}

/** A move is called off by moving to where the partition is. */
async function cancelMoves(admin: Admin, moves: readonly Move[], io: Io): Promise<void> {
  const called: string[] = []
  for (const nodeId of new Set(moves.map(move => move.nodeId))) {
    const ofNode = moves.filter(move => move.nodeId === nodeId)
    const [now, later] = [await dirsOf(admin, nodeId, ofNode), await dirsOf(admin, nodeId, ofNode, true)]
    const back = ofNode
      .filter(move => later.get(nameOf(move)) === move.path)
      .map(move => ({ ...move, path: now.get(nameOf(move))! }))
    if (back.length > 0) await alterLogDirs(admin, nodeId, back)
    called.push(...back.map(move => `${nameOf(move)}-${nodeId}`))
  }
  io.stdout.write(
    called.length === 0
      ? // Kafka's tool ends no line here.
        'None of the specified partition moves are active.'
      : `Successfully cancelled log directory move${called.length === 1 ? '' : 's'} for: ${called.sort().join(',')}\n`,
  )
}

async function list(admin: Admin, _given: Options, io: Io): Promise<void> {
  const all = await listReassignments(admin)
  if (all.length === 0) {
    io.stdout.write('No partition reassignments found.\n')
    return
  }
  io.stdout.write('Current partition reassignments:\n')
  for (const each of all) {
    const { replicas, addingReplicas, removingReplicas } = each
    const adding = addingReplicas.length > 0 ? ` adding: ${addingReplicas.join(',')}.` : ''
    const removing = removingReplicas.length > 0 ? ` removing: ${removingReplicas.join(',')}.` : ''
    io.stdout.write(`${nameOf(each)}: replicas: ${replicas.join(',')}.${adding}${removing}\n`)
  }
}
