/** Brokers whose metadata are in etcd. */
import t from 'tap'
import { systemClocks } from '../lib/base/clock.ts'
import { silentLogger } from '../lib/base/logger.ts'
import { systemRandom } from '../lib/base/random.ts'
import { Composition } from '../lib/composition.ts'
import { BrokerConfig } from '../lib/config/config.ts'
import { systemNetwork } from '../lib/network/tcp.ts'
import { codes } from '../protocol/errors.ts'
import { CreateTopics } from '../protocol/messages/create-topics.ts'
import { Metadata } from '../protocol/messages/metadata.ts'
import { diskFiles, type Files, memoryFiles } from '../storage/files.ts'
import { EtcdCluster, etcdMissing } from './metadata/etcd-server.ts'
import { storeAt } from './metadata/etcd-store.ts'
import { FaultyProxy, noFaults } from './metadata/faulty-proxy.ts'
import { connect } from './turned-broker.ts'

function start(
  store: string,
  nodeId: number,
  files: Files,
  directory: string,
  properties: Record<string, string> = {},
): Promise<Composition> {
  return Composition.start({
    config: BrokerConfig.parse({
      listeners: 'PLAINTEXT://127.0.0.1:0',
      'node.id': String(nodeId),
      'log.dirs': directory,
      'metadata.store': store,
      ...properties,
    }),
    ephemeral: false,
    parts: { clocks: systemClocks, random: systemRandom, files, network: systemNetwork },
    logger: silentLogger,
  })
}

async function create(broker: Composition, name: string, numPartitions: number): Promise<number> {
  const client = await connect(broker.bootstrap)
  try {
    const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
    const answer = await client.send(CreateTopics, 5, { topics: [topic], timeoutMs: 5_000, validateOnly: false })
    return answer.topics[0]!.errorCode
  } finally {
    await client.close()
  }
}

async function topicsOf(broker: Composition): Promise<string[]> {
  const client = await connect(broker.bootstrap)
  try {
    const answer = await client.send(Metadata, 12, { topics: null } as never)
    return answer.topics.map(({ name, partitions }) => `${name}/${partitions.length}`)
  } finally {
    await client.close()
  }
}

t.test(
  'brokers on new directories become one cluster, see what each other does, and know it after a restart',
  {
    skip: etcdMissing,
  },
  async t => {
    const etcd = await EtcdCluster.start(t)
    const store = etcd.address('cluster')
    const files = [memoryFiles(), memoryFiles()] as const
    const one = await start(store, 1, files[0], '/one')
    const two = await start(store, 2, files[1], '/two')
    t.equal(one.clusterId, two.clusterId)
    t.equal(await create(one, 'a', 10_000), codes.NONE)
    while (!(await topicsOf(two)).includes('a/10000')) await new Promise(resolve => setImmediate(resolve))
    t.equal(await create(two, 'b', 1), codes.NONE)
    await two.stop()
    await one.stop()
    const again = await start(store, 1, files[0], '/one')
    t.same((await topicsOf(again)).sort(), ['a/10000', 'b/1'])
    await again.stop()
  },
)

t.test(
  'a broker that could not reach etcd for longer than its session comes back as another run of it',
  {
    skip: etcdMissing,
  },
  async t => {
    const etcd = await EtcdCluster.start(t)
    const proxy = await FaultyProxy.start(t, etcd.members[0]!.port, noFaults, 1)
    const store = `etcd://127.0.0.1:${proxy.port}/away`
    const broker = await start(store, 1, memoryFiles(), '/one', { 'broker.session.timeout.ms': '4000' })
    t.equal(await create(broker, 'before', 1), codes.NONE)
    const looking = storeAt(etcd.address('away'))
    const epoch = async () => JSON.parse((await looking.get('brokers/1'))?.value ?? '{"epoch":-1}').epoch
    t.equal(await epoch(), 1)
    proxy.stuck = 'POST'
    while ((await epoch()) !== -1) await new Promise(resolve => setTimeout(resolve, 50))
    proxy.stuck = null
    proxy.cut()
    while ((await epoch()) !== 2) await new Promise(resolve => setTimeout(resolve, 50))
    let code: number = codes.UNKNOWN_SERVER_ERROR
    for (let i = 0; code !== codes.NONE; i++) code = await create(broker, `after-${i}`, 1)
    t.ok((await topicsOf(broker)).includes('before/1'))
    await looking.close()
    await broker.stop()
  },
)

t.test('a directory of another cluster is refused', { skip: etcdMissing }, async t => {
  const etcd = await EtcdCluster.start(t)
  const files = memoryFiles()
  const alone = await start('embedded', 1, files, '/data')
  await alone.stop()
  const other = await start(etcd.address('cluster'), 2, memoryFiles(), '/other')
  await t.rejects(start(etcd.address('cluster'), 1, files, '/data'), /cluster/)
  await other.stop()
})

t.test('a broker does not start without an answer of etcd, and says why', { skip: etcdMissing }, async t => {
  const etcd = await EtcdCluster.start(t)
  await etcd.members[0]!.kill()
  await t.rejects(start(etcd.address('cluster'), 1, diskFiles, t.testdir()), /etcd does not answer/)
})
