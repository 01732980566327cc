/** Metadata, DescribeCluster, DescribeTopicPartitions, CreateTopics, DeleteTopics and CreatePartitions. */
import t from 'tap'
import { createPartitions } from '../../lib/handlers/create-partitions.ts'
import { createTopics } from '../../lib/handlers/create-topics.ts'
import { deleteTopics } from '../../lib/handlers/delete-topics.ts'
import { describeCluster } from '../../lib/handlers/describe-cluster.ts'
import { describeTopicPartitions } from '../../lib/handlers/describe-topic-partitions.ts'
import { metadata } from '../../lib/handlers/metadata.ts'
import { codes } from '../../protocol/errors.ts'
import { CreatePartitions } from '../../protocol/messages/create-partitions.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts'
import { DescribeCluster } from '../../protocol/messages/describe-cluster.ts'
import { DescribeTopicPartitions } from '../../protocol/messages/describe-topic-partitions.ts'
import { Metadata, type MetadataRequest } from '../../protocol/messages/metadata.ts'
import { clusterContext, encodable, topic } from './cluster-context.ts'

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'
const notAsked = -2_147_483_648

function asking(topics: string[] | null, fields: Partial<MetadataRequest> = {}): MetadataRequest {
  return {
    topics: topics?.map(name => ({ name, topicId: zeroId })) ?? null,
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
    ...fields,
  }
}

t.test('Metadata tells the broker by the address that the client dialled, the controller and the cluster', async t => {
  const { at } = await clusterContext(t)
  const answer = await metadata(asking([]), at(12))
  t.match(answer, {
    brokers: [{ nodeId: 1, host: '127.0.0.1', port: 9092, rack: 'r1' }],
    clusterId: 'cluster-a',
    controllerId: 1,
    topics: [],
    clusterAuthorizedOperations: notAsked,
  })
  encodable(t, Metadata, answer)
})

t.test('Metadata describes a topic with its partitions', async t => {
  const { at, cluster } = await clusterContext(t)
  await cluster.createTopics([topic('a', { numPartitions: 2 })])
  const answer = await metadata(asking(['a']), at(12))
  t.match(answer.topics, [
    {
      errorCode: 0,
      name: 'a',
      topicId: cluster.image.topics.get('a')!.topicId,
      isInternal: false,
      partitions: [
        {
          errorCode: 0,
          partitionIndex: 0,
          leaderId: 1,
          leaderEpoch: 0,
          replicaNodes: [1],
          isrNodes: [1],
          offlineReplicas: [],
        },
        { partitionIndex: 1 },
      ],
      topicAuthorizedOperations: notAsked,
    },
  ])
  encodable(t, Metadata, answer)
})

t.test('null asks Metadata for all topics, and so does the empty list of version 0 alone', async t => {
  const { at, cluster } = await clusterContext(t)
  await cluster.createTopics([topic('b'), topic('a')])
  const names = async (topics: string[] | null, version: number) =>
    (await metadata(asking(topics), at(version))).topics.map(({ name }) => name)
  t.same(await names(null, 1), ['a', 'b'])
  t.same(await names([], 0), ['a', 'b'])
  t.same(await names([], 1), [])
  t.same(await names(['b', 'b'], 1), ['b'], 'a topic that is asked for twice is told once')
})

t.test('a topic that Metadata makes is in the same answer', async t => {
  const { at, cluster } = await clusterContext(t, { properties: { 'num.partitions': '2' } })
  const answer = await metadata(asking(['new', '__consumer_offsets'], { allowAutoTopicCreation: true }), at(9))
  t.match(answer.topics, [
    { errorCode: 0, name: 'new', partitions: [{ leaderId: 1 }, { leaderId: 1 }] },
    { errorCode: 0, name: '__consumer_offsets', isInternal: true },
  ])
  t.equal(answer.topics[0]!.partitions.length, 2)
  t.ok(cluster.image.topics.has('new'))
})

