/** Brokers of one process that are one cluster: who leads when they come and go. */
import t, { type Test } from 'tap'
import { createLogger } from '../../lib/base/logger.ts'
import { Cluster, type ClusterOptions } from '../../lib/broker.ts'
import { Client } from '../../lib/client/client.ts'
import { codes } from '../../protocol/errors.ts'
import { AlterPartitionReassignments } from '../../protocol/messages/alter-partition-reassignments.ts'
import { CreateTopics, type CreateTopicsRequest } from '../../protocol/messages/create-topics.ts'
import { DescribeCluster } from '../../protocol/messages/describe-cluster.ts'
import { DescribeTopicPartitions } from '../../protocol/messages/describe-topic-partitions.ts'
import { ElectLeaders } from '../../protocol/messages/elect-leaders.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { UnregisterBroker } from '../../protocol/messages/unregister-broker.ts'
import { buildBatch } from '../../protocol/records/batch.ts'

/** How long a change may take on a machine that is busy. */
const changeMsMax = 60_000
const noOperations = { includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false }
const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'

async function start(t: Test, options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = await Cluster.start({ ephemeral: true, port: 0, logLevel: 'error', ...options })
  t.teardown(() => cluster.stop())
  return cluster
}

async function connect(bootstrap: string): Promise<Client> {
  const [host, port] = bootstrap.split(':') as [string, string]
  return Client.connect({ host, port: Number(port) })
}

/** Asks one broker, by a connection for it alone. */
async function asking<T>(cluster: Cluster, nodeId: number, ask: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(cluster.broker(nodeId).bootstrap)
  try {
    return await ask(client)
  } finally {
    await client.close()
  }
}

async function partitionsOf(cluster: Cluster, nodeId: number, topic: string) {
  const { topics } = await asking(cluster, nodeId, client =>
    client.send(DescribeTopicPartitions, 0, { topics: [{ name: topic }] }),
  )
  return topics[0]!.partitions
}

