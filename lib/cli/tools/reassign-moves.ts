/** Moves of replicas between data directories of their brokers: begun, called off, and where partitions are meanwhile. */
import { codes } from '../../../protocol/errors.ts'
import type { Admin } from '../../admin/admin.ts'
import type { TopicPartition } from '../../admin/by-leader.ts'
import { alterLogDirs, describeLogDirs } from '../../admin/cluster.ts'
import { nameOf, type PlannedPartition } from './reassign-plan.ts'

/** A replica that is to be in a data directory. */
export interface Move extends TopicPartition {
  readonly nodeId: number
  readonly path: string
}

/** Those in a plan that says so. */
export function movesIn(plan: readonly PlannedPartition[]): Move[] {
  return plan.flatMap(({ topic, partition, replicas, logDirs }) =>
    replicas.flatMap((nodeId, at) => (logDirs[at] === 'any' ? [] : [{ topic, partition, nodeId, path: logDirs[at]! }])),
  )
}

/** Begins moves, says so, and gives them. Rejects where one is refused. */
export async function moveDirs(
  admin: Admin,
  plan: readonly PlannedPartition[],
  say: (line: string) => void,
): Promise<readonly Move[]> {
  const moves = movesIn(plan)
  if (moves.length === 0) return moves
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
  say(`Successfully started log directory move${names.length === 1 ? '' : 's'} for: ${names.join(',')}\n`)
  return moves
}

/** Data directories on one broker by partition; where one moves, the directory that it moves to where `future` is set. */
export async function dirsOf(admin: Admin, nodeId: number, partitions: readonly TopicPartition[], future = false) {
  const found = new Map<string, string>()
  for (const { logDir, topics } of await describeLogDirs(admin, nodeId, partitions)) {
    for (const { name, partitions: all } of topics)
      for (const { partitionIndex, isFutureKey } of all)
        if (isFutureKey === future) found.set(`${name}-${partitionIndex}`, logDir)
  }
  return found
}

/** A move is called off by moving to where the partition is; gives those that were under way. */
export async function cancelMoves(
  admin: Admin,
  moves: readonly Move[],
  say: (line: string) => void,
): Promise<readonly Move[]> {
  const called: Move[] = []
  for (const nodeId of new Set(moves.map(move => move.nodeId))) {
    const ofNode = moves.filter(move => move.nodeId === nodeId)
    const [now, later] = [await dirsOf(admin, nodeId, ofNode), await dirsOf(admin, nodeId, ofNode, true)]
    const underWay = ofNode.filter(move => later.get(nameOf(move)) === move.path)
    const back = underWay.map(move => ({ ...move, path: now.get(nameOf(move))! }))
    if (back.length > 0) await alterLogDirs(admin, nodeId, back)
    called.push(...underWay)
  }
  const names = called.map(move => `${nameOf(move)}-${move.nodeId}`).sort()
  say(
    called.length === 0
      ? // Kafka's tool ends no line here.
        'None of the specified partition moves are active.'
      : `Successfully cancelled log directory move${called.length === 1 ? '' : 's'} for: ${names.join(',')}\n`,
  )
  return called
}