t.test('Metadata makes no topic that it may not make, or that cannot be', async t => {
  const off = await clusterContext(t, { properties: { 'auto.create.topics.enable': 'false' } })
  const auto = { allowAutoTopicCreation: true }
  t.match((await metadata(asking(['a'], auto), off.at(9))).topics, [
    { errorCode: codes.UNKNOWN_TOPIC_OR_PARTITION, name: 'a' },
  ])
  const on = await clusterContext(t)
  t.match((await metadata(asking(['a']), on.at(9))).topics, [
    { errorCode: codes.UNKNOWN_TOPIC_OR_PARTITION, name: 'a' },
  ])
  t.match((await metadata(asking(['a b', ''], auto), on.at(9))).topics, [
    { errorCode: codes.INVALID_TOPIC_EXCEPTION, name: 'a b' },
    { errorCode: codes.INVALID_TOPIC_EXCEPTION, name: '' },
  ])
  const large = await clusterContext(t, { properties: { 'default.replication.factor': '3' } })
  t.match((await metadata(asking(['a'], auto), large.at(9))).topics, [
    { errorCode: codes.INVALID_REPLICATION_FACTOR, name: 'a' },
  ])
})

t.test('Metadata finds topics by their id from version 12 on, and refuses ids before', async t => {
  const { at, cluster } = await clusterContext(t)
  await cluster.createTopics([topic('a')])
  const { topicId } = cluster.image.topics.get('a')!
  const unknown = 'BBBBBBBBBBBBBBBBBBBBBA'
  const topics = [
    { name: null, topicId },
    { name: null, topicId: unknown },
  ]
  const answer = await metadata(asking(null, { topics }), at(12))
  t.match(answer.topics, [
    { errorCode: 0, name: 'a' },
    { errorCode: codes.UNKNOWN_TOPIC_ID, name: null, topicId: unknown },
  ])
  const early = await metadata(asking(null, { topics }), at(10))
  t.same(
    early.topics.map(({ errorCode }) => errorCode),
    [codes.INVALID_REQUEST, codes.INVALID_REQUEST],
  )
})

t.test('Metadata hides what the client may not see, and says so where it asked by name', async t => {
  const { at, cluster } = await clusterContext(t, { deny: (_, type, name) => type === 'topic' && name === 'secret' })
  await cluster.createTopics([topic('open'), topic('secret')])
  t.same(
    (await metadata(asking(null), at(12))).topics.map(({ name }) => name),
    ['open'],
  )
  t.match((await metadata(asking(['secret']), at(12))).topics, [
    { errorCode: codes.TOPIC_AUTHORIZATION_FAILED, name: 'secret', partitions: [] },
  ])
  const { topicId } = cluster.image.topics.get('secret')!
  const byId = await metadata(asking(null, { topics: [{ name: null, topicId }] }), at(12))
  t.match(byId.topics, [{ errorCode: codes.TOPIC_AUTHORIZATION_FAILED, name: null }])
})

t.test('Metadata makes no topic for a client that may not create it', async t => {
  const { at, cluster } = await clusterContext(t, { deny: operation => operation === 'create' })
  const answer = await metadata(asking(['a'], { allowAutoTopicCreation: true }), at(9))
  t.match(answer.topics, [{ errorCode: codes.TOPIC_AUTHORIZATION_FAILED }])
  t.equal(cluster.image.topics.size, 0)
})

t.test('Metadata tells what the client may do, as the bits of the operations, where it asks', async t => {
  const { at, cluster } = await clusterContext(t)
  await cluster.createTopics([topic('a')])
  const ask = { includeClusterAuthorizedOperations: true, includeTopicAuthorizedOperations: true }
  const answer = await metadata(asking(['a'], ask), at(8))
  const bits = (...operations: number[]) => operations.reduce((sum, operation) => sum | (1 << operation), 0)
  t.equal(answer.topics[0]!.topicAuthorizedOperations, bits(3, 4, 5, 6, 7, 8, 10, 11))
  t.equal(answer.clusterAuthorizedOperations, bits(5, 7, 8, 9, 10, 11, 12))
})

