/** What kafkajs's admin client asks: topics, partitions, configs, offsets, the cluster. */
import assert from 'node:assert/strict'
import kafkajs from 'kafkajs'
import { type Scenario, until } from '../scenario.ts'
import { type Client, readAll } from './kafka.ts'

export function adminScenarios(client: Client): Scenario[] {
  return [
    { name: 'topics are created, listed, described and deleted', run: () => topicLife(client) },
    { name: 'a topic that exists is not created again', run: () => createdTwice(client) },
    { name: 'impossible topics are refused', run: () => refusedTopics(client) },
    { name: 'validateOnly creates nothing', run: () => validateOnly(client) },
    { name: 'partitions are added', run: () => addedPartitions(client) },
    { name: 'configs of a topic are described and altered', run: () => topicConfigs(client) },
    { name: 'configs of the broker are described', run: () => brokerConfigs(client) },
    { name: 'offsets of a topic: earliest, latest, by time', run: () => offsets(client) },
    { name: 'records are deleted up to an offset', run: () => deletedRecords(client) },
    { name: 'the cluster is described', run: () => cluster(client) },
  ]
}

async function topicLife(client: Client): Promise<undefined> {
  const admin = await client.admin()
  const topic = await client.topic('life', 3)
  assert.ok((await admin.listTopics()).includes(topic))
  const [described] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics
  assert.equal(described!.partitions.length, 3)
  for (const { leader, isr, replicas } of described!.partitions) {
    assert.ok(isr.includes(leader))
    assert.equal(replicas.length, client.replicationFactor)
  }
  await admin.deleteTopics({ topics: [topic] })
  await until('the topic to be gone', async () => ((await admin.listTopics()).includes(topic) ? undefined : true))
  await assert.rejects((await client.admin(0)).deleteTopics({ topics: [topic] }), 'what is gone cannot be deleted')
  return undefined
}

async function createdTwice(client: Client): Promise<undefined> {
  const admin = await client.admin()
  const topic = await client.topic('twice')
  assert.equal(await admin.createTopics({ topics: [{ topic }] }), false)
  return undefined
}

async function refusedTopics(client: Client): Promise<undefined> {
  const admin = await client.admin()
  for (const topic of [
    { topic: 'white space', numPartitions: 1 },
    { topic: '..', numPartitions: 1 },
    { topic: 'x'.repeat(250), numPartitions: 1 },
    { topic: client.name('none'), numPartitions: 0 },
    { topic: client.name('many'), numPartitions: 1, replicationFactor: 5 },
    { topic: client.name('odd'), numPartitions: 1, configEntries: [{ name: 'no.such.config', value: '1' }] },
    { topic: client.name('bad'), numPartitions: 1, configEntries: [{ name: 'retention.ms', value: 'soon' }] },
  ]) {
    await assert.rejects(admin.createTopics({ topics: [topic] }), `${topic.topic.slice(0, 20)} is refused`)
    assert.equal((await admin.listTopics()).includes(topic.topic), false)
  }
  return undefined
}

async function validateOnly(client: Client): Promise<undefined> {
  const admin = await client.admin()
  const topic = client.name('only')
  await admin.createTopics({ validateOnly: true, waitForLeaders: false, topics: [{ topic }] })
  assert.equal((await admin.listTopics()).includes(topic), false)
  return undefined
}

async function addedPartitions(client: Client): Promise<undefined> {
  const admin = await client.admin()
  const topic = await client.topic('grows', 1)
  await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] })
  await until('four partitions', async () => {
    const [described] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics
    return described!.partitions.length === 4 ? true : undefined
  })
  await assert.rejects(
    admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] }),
    'partitions are never taken away',
  )
  const producer = await client.producer()
  await producer.send({ topic, messages: [0, 1, 2, 3].map(partition => ({ partition, value: `${partition}` })) })
  const seen = await readAll(client, topic, 4)
  assert.deepEqual(
    seen.map(({ partition, value }) => [partition, value]),
    [
      [0, '0'],
      [1, '1'],
      [2, '2'],
      [3, '3'],
    ],
  )
  return undefined
}

