/** How far reassignments are: what `ottla reassign` tells of a plan, and of all that is under way. */
import type { Admin } from '../../admin/admin.ts'
import type { TopicPartition } from '../../admin/by-leader.ts'
import { listReassignments } from '../../admin/reassignments.ts'
import type { Io } from '../io.ts'
import { dirsOf, type Move, movesIn } from './reassign-moves.ts'
import type { ReassignOption } from './reassign-options.ts'
import { nameOf, type PlannedPartition } from './reassign-plan.ts'
import { clearThrottles } from './reassign-throttles.ts'
import type { Given } from './tool.ts'

/** How far the partitions of a plan are; takes its limits away where all is done. */
export async function verify(
  admin: Admin,
  plan: readonly PlannedPartition[],
  given: Given<ReassignOption>,
  io: Io,
): Promise<void> {
  const isJson = given.has('json')
  const say = (line: string) => isJson || io.stdout.write(line)
  const { isIdle, partitions } = await progressOf(admin, plan)
  say('Status of partition reassignment:\n')
  for (const each of partitions) say(lineOf(each))
  const moves: MoveProgress[] = []
  for await (const each of movesOf(admin, movesIn(plan))) {
    moves.push(each)
    say(moveLineOf(each))
  }
  say('\n')
  const areMoved = moves.every(({ futureLogDir, wantedLogDir }) => futureLogDir !== wantedLogDir)
  // The limits are also those of whatever else is on its way.
  const isDone = isIdle && areMoved && !given.has('preserve-throttles')
  const clearedThrottles = isDone ? await clearThrottles(admin, plan, say) : null
  if (isJson) io.stdout.write(`${JSON.stringify({ partitions, moves, clearedThrottles })}\n`)
}

interface Progress extends TopicPartition {
  readonly state: 'in progress' | 'completed' | 'not active'
  readonly replicas: readonly number[]
  readonly wantedReplicas: readonly number[]
}

async function progressOf(admin: Admin, plan: readonly PlannedPartition[]) {
  const active = new Set((await listReassignments(admin)).map(nameOf))
  const { topics } = await admin.metadata([...new Set(plan.map(({ topic }) => topic))])
  const partitions = plan.map(({ topic, partition, replicas: wantedReplicas }): Progress => {
    const now = topics.get(topic)?.partitions.find(({ index }) => index === partition)?.replicas ?? []
    const isSame = now.join(',') === wantedReplicas.join(',')
    const state = active.has(nameOf({ topic, partition })) ? 'in progress' : isSame ? 'completed' : 'not active'
    return { topic, partition, state, replicas: now, wantedReplicas }
  })
  return { isIdle: active.size === 0, partitions }
}

function lineOf(progress: Progress): string {
  const { state, replicas, wantedReplicas } = progress
  const name = nameOf(progress)
  switch (state) {
    case 'in progress':
      return `Reassignment of partition ${name} is still in progress.\n`
    case 'completed':
      return `Reassignment of partition ${name} is completed.\n`
    case 'not active':
      return `There is no active reassignment of partition ${name}, but replica set is ${replicas.join(',')} rather than ${wantedReplicas.join(',')}.\n`
  }
}

interface MoveProgress extends TopicPartition {
  readonly broker: number
  readonly state: 'not found' | 'completed' | 'in progress' | 'not active' | 'elsewhere'
  readonly logDir: string | null
  /** Where it is being moved to. */
  readonly futureLogDir: string | null
  readonly wantedLogDir: string
}

/** One broker is asked after the other, and what it says is told before the next. */
async function* movesOf(admin: Admin, moves: readonly Move[]): AsyncGenerator<MoveProgress> {
  for (const nodeId of new Set(moves.map(move => move.nodeId))) {
    const ofNode = moves.filter(move => move.nodeId === nodeId)
    const [now, later] = [await dirsOf(admin, nodeId, ofNode), await dirsOf(admin, nodeId, ofNode, true)]
    for (const move of ofNode) {
      const { topic, partition, path } = move
      const [is, becomes] = [now.get(nameOf(move)) ?? null, later.get(nameOf(move)) ?? null]
      const state = stateOf(is, becomes, path)
      yield { topic, partition, broker: nodeId, state, logDir: is, futureLogDir: becomes, wantedLogDir: path }
    }
  }
}

function stateOf(is: string | null, becomes: string | null, wanted: string): MoveProgress['state'] {
  if (is === null) return 'not found'
  if (is === wanted) return 'completed'
  if (becomes === wanted) return 'in progress'
  return becomes === null ? 'not active' : 'elsewhere'
}

function moveLineOf(progress: MoveProgress): string {
  const { broker, state, logDir, futureLogDir, wantedLogDir } = progress
  const name = nameOf(progress)
  switch (state) {
    case 'not found':
      return `Partition ${name} is not found in any live log dir on broker ${broker}. There is likely an offline log directory on the broker.\n`
    case 'completed':
      return `Reassignment of replica ${name}-${broker} completed successfully.\n`
    case 'in progress':
      return `Reassignment of replica ${name}-${broker} is still in progress.\n`
    case 'not active':
      return `Partition ${name} on broker ${broker} is not being moved from log dir ${logDir} to ${wantedLogDir}.\n`
    case 'elsewhere':
      return `Partition ${name} on broker ${broker} is being moved to log dir ${futureLogDir} instead of ${wantedLogDir}.\n`
  }
}

/** All reassignments that are under way. */
export async function list(admin: Admin, given: Given<ReassignOption>, io: Io): Promise<void> {
  const all = await listReassignments(admin)
  if (given.has('json')) {
    const rows = all.map(({ topic, partition, replicas, addingReplicas, removingReplicas }) => ({
      ...{ topic, partition, replicas, addingReplicas, removingReplicas },
    }))
    io.stdout.write(`${JSON.stringify(rows)}\n`)
    return
  }
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