t.test('DescribeCluster tells brokers, and that controllers have no endpoints', async t => {
  const { at } = await clusterContext(t)
  const ask = { includeClusterAuthorizedOperations: false, endpointType: 1, includeFencedBrokers: false }
  const answer = describeCluster(ask, at(2))
  t.match(answer, {
    errorCode: 0,
    clusterId: 'cluster-a',
    controllerId: 1,
    brokers: [{ brokerId: 1, host: '127.0.0.1', port: 9092, rack: 'r1', isFenced: false }],
    clusterAuthorizedOperations: notAsked,
  })
  encodable(t, DescribeCluster, answer)
  t.equal(describeCluster({ ...ask, endpointType: 2 }, at(1)).errorCode, codes.MISMATCHED_ENDPOINT_TYPE)
  const unknown = describeCluster({ ...ask, endpointType: 9 }, at(1))
  t.equal(unknown.errorCode, codes.UNSUPPORTED_ENDPOINT_TYPE)
  encodable(t, DescribeCluster, unknown)
  t.ok(describeCluster({ ...ask, includeClusterAuthorizedOperations: true }, at(0)).clusterAuthorizedOperations! > 0)
})

t.test('DescribeTopicPartitions goes through all partitions of all topics page by page', async t => {
  const { at, cluster } = await clusterContext(t)
  await cluster.createTopics([
    topic('b', { numPartitions: 3 }),
    topic('a', { numPartitions: 2 }),
    topic('c', { numPartitions: 4 }),
  ])
  const seen: string[] = []
  let cursor: { topicName: string; partitionIndex: number } | null = null
  let pages = 0
  do {
    const answer = describeTopicPartitions({ topics: [], responsePartitionLimit: 2, cursor }, at(0))
    encodable(t, DescribeTopicPartitions, answer)
    for (const { name, partitions } of answer.topics)
      seen.push(...partitions.map(each => `${name}${each.partitionIndex}`))
    cursor = answer.nextCursor ?? null
    pages++
  } while (cursor !== null)
  t.same(seen, ['a0', 'a1', 'b0', 'b1', 'b2', 'c0', 'c1', 'c2', 'c3'])
  t.equal(pages, 5)
})

t.test('DescribeTopicPartitions answers for topics by name, with an error for each that is not there', async t => {
  const { at, cluster } = await clusterContext(t, { deny: (_, type, name) => type === 'topic' && name === 'secret' })
  await cluster.createTopics([topic('b'), topic('secret')])
  const ask = {
    responsePartitionLimit: 2000,
    cursor: null,
    topics: ['b', 'a', 'x y', 'secret'].map(name => ({ name })),
  }
  const answer = describeTopicPartitions(ask, at(0))
  t.same(
    answer.topics.map(({ name, errorCode }) => [name, errorCode]),
    [
      ['a', codes.UNKNOWN_TOPIC_OR_PARTITION],
      ['b', 0],
      ['x y', codes.INVALID_TOPIC_EXCEPTION],
      ['secret', codes.TOPIC_AUTHORIZATION_FAILED],
    ],
  )
  t.equal(answer.topics[0]!.topicAuthorizedOperations, answer.topics[1]!.topicAuthorizedOperations)
  t.match(answer.topics[1]!.partitions[0], { eligibleLeaderReplicas: [], lastKnownElr: [], leaderId: 1 })
  const cursor = { topicName: 'a', partitionIndex: -1 }
  t.throws(() => describeTopicPartitions({ ...ask, cursor }, at(0)), { code: codes.INVALID_REQUEST })
})

