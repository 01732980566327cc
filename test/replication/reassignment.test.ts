/** Partitions that move to other brokers while they are used (KIP-455). */
import t, { type Test } from 'tap'
import { codes } from '../../protocol/errors.ts'
import { AlterPartitionReassignments } from '../../protocol/messages/alter-partition-reassignments.ts'
import { CreatePartitions } from '../../protocol/messages/create-partitions.ts'
import { ListPartitionReassignments } from '../../protocol/messages/list-partition-reassignments.ts'
import { wholeRequest } from '../../protocol/whole-request.ts'
import { Brokers } from './brokers.ts'

type Targets = readonly (readonly [index: number, replicas: readonly number[] | null])[]

async function brokers(test: Test): Promise<Brokers> {
  const all = new Brokers({ 'replica.lag.time.max.ms': '3000' })
  test.teardown(() => all.close())
  await all.start(1, 2, 3, 4)
  // The controller deals with those that start one after the other.
  await all.pass(1_000)
  return all
}

/** The codes of a reassignment, in the order of its partitions. */
async function reassign(all: Brokers, topic: string, targets: Targets, allowReplicationFactorChange = true) {
  const client = await all.client(4)
  const partitions = targets.map(([partitionIndex, replicas]) => ({
    partitionIndex,
    replicas: replicas && [...replicas],
  }))
  const request = { timeoutMs: 10_000, allowReplicationFactorChange, topics: [{ name: topic, partitions }] }
  const answer = await all.passing(
    client.send(AlterPartitionReassignments, 1, wholeRequest(AlterPartitionReassignments, request)),
  )
  await client.close()
  return answer.responses[0]!.partitions.map(({ errorCode }) => errorCode)
}

async function underWay(all: Brokers) {
  const client = await all.client(3)
  const request = wholeRequest(ListPartitionReassignments, { timeoutMs: 1_000, topics: null })
  const { topics } = await all.passing(client.send(ListPartitionReassignments, 0, request))
  await client.close()
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => [
      ...[`${name}-${partitionIndex}`, replicas, addingReplicas, removingReplicas],
    ]),
  )
}

function image(all: Brokers, topic: string, index = 0) {
  const { leader, replicas, isr, addingReplicas, removingReplicas } = all.services(4).cluster.image.topics.get(topic)!
    .partitions[index]!
  return { leader, replicas, isr: [...isr].sort(), addingReplicas, removingReplicas }
}

t.test('partitions of one topic move at once, with their records, and are gone where they were', async t => {
  const all = await brokers(t)
  await all.create('moved', [
    [1, 2],
    [2, 1],
  ])
  t.equal((await all.produced(1, 'moved', ['a', 'b'])).errorCode, codes.NONE)
  const before = all.bytes(1, 'moved')
  const targets: Targets = [
    [0, [3, 4]],
    [1, [4, 3]],
  ]
  t.same(await reassign(all, 'moved', targets), [codes.NONE, codes.NONE])
  await all.pass(3_000)
  const settled = { addingReplicas: [], removingReplicas: [] }
  t.same(image(all, 'moved'), { leader: 3, replicas: [3, 4], isr: [3, 4], ...settled })
  t.same(image(all, 'moved', 1), { leader: 4, replicas: [4, 3], isr: [3, 4], ...settled })
  t.same(await underWay(all), [])
  t.equal(all.bytes(3, 'moved'), before)
  t.equal(all.bytes(4, 'moved'), before)
  t.equal(all.partition(1, 'moved'), undefined)
  t.equal(all.partition(2, 'moved', 1), undefined)
  t.equal((await all.produced(3, 'moved', ['c'])).errorCode, codes.NONE)
  t.equal((await all.produced(1, 'moved', ['d'])).errorCode, codes.NOT_LEADER_OR_FOLLOWER)
})