async function configOf(client: Client, topic: string, name: string): Promise<string | undefined> {
  const admin = await client.admin()
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: [name] }],
  })
  return resources[0]!.configEntries.find(({ configName }) => configName === name)?.configValue
}

async function topicConfigs(client: Client): Promise<undefined> {
  const admin = await client.admin()
  const topic = await client.topic('configured', 1, { 'retention.ms': '86400000' })
  assert.equal(await configOf(client, topic, 'retention.ms'), '86400000')
  assert.equal(await configOf(client, topic, 'cleanup.policy'), 'delete', 'the default')
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name: topic,
        configEntries: [{ name: 'cleanup.policy', value: 'compact' }],
      },
    ],
  })
  await until('the new value', async () =>
    (await configOf(client, topic, 'cleanup.policy')) === 'compact' ? true : undefined,
  )
  assert.notEqual(
    await configOf(client, topic, 'retention.ms'),
    '86400000',
    'what is not named falls back to the default',
  )
  await assert.rejects(
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: [{ name: 'cleanup.policy', value: 'forget' }],
        },
      ],
    }),
  )
  return undefined
}

async function brokerConfigs(client: Client): Promise<string> {
  const admin = await client.admin()
  const { controller, brokers } = await admin.describeCluster()
  assert.notEqual(controller, null)
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.BROKER, name: `${brokers[0]!.nodeId}`, configNames: [] }],
  })
  const entries = resources[0]!.configEntries
  for (const name of [
    'num.network.threads',
    'log.retention.hours',
    'message.max.bytes',
    'group.initial.rebalance.delay.ms',
  ]) {
    assert.ok(
      entries.some(({ configName }) => configName === name),
      `${name} is described`,
    )
  }
  return `${entries.length} properties`
}

async function offsets(client: Client): Promise<undefined> {
  const admin = await client.admin()
  const topic = await client.topic('offsets')
  const producer = await client.producer()
  for (let i = 0; i < 10; i++)
    await producer.send({ topic, messages: [{ value: `${i}`, timestamp: `${1_600_000_000_000 + i * 1000}` }] })
  const [all] = await admin.fetchTopicOffsets(topic)
  assert.deepEqual([all!.low, all!.high], ['0', '10'])
  const at = async (timestamp: number) => (await admin.fetchTopicOffsetsByTimestamp(topic, timestamp))[0]!.offset
  assert.equal(await at(1_600_000_000_000), '0')
  assert.equal(await at(1_600_000_004_500), '5')
  assert.equal(await at(1_600_000_009_000), '9')
  assert.equal(await at(1_700_000_000_000), '10', 'beyond the last record kafkajs takes the end')
  return undefined
}

async function deletedRecords(client: Client): Promise<undefined> {
  const admin = await client.admin()
  const topic = await client.topic('shortened')
  const producer = await client.producer()
  for (let i = 0; i < 10; i++) await producer.send({ topic, messages: [{ value: `${i}` }] })
  // kafkajs finds the leader only of topics whose offsets it has asked for.
  await admin.fetchTopicOffsets(topic)
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] })
  const [all] = await admin.fetchTopicOffsets(topic)
  assert.deepEqual([all!.low, all!.high], ['6', '10'])
  const seen = await readAll(client, topic, 4)
  assert.deepEqual(
    seen.map(record => record.offset),
    [6, 7, 8, 9],
  )
  await assert.rejects(
    admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '11' }] }),
    'beyond the end',
  )
  return undefined
}

async function cluster(client: Client): Promise<string> {
  const admin = await client.admin()
  const described = await admin.describeCluster()
  assert.ok(described.clusterId.length > 0)
  assert.ok(described.brokers.length > 0)
  assert.ok(described.brokers.some(({ nodeId }) => nodeId === described.controller))
  return `cluster ${described.clusterId}, ${described.brokers.length} broker`
}
