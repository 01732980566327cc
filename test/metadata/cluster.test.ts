/** The cluster as one or several brokers see it. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { silentLogger } from '../../lib/base/logger.ts'
import { seededRandom } from '../../lib/base/random.ts'
import type { ImageDelta } from '../../lib/cluster/image.ts'
import type { TopicToCreate } from '../../lib/cluster/topics.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { Cluster, type ClusterOptions } from '../../lib/metadata/cluster.ts'
import { EmbeddedStore } from '../../lib/metadata/embedded.ts'
import { joined } from '../../lib/metadata/joined.ts'
import { memoryJournal } from '../../lib/metadata/journal.ts'
import { openJournal } from '../../lib/metadata/log-journal.ts'
import type { MetadataStore } from '../../lib/metadata/store.ts'
import { codes } from '../../protocol/errors.ts'
import { diskFiles } from '../../storage/files.ts'

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'

function topic(name: string, fields: Partial<TopicToCreate> = {}): TopicToCreate {
  return { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [], ...fields }
}

interface OpenOptions extends Partial<ClusterOptions> {
  readonly properties?: Record<string, string>
}

async function open(t: Test, { properties = {}, ...options }: OpenOptions = {}): Promise<Cluster> {
  const cluster = await Cluster.open({
    store: new EmbeddedStore(memoryJournal()),
    config: BrokerConfig.parse(properties),
    nodeId: 1,
    rack: null,
    clusterId: 'cluster-a',
    random: seededRandom(1),
    logger: silentLogger,
    ...options,
  })
  t.teardown(() => cluster.close())
  return cluster
}

t.test('a lone broker is in the cluster and its controller when it is open', async t => {
  const { image } = await open(t, { nodeId: 7, rack: 'r1' })
  t.match(image.brokers, [{ id: 7, epoch: 1, rack: 'r1', state: 'active' }])
  t.equal(image.controllerId, 7)
  t.equal(image.clusterId, 'cluster-a')
})

t.test('listeners have a change, and the image shows it, before its promise resolves', async t => {
  const cluster = await open(t)
  const deltas: ImageDelta[] = []
  cluster.onChange(delta => {
    t.equal(cluster.image, delta.image)
    deltas.push(delta)
  })
  const [result] = await cluster.createTopics([
    topic('a', { numPartitions: 3, configs: [{ name: 'retention.ms', value: '5' }] }),
  ])
  t.match(result, { name: 'a', errorCode: codes.NONE, topic: { replicas: [[1], [1], [1]] } })
  t.equal(deltas.length, 1)
  t.same(
    deltas[0]!.created.map(({ name, configs }) => [name, [...configs]]),
    [['a', [['retention.ms', '5']]]],
  )
})

t.test('many topics of one request come in few changes, each with its own result', async t => {
  const cluster = await open(t)
  let changes = 0
  cluster.onChange(() => changes++)
  const names = Array.from({ length: 100 }, (_, i) => `t${i}`)
  const results = await cluster.createTopics([...names.map(name => topic(name)), topic('bad name')])
  t.same(
    results.map(({ errorCode }) => errorCode),
    [...names.map(() => 0), codes.INVALID_TOPIC_EXCEPTION],
  )
  t.equal(cluster.image.topics.size, 100)
  t.ok(changes <= 4)
})

t.test('what is only validated is not made, and tells what it would be', async t => {
  const cluster = await open(t)
  const [result] = await cluster.createTopics([topic('a')], { validateOnly: true })
  t.match(result, { errorCode: 0, topic: { replicas: [[1]] } })
  t.equal(cluster.image.topics.size, 0)
})

t.test('of two requests for one topic at the same moment one makes it, the other is told that it exists', async t => {
  const cluster = await open(t)
  const results = await Promise.all([cluster.createTopics([topic('a')]), cluster.createTopics([topic('a')])])
  t.same(
    results.flat().map(({ errorCode }) => errorCode),
    [0, codes.TOPIC_ALREADY_EXISTS],
  )
})

t.test('topics grow and go', async t => {
  const cluster = await open(t)
  await cluster.createTopics([topic('a'), topic('b')])
  t.match(await cluster.createPartitions([{ name: 'a', count: 4, assignments: null }]), [{ name: 'a', errorCode: 0 }])
  t.equal(cluster.image.topics.get('a')!.partitions.length, 4)
  const results = await cluster.deleteTopics([
    { name: 'a', topicId: zeroId },
    { name: 'x', topicId: zeroId },
  ])
  t.same(
    results.map(({ name, errorCode }) => [name, errorCode]),
    [
      ['a', 0],
      ['x', codes.UNKNOWN_TOPIC_OR_PARTITION],
    ],
  )
  t.same([...cluster.image.topics.keys()], ['b'])
})

t.test('a topic is made once on first use, whoever asks meanwhile', async t => {
  const cluster = await open(t, { properties: { 'num.partitions': '3' } })
  let created = 0
  cluster.onChange(delta => {
    created += delta.created.length
  })
  const topics = await Promise.all(Array.from({ length: 10 }, () => cluster.autoCreateTopic('used')))
  t.equal(created, 1)
  t.equal(new Set(topics).size, 1)
  t.equal(topics[0]!.partitions.length, 3)
  await t.rejects(cluster.autoCreateTopic('bad name'), { code: codes.INVALID_TOPIC_EXCEPTION })
})

t.test("the broker's own topics are made with their own settings, on as many brokers as there are", async t => {
  const cluster = await open(t, { properties: { 'offsets.topic.num.partitions': '5' } })
  const offsets = await cluster.autoCreateTopic('__consumer_offsets')
  t.equal(offsets.partitions.length, 5)
  t.same(offsets.partitions[0]!.replicas, [1])
  t.ok(offsets.internal)
  t.same(Object.fromEntries(offsets.configs), {
    'cleanup.policy': 'compact',
    'compression.type': 'producer',
    'segment.bytes': '104857600',
  })
  const transactions = await cluster.autoCreateTopic('__transaction_state')
  t.equal(transactions.configs.get('min.insync.replicas'), '1')
  t.equal(transactions.partitions.length, 50)
})

t.test('dynamic broker settings hold at once, and go back to the default when they are taken away', async t => {
  const config = BrokerConfig.parse({})
  const cluster = await open(t, { config })
  // The one that all brokers keep while eligible leader replicas are on.
  const kept = { 'min.insync.replicas': '1' }
  const set = (name: string, record: Record<string, string>) =>
    cluster.alterConfigs([
      { owner: 'broker', name, alter: () => new Map(Object.entries({ ...(name === '' && kept), ...record })) },
    ])
  t.match(await set('', { 'message.max.bytes': '100' }), [{ errorCode: 0 }])
  t.equal(config.get('message.max.bytes'), 100)
  await set('1', { 'message.max.bytes': '200' })
  t.equal(config.get('message.max.bytes'), 200)
  await set('2', { 'message.max.bytes': '300' })
  t.equal(config.get('message.max.bytes'), 200)
  await set('1', {})
  await set('', {})
  t.equal(config.get('message.max.bytes'), 1_048_588)
})

t.test('settings that are refused change nothing, each resource by itself', async t => {
  const cluster = await open(t)
  await cluster.createTopics([topic('a')])
  const alter = (record: Record<string, string>) => () => new Map(Object.entries(record))
  const results = await cluster.alterConfigs([
    { owner: 'topic', name: 'a', alter: alter({ 'retention.ms': 'x' }) },
    { owner: 'topic', name: 'nowhere', alter: alter({}) },
    { owner: 'broker', name: '1', alter: alter({ 'num.partitions': '5' }) },
    { owner: 'broker', name: '1', alter: alter({ 'message.max.bytes': '-1' }) },
    { owner: 'broker', name: '', alter: alter({ listeners: 'PLAINTEXT://:1' }) },
    { owner: 'broker', name: '1', alter: alter({ 'some.plugin': 'x' }) },
    { owner: 'group', name: 'g', alter: alter({ 'consumer.session.timeout.ms': '1' }) },
    { owner: 'client-metrics', name: 'm', alter: alter({ nonsense: '1' }) },
    { owner: 'topic', name: 'a', alter: alter({ 'retention.ms': '5' }) },
  ])
  t.same(
    results.map(({ errorCode }) => errorCode),
    [
      codes.INVALID_CONFIG,
      codes.UNKNOWN_TOPIC_OR_PARTITION,
      codes.INVALID_REQUEST,
      codes.INVALID_REQUEST,
      codes.INVALID_REQUEST,
      codes.NONE,
      codes.INVALID_CONFIG,
      codes.INVALID_REQUEST,
      codes.NONE,
    ],
  )
  t.same([...cluster.image.topics.get('a')!.configs], [['retention.ms', '5']])
  const validated = await cluster.alterConfigs([{ owner: 'topic', name: 'a', alter: alter({}) }], {
    validateOnly: true,
  })
  t.match(validated, [{ errorCode: 0 }])
  t.equal(cluster.image.topics.get('a')!.configs.size, 1)
})

t.test('everything is there again after a restart', async t => {
  const dataDirectory = join(t.testdir(), 'data')
  const journal = () =>
    openJournal({ dataDirectory, files: diskFiles, now: () => 0, schedule: run => systemClock.immediate(run) })
  const store = new EmbeddedStore(journal())
  const cluster = await open(t, { store })
  await cluster.createTopics([
    topic('a', { numPartitions: 2, configs: [{ name: 'retention.ms', value: '5' }] }),
    topic('b'),
  ])
  await cluster.deleteTopics([{ name: 'b', topicId: zeroId }])
  await cluster.alterConfigs([
    { owner: 'broker', name: '', alter: current => new Map([...current, ['message.max.bytes', '100']]) },
  ])
  const first = await cluster.allocateProducerIds()
  await cluster.close()
  await store.close()

  const again = new EmbeddedStore(journal())
  const config = BrokerConfig.parse({})
  const after = await open(t, { store: again, config })
  const inEpoch = (leaderEpoch: number, { image }: Cluster) =>
    [...image.topics.values()].map(topic => ({
      ...topic,
      partitions: topic.partitions.map(partition => ({ ...partition, leaderEpoch })),
    }))
  t.same([...after.image.topics.values()], inEpoch(2, cluster))
  t.equal(config.get('message.max.bytes'), 100)
  t.ok((await after.allocateProducerIds()).first >= first.first + first.count)
  await t.rejects(open(t, { store: again, nodeId: 2, clusterId: 'another' }), /cluster cluster-a.*another/)
  await after.close()
  await again.close()
})

t.test('producer ids are never given twice', async t => {
  const store = new EmbeddedStore(memoryJournal())
  const [one, two] = [await open(t, { store }), await open(t, { store, nodeId: 2 })]
  const blocks = await Promise.all([1, 2, 3].flatMap(() => [one.allocateProducerIds(), two.allocateProducerIds()]))
  t.equal(new Set(blocks.map(({ first }) => first)).size, 6)
  t.ok(blocks.every(({ first, count }) => first % count === 0))
})

t.test(
  'several brokers share a store: each sees what the others do, and a new controller follows one that leaves',
  async t => {
    const store: MetadataStore = new EmbeddedStore(memoryJournal())
    const one = await open(t, { store, nodeId: 1 })
    const two = await open(t, { store, nodeId: 2 })
    await two.serve([])
    await joined(one, 2, 2)
    t.same(
      one.image.brokers.map(({ id }) => id),
      [1, 2],
    )
    t.equal(two.image.controllerId, 1)
    await one.createTopics([topic('a', { replicationFactor: 2 })])
    t.same([...two.image.topics.keys()], ['a'])
    const changed = new Promise<void>(resolve => {
      two.onChange(({ image }) => {
        if (image.controllerId === 2 && image.brokers.length === 1) resolve()
      })
    })
    await one.close()
    await changed
    t.same(
      two.image.brokers.map(({ id }) => id),
      [2],
    )
    await t.rejects(one.createTopics([topic('b')]), /left the cluster/)
  },
)

t.test('a second broker with the same node id is refused', async t => {
  const store = new EmbeddedStore(memoryJournal())
  await open(t, { store })
  await t.rejects(open(t, { store }), /node id 1 is in the cluster already/)
})

t.test('two brokers that change the same topic at once do not undo each other', async t => {
  const store = new EmbeddedStore(memoryJournal())
  const [one, two] = [await open(t, { store }), await open(t, { store, nodeId: 2 })]
  const [first, second] = (await Promise.all([one.createTopics([topic('a')]), two.createTopics([topic('a')])])).flat()
  t.equal(first!.errorCode, 0)
  t.equal(second!.errorCode, codes.NOT_CONTROLLER, 'the client tries again by itself')
  t.equal(one.image.topics.get('a')!.topicId, first!.topic!.topicId)
})