t.test('CreateTopics makes topics and tells their ids, sizes and settings', async t => {
  const { at, cluster } = await clusterContext(t)
  const request = {
    topics: [topic('a', { numPartitions: 2, configs: [{ name: 'retention.ms', value: '5' }] }), topic('a b')],
    timeoutMs: 1000,
    validateOnly: false,
  }
  const answer = await createTopics(request, at(7))
  t.match(answer.topics, [
    {
      name: 'a',
      errorCode: 0,
      errorMessage: null,
      numPartitions: 2,
      replicationFactor: 1,
      topicId: cluster.image.topics.get('a')!.topicId,
    },
    { name: 'a b', errorCode: codes.INVALID_TOPIC_EXCEPTION, configs: [] },
  ])
  const configs = answer.topics[0]!.configs!
  t.match(
    configs.find(({ name }) => name === 'retention.ms'),
    { value: '5', configSource: 1, readOnly: false },
  )
  t.match(
    configs.find(({ name }) => name === 'segment.bytes'),
    { value: '1073741824', configSource: 5, isSensitive: false },
  )
  encodable(t, CreateTopics, answer)
})

t.test('CreateTopics refuses what the client may not create, and hides settings that it may not see', async t => {
  const { at } = await clusterContext(t, {
    deny: (operation, type, name) =>
      (operation === 'create' && (type === 'cluster' || name === 'secret')) || operation === 'describeConfigs',
  })
  const answer = await createTopics(
    { topics: [topic('secret'), topic('a')], timeoutMs: 1000, validateOnly: false },
    at(7),
  )
  t.match(answer.topics, [
    { name: 'a', errorCode: 0, topicConfigErrorCode: codes.TOPIC_AUTHORIZATION_FAILED, configs: [] },
    { name: 'secret', errorCode: codes.TOPIC_AUTHORIZATION_FAILED },
  ])
  encodable(t, CreateTopics, answer)
})

t.test('DeleteTopics takes names, and from version 6 on ids', async t => {
  const { at, cluster } = await clusterContext(t)
  await cluster.createTopics([topic('a'), topic('b')])
  const { topicId } = cluster.image.topics.get('b')!
  const byName = await deleteTopics({ topics: [], topicNames: ['a', 'x'], timeoutMs: 1000 }, at(5))
  t.match(byName.responses, [
    { name: 'a', errorCode: 0 },
    { name: 'x', errorCode: codes.UNKNOWN_TOPIC_OR_PARTITION },
  ])
  encodable(t, DeleteTopics, byName)
  const byId = await deleteTopics({ topics: [{ name: null, topicId }], topicNames: [], timeoutMs: 1000 }, at(6))
  t.match(byId.responses, [{ name: 'b', topicId, errorCode: 0 }])
  t.equal(cluster.image.topics.size, 0)
})

t.test('DeleteTopics is refused where the broker has it disabled, in a word that the client knows', async t => {
  const { at, cluster } = await clusterContext(t, { properties: { 'delete.topic.enable': 'false' } })
  await cluster.createTopics([topic('a')])
  const code = async (version: number) =>
    (await deleteTopics({ topics: [], topicNames: ['a'], timeoutMs: 1000 }, at(version))).responses[0]!.errorCode
  t.equal(await code(2), codes.INVALID_REQUEST)
  t.equal(await code(3), codes.TOPIC_DELETION_DISABLED)
})

t.test('CreatePartitions adds partitions, or says why not', async t => {
  const { at, cluster } = await clusterContext(t, {
    deny: (operation, _, name) => operation === 'alter' && name === 'secret',
  })
  await cluster.createTopics([topic('a')])
  const request = {
    topics: [
      { name: 'a', count: 3, assignments: null },
      { name: 'x', count: 3, assignments: null },
      { name: 'secret', count: 3, assignments: null },
    ],
    timeoutMs: 1000,
    validateOnly: true,
  }
  const answer = await createPartitions(request, at(3))
  t.same(
    answer.results.map(({ name, errorCode }) => [name, errorCode]),
    [
      ['a', 0],
      ['x', codes.UNKNOWN_TOPIC_OR_PARTITION],
      ['secret', codes.TOPIC_AUTHORIZATION_FAILED],
    ],
  )
  t.equal(cluster.image.topics.get('a')!.partitions.length, 1)
  encodable(t, CreatePartitions, answer)
  await createPartitions({ ...request, validateOnly: false }, at(3))
  t.equal(cluster.image.topics.get('a')!.partitions.length, 3)
})
