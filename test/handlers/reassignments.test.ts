/** AlterPartitionReassignments and ListPartitionReassignments: on one broker every partition is where it can be. */
import t from 'tap'
import { alterPartitionReassignments } from '../../lib/handlers/alter-partition-reassignments.ts'
import { listPartitionReassignments } from '../../lib/handlers/list-partition-reassignments.ts'
import { codes } from '../../protocol/errors.ts'
import { AlterPartitionReassignments } from '../../protocol/messages/alter-partition-reassignments.ts'
import { ListPartitionReassignments } from '../../protocol/messages/list-partition-reassignments.ts'
import { clusterContext, encodable } from './cluster-context.ts'

function asked(name: string, ...replicas: readonly (readonly [index: number, replicas: number[] | null])[]) {
  return { name, partitions: replicas.map(([partitionIndex, each]) => ({ partitionIndex, replicas: each })) }
}

t.test('the replicas that a partition has are accepted, and all others refused', async t => {
  const { at, cluster } = await clusterContext(t)
  await cluster.createTopics([{ name: 'a', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }])
  const topics = [
    asked('a', [0, [1]], [1, [2]], [7, [1]], [-1, [1]], [0, null], [0, [1, 1]], [0, []], [0, [1, 2]]),
    asked('nobody', [0, [1]], [1, null]),
    asked('a', [1, [1]]),
  ]
  const request = { timeoutMs: 1_000, allowReplicationFactorChange: false, topics }
  const answer = await alterPartitionReassignments(request, at(1))
  t.equal(answer.errorCode, codes.NONE)
  t.equal(answer.allowReplicationFactorChange, false)
  const { NONE, INVALID_REPLICA_ASSIGNMENT: invalid, UNKNOWN_TOPIC_OR_PARTITION: unknown } = codes
  const noneUnderWay = codes.NO_REASSIGNMENT_IN_PROGRESS
  t.same(
    answer.responses.map(({ name, partitions }) => [name, ...partitions.map(({ errorCode }) => errorCode)]),
    [
      ['a', NONE, invalid, unknown, unknown, noneUnderWay, invalid, invalid, invalid],
      ['nobody', unknown, unknown],
      ['a', NONE],
    ],
  )
  t.equal(answer.responses[0]!.partitions[0]!.errorMessage, null)
  t.match(answer.responses[0]!.partitions[1]!.errorMessage, /broker 2/)
  encodable(t, AlterPartitionReassignments, answer)
})

t.test('nothing is under way', async t => {
  const { at } = await clusterContext(t)
  const answer = listPartitionReassignments({ timeoutMs: 1_000, topics: [{ name: 'a', partitionIndexes: [0] }] }, at(0))
  t.same(answer, { throttleTimeMs: 0, errorCode: codes.NONE, errorMessage: null, topics: [] })
  encodable(t, ListPartitionReassignments, answer)
})

t.test('both are for those who may alter, or describe, the cluster', async t => {
  const { at } = await clusterContext(t, { deny: (_, type) => type === 'cluster' })
  const request = { timeoutMs: 1_000, allowReplicationFactorChange: true, topics: [asked('a', [0, [1]])] }
  const refused = { code: codes.CLUSTER_AUTHORIZATION_FAILED }
  await t.rejects(alterPartitionReassignments(request, at(1)), refused)
  t.throws(() => listPartitionReassignments({ timeoutMs: 1_000, topics: null }, at(0)), refused)
})
