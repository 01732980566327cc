/** Levels of features in a cluster: what all brokers can be at, and what eligible leader replicas do to `min.insync.replicas`. */
import t, { type Test } from 'tap'
import { createLogger, silentLogger } from '../../lib/base/logger.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { supportedLevels } from '../../lib/cluster/features.ts'
import { brokerOf } from '../../lib/cluster/image.ts'
import { configOperations, incrementallyAltered } from '../../lib/config/alter.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { Cluster, type ClusterOptions } from '../../lib/metadata/cluster.ts'
import { EmbeddedStore } from '../../lib/metadata/embedded.ts'
import { memoryJournal } from '../../lib/metadata/journal.ts'
import { sharedStore } from '../../lib/metadata/shared.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { codes } from '../../protocol/errors.ts'

const eligible = 'eligible.leader.replicas.version'
const property = 'min.insync.replicas'

interface Options extends Partial<ClusterOptions> {
  readonly properties?: Readonly<Record<string, string>>
}

async function open(t: Test, store: EmbeddedStore, nodeId = 1, options: Options = {}): Promise<Cluster> {
  const { properties = {}, ...others } = options
  const cluster = await Cluster.open({
    ...{ store: sharedStore(store), nodeId, rack: null, clusterId: 'c', config: BrokerConfig.parse(properties) },
    ...{ random: seededRandom(nodeId), logger: silentLogger, clock: new ManualClock() },
    ...others,
    description: { logDirs: [`dir-of-${nodeId}`], ...others.description },
  })
  t.teardown(() => cluster.close())
  return cluster
}

function newStore(): EmbeddedStore {
  return new EmbeddedStore(memoryJournal())
}

/** Alters one setting of brokers; null takes it away. */
async function alter(cluster: Cluster, name: string, setting: string, value: string | null): Promise<number> {
  const configOperation = value === null ? configOperations.DELETE : configOperations.SET
  const changes = [{ name: setting, configOperation, value }]
  const [result] = await cluster.alterConfigs([
    {
      owner: 'broker',
      name,
      mentions: [setting],
      alter: current => incrementallyAltered('broker', current, changes, BrokerConfig.parse({})),
    },
  ])
  return result!.errorCode
}

t.test(
  'a new cluster has eligible leader replicas, and keeps the value that it began with for all brokers',
  async t => {
    const store = newStore()
    const cluster = await open(t, store, 1, { properties: { [property]: '2' } })
    t.equal(cluster.image.featureLevels.get(eligible), 1)
    t.equal(cluster.image.brokerConfigs.get('')?.get(property), '2')
    t.match(brokerOf(cluster.image, 1)!.features, { [eligible]: [0, 1], 'transaction.version': [0, 2] })
    const lines: string[] = []
    const logger = createLogger('warn', { write: line => lines.push(line) })
    const config = BrokerConfig.parse({ [property]: '3' })
    const second = await open(t, store, 2, { config, logger })
    t.equal(second.image.brokerConfigs.get('')?.get(property), '2')
    t.equal(config.get(property), 2)
    t.match(lines.join(''), /min\.insync\.replicas=3 has no effect/)
  },
)

t.test('a cluster from before there was the feature goes on without it until it is chosen', async t => {
  const store = newStore()
  await store.transact({ changes: [{ key: 'cluster', value: '{"clusterId":"c"}' }] })
  const cluster = await open(t, store)
  t.equal(cluster.image.featureLevels.size, 0)
  t.equal(cluster.image.brokerConfigs.size, 0)
  t.equal(await alter(cluster, '1', property, '2'), codes.NONE)
  t.equal(await alter(cluster, '1', 'log.cleaner.threads', '2'), codes.NONE)
  await cluster.updateFeatures(new Map([[eligible, 1]]))
  t.same([...cluster.image.brokerConfigs.get('')!], [[property, '1']])
  t.same([...cluster.image.brokerConfigs.get('1')!], [['log.cleaner.threads', '2']], 'that of one broker is gone')
})

t.test('while it is on, the value of all brokers stays, and none has its own', async t => {
  const cluster = await open(t, newStore())
  t.equal(await alter(cluster, '1', property, '2'), codes.INVALID_CONFIG)
  t.equal(await alter(cluster, '1', property, null), codes.INVALID_CONFIG)
  t.equal(await alter(cluster, '', property, null), codes.INVALID_CONFIG)
  t.equal(await alter(cluster, '', property, '2'), codes.NONE)
  t.equal(await alter(cluster, '', 'log.cleaner.threads', '2'), codes.NONE)
  const replaced = await cluster.alterConfigs([{ owner: 'broker', name: '', alter: () => new Map(), mentions: [] }])
  t.match(replaced, [{ errorCode: codes.INVALID_CONFIG }])
  await cluster.updateFeatures(new Map([[eligible, 0]]))
  t.equal(cluster.image.brokerConfigs.get('')?.get(property), '2', 'it stays when the feature is switched off')
  t.equal(await alter(cluster, '1', property, '2'), codes.NONE)
  t.equal(await alter(cluster, '', property, null), codes.NONE)
})

t.test('who is eligible by another value is so no more, unless nobody is in sync', async t => {
  const store = newStore()
  const cluster = await open(t, store)
  const assignments = [0, 1].map(partitionIndex => ({ partitionIndex, brokerIds: [1] }))
  await cluster.createTopics([{ name: 'a', numPartitions: -1, replicationFactor: -1, assignments, configs: [] }])
  const { topicId } = cluster.image.topics.get('a')!
  const away = { leaderEpoch: 3, partitionEpoch: 3, offlineReplicas: [] }
  const [led, unled] = [0, 1].map(index => `partitions/${topicId}/${index}`)
  const elrs = () => cluster.image.topics.get('a')!.partitions.map(({ elr }) => elr)
  const begin = async () => {
    await store.transact({
      changes: [
        { key: led!, value: JSON.stringify({ ...away, leader: 1, isr: [1], elr: [2] }) },
        { key: unled!, value: JSON.stringify({ ...away, leader: -1, isr: [], elr: [2] }) },
      ],
    })
    t.same(elrs(), [[2], [2]])
  }
  await begin()
  const set = (name: string, value: string) =>
    cluster.alterConfigs([{ owner: 'topic', name: 'a', alter: current => new Map([...current, [name, value]]) }])
  await set('retention.ms', '100000')
  t.same(elrs(), [[2], [2]])
  await set(property, '3')
  t.same(elrs(), [[], [2]])
  t.equal(cluster.image.topics.get('a')!.partitions[0]!.partitionEpoch, 4)
  await begin()
  t.equal(await alter(cluster, '', property, '2'), codes.NONE)
  t.same(elrs(), [[], [2]])
})

t.test('a broker that cannot be at a level of the cluster does not get in', async t => {
  const store = newStore()
  await open(t, store)
  const features = { ...supportedLevels, [eligible]: [0, 0] as const }
  await t.rejects(open(t, store, 2, { description: { features } }), /level 1 of eligible\.leader\.replicas\.version/)
  const { [eligible]: _, ...unknown } = supportedLevels
  await t.rejects(open(t, store, 2, { description: { features: unknown } }), /which this broker does not know/)
  await store.transact({ changes: [{ key: 'features', value: `{"${eligible}":0,"some.version":7}` }] })
  await t.rejects(open(t, store, 2), /level 7 of some\.version/)
  await store.transact({ changes: [{ key: 'features', value: `{"${eligible}":0}` }] })
  const second = await open(t, store, 2, { description: { features } })
  t.equal(second.brokerEpoch, 1)
})
