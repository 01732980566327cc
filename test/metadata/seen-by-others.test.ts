/** What one broker writes, and how others come to see it: by what is told to them, not by looking now and then. */
import t, { type Test } from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { planAclCreations } from '../../lib/cluster/acl-plans.ts'
import type { ClusterImage } from '../../lib/cluster/image.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { Cluster } from '../../lib/metadata/cluster.ts'
import { EmbeddedStore } from '../../lib/metadata/embedded.ts'
import { memoryJournal } from '../../lib/metadata/journal.ts'
import { sharedStore } from '../../lib/metadata/shared.ts'
import type { MetadataStore } from '../../lib/metadata/store.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { EtcdCluster, etcdMissing } from './etcd-server.ts'
import { storeAt } from './etcd-store.ts'
import { FaultyProxy, noFaults } from './faulty-proxy.ts'

const rule = {
  ...{ resourceType: 2, resourceName: 'a', patternType: 3, principal: 'User:reader', host: '*' },
  ...{ operation: 3, permissionType: 3 },
}

/** Three brokers that take part, by clocks that nobody turns: whatever waits for a timer waits for ever. */
async function three(t: Test, storeOf: (clock: ManualClock, i: number) => Promise<MetadataStore>): Promise<Cluster[]> {
  const clusters: Cluster[] = []
  for (const nodeId of [1, 2, 3]) {
    const clock = new ManualClock({ immediates: 'real' })
    const cluster = await Cluster.open({
      ...{ store: await storeOf(clock, nodeId - 1), nodeId, rack: null, clusterId: 'cluster-a', clock },
      ...{ config: BrokerConfig.parse({}), random: seededRandom(nodeId), logger: silentLogger },
      description: { logDirs: [`dir-of-${nodeId}`] },
    })
    t.teardown(() => cluster.kill())
    await cluster.serve([])
    clusters.push(cluster)
  }
  for (const cluster of clusters) await cluster.joined(3)
  return clusters
}

function reached(cluster: Cluster, isThere: (image: ClusterImage) => boolean): Promise<void> {
  return new Promise(resolve => {
    const look = () => {
      if (!isThere(cluster.image)) return
      stop()
      resolve()
    }
    const stop = cluster.onChange(look)
    look()
  })
}

async function createTopic(cluster: Cluster, name: string): Promise<void> {
  const request = { name, numPartitions: 3, replicationFactor: 3, assignments: [], configs: [] }
  const [result] = await cluster.createTopics([request])
  if (result!.errorCode !== 0) throw new Error(result!.errorMessage ?? String(result!.errorCode))
}

function createRule(cluster: Cluster): Promise<unknown> {
  return cluster.changeBy(({ acls }) => planAclCreations(acls, [rule]))
}

const [hasTopic, hasRule] = [({ topics }: ClusterImage) => topics.has('a'), ({ acls }: ClusterImage) => acls.size > 0]

t.test('brokers of one process see a topic and a rule once they are written', async t => {
  const store = new EmbeddedStore(memoryJournal())
  const clusters = await three(t, async () => sharedStore(store))
  await createTopic(clusters[2]!, 'a')
  t.ok(clusters.every(({ image }) => hasTopic(image)))
  await createRule(clusters[1]!)
  t.ok(clusters.every(({ image }) => hasRule(image)))
})

t.test('with etcd one request writes it, and others are told without asking', { skip: etcdMissing }, async t => {
  const etcd = await EtcdCluster.start(t)
  const proxies: FaultyProxy[] = []
  const clusters = await three(t, async (clock, i) => {
    proxies.push(await FaultyProxy.start(t, etcd.members[0]!.port, noFaults, i))
    const store = storeAt(`etcd://127.0.0.1:${proxies[i]!.port}/seen`, { clock })
    t.teardown(() => store.close())
    return store
  })
  // Whoever is the controller has nothing left to write by then.
  const newest = () => Math.max(...clusters.map(({ image }) => image.revision))
  for (const cluster of clusters) await reached(cluster, ({ revision }) => revision === newest())
  for (const [write, isThere] of [
    [(cluster: Cluster) => createTopic(cluster, 'a'), hasTopic],
    [createRule, hasRule],
  ] as const) {
    for (const proxy of proxies) proxy.asked.length = 0
    const seen = clusters.map(cluster => reached(cluster, isThere))
    await write(clusters[2]!)
    await Promise.all(seen)
    t.same(
      proxies.map(({ asked }) => asked),
      [[], [], ['/v3/kv/txn']],
    )
  }
})