/** Resolves once what a broker tells of a topic's partitions is as wanted. */
async function until(
  cluster: Cluster,
  nodeId: number,
  topic: string,
  isWanted: (partition: Awaited<ReturnType<typeof partitionsOf>>[number]) => boolean,
): Promise<Awaited<ReturnType<typeof partitionsOf>>> {
  const sinceMs = performance.now()
  for (;;) {
    const partitions = await partitionsOf(cluster, nodeId, topic)
    if (partitions.every(isWanted)) return partitions
    if (performance.now() - sinceMs > changeMsMax) throw new Error(`${topic} stays ${JSON.stringify(partitions)}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

function create(cluster: Cluster, name: string, placed: readonly number[][]): Promise<void> {
  const assignments = placed.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds: [...brokerIds] }))
  return send(cluster, { ...{ name, numPartitions: -1, replicationFactor: -1, configs: [] }, assignments })
}

/** A topic of one partition, wherever the cluster places it. */
function createPlaced(cluster: Cluster, name: string, replicationFactor: number): Promise<void> {
  return send(cluster, { name, numPartitions: 1, replicationFactor, configs: [], assignments: [] })
}

async function send(cluster: Cluster, topic: CreateTopicsRequest['topics'][number]): Promise<void> {
  const { nodeId } = cluster.brokers.find(({ isRunning }) => isRunning)!
  const { topics } = await asking(cluster, nodeId, client =>
    client.send(CreateTopics, 7, { topics: [topic], timeoutMs: 10_000 }),
  )
  if (topics[0]!.errorCode !== codes.NONE) throw new Error(topics[0]!.errorMessage ?? String(topics[0]!.errorCode))
}

/** The error code of one record with acks=all. */
async function produce(client: Client, topic: string, index: number, value: string): Promise<number> {
  const records = [buildBatch({ records: [{ timestamp: Date.now(), key: null, value: Buffer.from(value) }] })]
  const topicData = [{ name: topic, topicId: zeroId, partitionData: [{ index, records }] }]
  const { responses } = await client.send(Produce, 11, { transactionalId: null, acks: -1, timeoutMs: 5_000, topicData })
  return responses[0]!.partitionResponses[0]!.errorCode
}

t.test('three brokers are one cluster: each tells of all, and topics have a replica on each', async t => {
  const cluster = await start(t, { topics: { orders: 3 } })
  t.same(
    cluster.brokers.map(({ nodeId }) => nodeId),
    [1, 2, 3],
  )
  for (const { nodeId } of cluster.brokers) {
    const { brokers, topics } = await asking(cluster, nodeId, client =>
      client.send(Metadata, 12, {
        topics: [{ name: 'orders', topicId: zeroId }],
        allowAutoTopicCreation: false,
        ...noOperations,
      }),
    )
    t.same(
      brokers.map(({ nodeId: id, host, port }) => [id, `${host}:${port}`]),
      cluster.brokers.map(({ nodeId: id, bootstrap }) => [id, bootstrap]),
      `broker ${nodeId} tells of all`,
    )
    const { partitions } = topics[0]!
    t.same(
      partitions.map(({ replicaNodes }) => [...replicaNodes].sort()),
      [
        [1, 2, 3],
        [1, 2, 3],
        [1, 2, 3],
      ],
    )
    t.same(partitions.map(({ leaderId }) => leaderId).sort(), [1, 2, 3], 'each leads one')
  }
  const { brokers } = await asking(cluster, 2, client =>
    client.send(DescribeCluster, 2, { includeClusterAuthorizedOperations: false, includeFencedBrokers: true }),
  )
  t.same(
    brokers.map(({ brokerId, isFenced }) => [brokerId, isFenced]),
    [
      [1, false],
      [2, false],
      [3, false],
    ],
  )
})

t.test('each line of the log says which of them wrote it', async t => {
  const lines: string[] = []
  const logger = createLogger('debug', { write: line => lines.push(line) })
  const cluster = await start(t, { logger, topics: { orders: 3 } })
  await cluster.broker(3).kill()
  await until(cluster, 1, 'orders', ({ leaderId }) => leaderId === 1 || leaderId === 2)
  t.ok(
    lines.some(line => / broker-[123] cluster the controller has changed partitions /.test(line)),
    'the controller says who it is',
  )
  t.same(
    lines.filter(line => !/^\S+ \w+ +broker-[123] /.test(line)),
    [],
  )
})

t.test('the coordinator of a group is the leader of its partition, whoever is asked', async t => {
  const cluster = await start(t, { properties: { 'offsets.topic.num.partitions': '3' } })
  const found = new Set<number>()
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
    const told = new Set<number>()
    for (const { nodeId } of cluster.brokers) {
      const { coordinators } = await asking(cluster, nodeId, client =>
        client.send(FindCoordinator, 4, { keyType: 0, key: '', coordinatorKeys: [key] }),
      )
      t.equal(coordinators[0]!.errorCode, codes.NONE)
      t.equal(`${coordinators[0]!.host}:${coordinators[0]!.port}`, cluster.broker(coordinators[0]!.nodeId).bootstrap)
      told.add(coordinators[0]!.nodeId)
    }
    t.equal(told.size, 1)
    for (const id of told) found.add(id)
  }
  t.ok(found.size > 1, 'groups are spread')
})

t.test('a broker that is killed is followed by others at once, starts again without its seat, and joins', async t => {
  const cluster = await start(t)
  await create(cluster, 'a', [
    [1, 2, 3],
    [2, 3, 1],
  ])
  await cluster.broker(1).kill()
  const [first, second] = await until(
    cluster,
    2,
    'a',
    ({ leaderId, isrNodes }) => leaderId > 1 && !isrNodes.includes(1),
  )
  t.match(first, { leaderId: 2, isrNodes: [2, 3], offlineReplicas: [1] })
  t.match(second, { leaderId: 2, isrNodes: [2, 3] })
  t.ok(first!.leaderEpoch > 0)
  await asking(cluster, 2, async client => t.equal(await produce(client, 'a', 0, 'while it was away'), codes.NONE))
  await cluster.broker(1).start()
  const joined = await until(cluster, 1, 'a', ({ isrNodes }) => isrNodes.length === 3)
  t.same(
    joined.map(({ leaderId }) => leaderId),
    [2, 2],
    'it leads nothing by coming back',
  )
  await asking(cluster, 3, async client => {
    const { replicaElectionResults } = await client.send(ElectLeaders, 2, {
      electionType: 0,
      topicPartitions: null,
      timeoutMs: 10_000,
    })
    t.match(replicaElectionResults, [{ topic: 'a', partitionResult: [{ partitionId: 0, errorCode: codes.NONE }] }])
  })
  await until(cluster, 2, 'a', ({ partitionIndex, leaderId }) => leaderId === partitionIndex + 1)
})

t.test('what is placed on a broker that is away is led by others, and taken up by it when it is back', async t => {
  const cluster = await start(t)
  await create(cluster, 'there', [[1, 2]])
  await cluster.broker(3).kill()
  await create(cluster, 'late', [[3, 1, 2]])
  await createPlaced(cluster, 'later', 3)
  const [late] = await until(cluster, 1, 'late', ({ leaderId }) => leaderId > 0)
  t.match(late, { leaderId: 1, leaderEpoch: 0, replicaNodes: [3, 1, 2], isrNodes: [1, 2], offlineReplicas: [3] })
  const [later] = await until(cluster, 1, 'later', ({ leaderId }) => leaderId > 0)
  t.match(later, { isrNodes: later!.replicaNodes.slice(0, 2), offlineReplicas: [3] })
  await asking(cluster, 1, client => client.send(FindCoordinator, 4, { key: '', keyType: 0, coordinatorKeys: ['g'] }))
  const offsets = await until(cluster, 1, '__consumer_offsets', ({ leaderId }) => leaderId > 0)
  t.ok(offsets.every(({ replicaNodes, isrNodes }) => replicaNodes.length === 3 && isrNodes.length === 2))
  await asking(cluster, 1, async client => {
    t.equal(await produce(client, 'late', 0, 'while it was away'), codes.NONE)
    const { responses } = await client.send(AlterPartitionReassignments, 0, {
      topics: [{ name: 'there', partitions: [{ partitionIndex: 0, replicas: [1, 3] }] }],
      timeoutMs: 10_000,
    })
    t.match(responses, [{ partitions: [{ errorCode: codes.NONE }] }])
  })
  t.match(await partitionsOf(cluster, 1, 'there'), [{ leaderId: 1, replicaNodes: [1, 3, 2], isrNodes: [1, 2] }])
  await cluster.broker(3).start()
  for (const topic of ['late', 'later', '__consumer_offsets'])
    await until(cluster, 3, topic, ({ isrNodes }) => isrNodes.length === 3)
  t.match(await until(cluster, 3, 'there', ({ replicaNodes }) => replicaNodes.length === 2), [{ isrNodes: [1, 3] }])
  await cluster.broker(1).kill()
  await cluster.broker(2).kill()
  await until(cluster, 3, 'late', ({ leaderId }) => leaderId === 3)
  await asking(cluster, 3, async client => {
    const { topics } = await client.send(ListOffsets, 7, {
      ...{ replicaId: -1, isolationLevel: 0, timeoutMs: 10_000 },
      topics: [{ name: 'late', partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }] }],
    })
    t.match(topics, [{ partitions: [{ errorCode: codes.NONE, offset: 1 }] }], 'it has what was written meanwhile')
  })
})

t.test('nothing is placed on a broker that was unregistered, until it starts once more, as another run', async t => {
  const cluster = await start(t)
  await create(cluster, 'a', [[3, 1, 2]])
  const described = async (includeFencedBrokers: boolean) => {
    const { brokers } = await asking(cluster, 1, client =>
      client.send(DescribeCluster, 2, { includeClusterAuthorizedOperations: false, includeFencedBrokers }),
    )
    return brokers.map(({ brokerId, host, port, isFenced }) => [brokerId, `${host}:${port}`, isFenced])
  }
  const [one, two, three] = cluster.brokers.map(({ nodeId, bootstrap }) => [nodeId, bootstrap, false] as const)
  await cluster.broker(3).stop()
  await until(cluster, 1, 'a', ({ leaderId }) => leaderId === 1)
  t.same(await described(false), [one, two])
  t.same(await described(true), [one, two, [...three!.slice(0, 2), true]], 'it is away, and was there')
  await asking(cluster, 1, client => client.send(UnregisterBroker, 0, { brokerId: 3 }))
  t.same(await described(true), [one, two])
  await t.rejects(createPlaced(cluster, 'b', 3), /more than the 2 broker\(s\) that are registered/)
  await cluster.broker(3).start()
  await createPlaced(cluster, 'b', 3)
  await until(cluster, 1, 'b', ({ isrNodes }) => isrNodes.length === 3)
  await until(cluster, 1, 'a', ({ isrNodes }) => isrNodes.length === 3)
})

t.test('leaders go back to where they are meant to be by themselves', async t => {
  const cluster = await start(t, { properties: { 'leader.imbalance.check.interval.seconds': '1' } })
  await create(cluster, 'a', [[3, 1, 2]])
  await cluster.broker(3).kill()
  await until(cluster, 1, 'a', ({ leaderId }) => leaderId === 1)
  await cluster.broker(3).start()
  const [back] = await until(cluster, 1, 'a', ({ leaderId }) => leaderId === 3)
  t.ok(back)
})

t.test('a broker that stops hands over first: producers are only told to look for the next leader', async t => {
  const cluster = await start(t)
  await create(cluster, 'a', [
    [3, 1, 2],
    [3, 2, 1],
  ])
  const clients = new Map<number, Client>()
  for (const { nodeId, bootstrap } of cluster.brokers) clients.set(nodeId, await connect(bootstrap))
  t.teardown(() => Promise.all([...clients.values()].map(client => client.close())))
  const seen = new Set<number>()
  let isOver = false
  let taken = 0
  let told = () => {}
  const producing = [0, 1].map(async index => {
    while (!isOver) {
      const leaderId = (await partitionsOf(cluster, 1, 'a'))[index]!.leaderId
      const client = clients.get(leaderId)
      // The connection of a broker that has ended goes with it.
      const code =
        client === undefined ? codes.LEADER_NOT_AVAILABLE : await produce(client, 'a', index, 'x').catch(() => -1)
      seen.add(code)
      if (code === codes.NONE) taken++
      told()
    }
  })
  const more = async () => {
    const from = taken
    while (taken < from + 20)
      await new Promise<void>(resolve => {
        told = resolve
      })
  }
  await more()
  await cluster.broker(3).stop()
  const before = taken
  await more()
  isOver = true
  await Promise.all(producing)
  t.ok(taken > before, 'producers go on at other brokers')
  const retriable = [codes.NONE, codes.NOT_LEADER_OR_FOLLOWER, codes.LEADER_NOT_AVAILABLE, -1]
  t.same(
    [...seen].filter(code => !retriable.includes(code)),
    [],
  )
  const partitions = await partitionsOf(cluster, 1, 'a')
  t.same(
    partitions.map(({ leaderId }) => leaderId),
    [1, 2],
  )
})

t.test('where all stop and start again, leaders and records are there', async t => {
  const data = t.testdir()
  const cluster = await Cluster.start({ data: `${data}/c`, port: 0, logLevel: 'error' })
  await create(cluster, 'a', [[2, 3, 1]])
  await asking(cluster, 2, async client => t.equal(await produce(client, 'a', 0, 'kept'), codes.NONE))
  const { clusterId } = cluster
  await cluster.stop()
  const again = await Cluster.start({ data: `${data}/c`, port: 0, logLevel: 'error' })
  t.equal(again.clusterId, clusterId)
  const [partition] = await until(again, 1, 'a', ({ leaderId, isrNodes }) => leaderId > 0 && isrNodes.length === 3)
  await asking(again, partition!.leaderId, async client => t.equal(await produce(client, 'a', 0, 'more'), codes.NONE))
  await again.stop()
})

t.test('what cannot be is said', async t => {
  await t.rejects(Cluster.start({ brokers: 0 }), { name: 'ConfigError' })
  const cluster = await start(t)
  t.throws(() => cluster.broker(4), /there is no broker 4/)
  await t.rejects(create(cluster, 'a', [[1, 4]]), /broker 4/)
  await t.rejects(createPlaced(cluster, 'b', 4), /replication factor of 4 is more than the 3 broker/)
  await cluster.broker(3).kill()
  await t.rejects(create(cluster, 'b', [[3]]), /none of the brokers 3 takes part now/)
})