t.test('what is under way is listed, survives a change of its topic, and can be given up', async t => {
  const all = await brokers(t)
  await all.create('held', [[1, 2]])
  await all.produced(1, 'held', ['a'])
  // The new replica cannot fetch, so that it does not come to be in sync.
  all.part(1, 3)
  t.same(await reassign(all, 'held', [[0, [3, 2]]]), [codes.NONE])
  await all.pass(2_000)
  t.same(await underWay(all), [['held-0', [3, 2, 1], [3], [1]]])
  t.equal(image(all, 'held').leader, 1)
  const client = await all.client(2)
  const topics = [{ name: 'held', count: 2, assignments: [{ brokerIds: [2, 4, 1] }] }]
  const more = wholeRequest(CreatePartitions, { timeoutMs: 10_000, topics })
  const { results } = await all.passing(client.send(CreatePartitions, 3, more))
  await client.close()
  t.equal(results[0]!.errorCode, codes.NONE, results[0]!.errorMessage ?? '')
  t.same(await underWay(all), [['held-0', [3, 2, 1], [3], [1]]])
  t.same(await reassign(all, 'held', [[0, null]]), [codes.NONE])
  t.same(await underWay(all), [])
  t.same(image(all, 'held'), {
    ...{ leader: 1, replicas: [2, 1], isr: [1, 2], addingReplicas: [], removingReplicas: [] },
  })
  t.same(await reassign(all, 'held', [[0, null]]), [codes.NO_REASSIGNMENT_IN_PROGRESS])
  all.join(1, 3)
  await all.pass(1_000)
  t.equal(all.partition(3, 'held'), undefined)
})

t.test('a reassignment goes on when the brokers that it waits for are there', async t => {
  const all = await brokers(t)
  await all.create('later', [[1, 2]])
  await all.produced(1, 'later', ['a'])
  all.part(1, 4)
  await reassign(all, 'later', [[0, [4, 2]]])
  await all.pass(2_000)
  t.same(image(all, 'later').addingReplicas, [4])
  all.join(1, 4)
  await all.pass(3_000)
  t.match(image(all, 'later'), { replicas: [4, 2], isr: [2, 4], addingReplicas: [], removingReplicas: [] })
  t.equal(all.bytes(4, 'later'), all.bytes(2, 'later'))
})

t.test('more or fewer replicas are given where that is allowed, and another order at once', async t => {
  const all = await brokers(t)
  await all.create('sized', [[1, 2]])
  t.same(await reassign(all, 'sized', [[0, [1, 2, 3]]], false), [codes.INVALID_REPLICATION_FACTOR])
  t.same(await reassign(all, 'sized', [[0, [1, 2, 3]]]), [codes.NONE])
  await all.pass(3_000)
  t.match(image(all, 'sized'), { replicas: [1, 2, 3], isr: [1, 2, 3] })
  t.same(await reassign(all, 'sized', [[0, [2]]]), [codes.NONE])
  await all.pass(1_000)
  t.match(image(all, 'sized'), { leader: 2, replicas: [2], isr: [2], removingReplicas: [] })
  await all.create('ordered', [[1, 2]])
  t.same(await reassign(all, 'ordered', [[0, [2, 1]]]), [codes.NONE])
  t.match(image(all, 'ordered'), { leader: 1, replicas: [2, 1] })
})

t.test('a replica that is taken from a broker while that is away is not there when it returns', async t => {
  const all = await brokers(t)
  await all.create('away', [[2, 1]])
  await all.produced(2, 'away', ['a', 'b'])
  await all.stop(1)
  t.same(await reassign(all, 'away', [[0, [2, 3]]]), [codes.NONE])
  await all.pass(3_000)
  t.match(image(all, 'away'), { replicas: [2, 3], isr: [2, 3] })
  await all.produced(2, 'away', ['c'])
  await all.start(1)
  await all.pass(2_000)
  t.equal(all.partition(1, 'away'), undefined)
  await reassign(all, 'away', [[0, [1, 2]]])
  await all.pass(3_000)
  t.match(image(all, 'away'), { leader: 2, replicas: [1, 2], isr: [1, 2], removingReplicas: [] })
  t.equal(all.bytes(1, 'away'), all.bytes(2, 'away'))
  t.equal(all.partition(3, 'away'), undefined)
})
