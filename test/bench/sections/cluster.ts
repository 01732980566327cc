/** What a cluster costs: the next leaders of a broker that died, what others see of a change, reading all of it, and a start of three brokers. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startOwnBroker } from '../../../conformance/own-broker.ts'
import { until } from '../../../conformance/scenario.ts'
import { systemClock } from '../../../lib/base/clock.ts'
import { silentLogger } from '../../../lib/base/logger.ts'
import { systemRandom } from '../../../lib/base/random.ts'
import { planAclCreations } from '../../../lib/cluster/acl-plans.ts'
import type { ClusterImage } from '../../../lib/cluster/image.ts'
import {
  partitionKey,
  type StoredPartition,
  type StoredTopic,
  topicKey,
  writeStored,
} from '../../../lib/cluster/stored.ts'
import { BrokerConfig } from '../../../lib/config/config.ts'
import { Cluster } from '../../../lib/metadata/cluster.ts'
import { EmbeddedStore } from '../../../lib/metadata/embedded.ts'
import { openJournal } from '../../../lib/metadata/log-journal.ts'
import { sharedStore } from '../../../lib/metadata/shared.ts'
import type { MetadataStore } from '../../../lib/metadata/store.ts'
import { diskFiles } from '../../../storage/files.ts'
import { freePorts } from '../../free-port.ts'
import { EtcdMember, etcdMissing } from '../../metadata/etcd-server.ts'
import { storeAt } from '../../metadata/etcd-store.ts'
import { Figures, median, type Section } from '../measures.ts'
import { usageOf } from '../replay/process-usage.ts'
import { produceFirst } from './start.ts'

const [elected, loaded, partitionsEach, changes] = [[1_000, 10_000], 100_000, 100, 100]
const inMs = { unit: 'ms', digits: 0, better: 'lower' } as const
const inSeconds = { unit: 's', digits: 2, better: 'lower' } as const
const replicas = [3, 1, 2]

/** One store of metadata, and objects over it, one for each broker. */
interface Engine {
  readonly name: string
  /** The process of the store, where it has one of its own. */
  readonly pid: number | null
  another(): MetadataStore
  /** The same, read from disk where this process keeps it. */
  reopened(): Promise<Engine>
  close(): Promise<void>
}

/** See the head of the file. */
export async function clusters(rounds: number): Promise<Section> {
  const figures = new Figures()
  const engines: (() => Promise<Engine>)[] = [embedded, ...(etcdMissing ? [] : [etcd])]
  for (let round = 0; round <= rounds; round++) {
    const add = (name: string, unit: typeof inMs | typeof inSeconds, value: number) => {
      console.log(`round ${round}, ${name}: ${value.toFixed(2)} ${unit.unit}`)
      if (round > 0) figures.add(0, { ...unit, name }, value)
    }
    for (const open of engines) {
      for (const count of elected) await withEngine(open, engine => elect(engine, count, add))
      await withEngine(open, engine => tell(engine, add))
      await withEngine(open, engine => load(engine, add))
    }
    await start(add)
  }
  const setting =
    "Elections are of three brokers' metadata, without logs, from the moment at which the dead broker's key is gone to the one at which both " +
    `others have the last of the leaders. What is told is the median, and the worst, of ${changes} changes, from the request to what ` +
    'the last of the others sees. All is read by a broker that joins. With etcd the brokers share a process, too, and etcd is another, which does not flush.'
  return { key: 'cluster', rivals: [], measures: figures.all(), setting }
}

type Add = (name: string, unit: typeof inMs | typeof inSeconds, value: number) => void

async function withEngine(open: () => Promise<Engine>, work: (engine: Engine) => Promise<Engine>): Promise<void> {
  const engine = await work(await open())
  await engine.close()
}

async function embedded(): Promise<Engine> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  const over = (): Engine => {
    const later = (run: () => void) => void systemClock.schedule(1_000, run)
    const journal = openJournal({
      ...{ dataDirectory: directory, files: diskFiles, later, logger: silentLogger, now: () => systemClock.now() },
      schedule: run => systemClock.immediate(run),
      onFailed: error => {
        throw error
      },
    })
    const store = new EmbeddedStore(journal, () => new Promise(later))
    return {
      ...{ name: 'embedded', pid: null },
      another: () => sharedStore(store),
      reopened: async () => {
        await store.close()
        return over()
      },
      close: async () => {
        await store.close()
        rmSync(directory, { recursive: true, force: true })
      },
    }
  }
  return over()
}

async function etcd(): Promise<Engine> {
  const [port, peerPort] = await freePorts(2)
  const member = new EtcdMember('m0', port!, peerPort!, [])
  member.start(`m0=http://127.0.0.1:${peerPort}`)
  const isHealthy = () =>
    fetch(`${member.url}/health`).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    )
  await until('etcd', isHealthy)
  const stores: MetadataStore[] = []
  const engine: Engine = {
    ...{ name: 'etcd', pid: member.pid },
    another: () => {
      const store = storeAt(`etcd://127.0.0.1:${port}/bench`)
      stores.push(store)
      return store
    },
    reopened: async () => engine,
    close: async () => {
      for (const store of stores) await store.close()
      await member.remove()
    },
  }
  return engine
}

async function brokerOf(engine: Engine, nodeId: number): Promise<Cluster> {
  const cluster = await Cluster.open({
    ...{ store: engine.another(), nodeId, rack: null, clusterId: 'bench', random: systemRandom, logger: silentLogger },
    config: BrokerConfig.parse({}),
    description: { logDirs: [`dir-of-${nodeId}`] },
  })
  await cluster.serve([])
  return cluster
}

async function threeOf(engine: Engine): Promise<[Cluster, Cluster, Cluster]> {
  const all: [Cluster, Cluster, Cluster] = [
    await brokerOf(engine, 1),
    await brokerOf(engine, 2),
    await brokerOf(engine, 3),
  ]
  for (const cluster of all) await cluster.joined(3)
  return all
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

async function elect(engine: Engine, count: number, add: Add): Promise<Engine> {
  const [one, two, three] = await threeOf(engine)
  const assignments = Array.from({ length: 1_000 }, (_, partitionIndex) => ({ partitionIndex, brokerIds: replicas }))
  for (let i = 0; i < count / 1_000; i++) {
    const asked = { name: `topic-${i}`, numPartitions: -1, replicationFactor: -1, assignments, configs: [] }
    const [result] = await one.createTopics([asked])
    if (result!.errorCode !== 0) throw new Error(result!.errorMessage ?? `${result!.errorCode}`)
  }
  const isGone = ({ brokers }: ClusterImage) => !brokers.some(({ id, epoch }) => id === 3 && epoch > 0)
  const hasLeaders = ({ topics }: ClusterImage) =>
    [...topics.values()].every(({ partitions }) => partitions.every(({ leader }) => leader !== 3))
  const gone = reached(one, isGone)
  const led = Promise.all([one, two].map(cluster => reached(cluster, hasLeaders)))
  const killed = three.kill()
  await gone
  const spent = spentSince(engine)
  await led
  spent(`${engine.name}: ${count.toLocaleString('en')} next leaders`, add)
  await killed
  await one.close()
  await two.close()
  return engine
}

async function tell(engine: Engine, add: Add): Promise<Engine> {
  const [one, two, three] = await threeOf(engine)
  const seenAfter = async (write: () => Promise<unknown>, isThere: (image: ClusterImage) => boolean) => {
    const begunMs = performance.now()
    const seen = [two, three].map(cluster => reached(cluster, isThere))
    await write()
    await Promise.all(seen)
    return performance.now() - begunMs
  }
  const [topics, rules]: [number[], number[]] = [[], []]
  for (let i = 0; i < changes; i++) {
    const asked = { name: `topic-${i}`, numPartitions: 3, replicationFactor: 3, assignments: [], configs: [] }
    topics.push(
      await seenAfter(
        () => one.createTopics([asked]),
        image => image.topics.has(asked.name),
      ),
    )
    const rule = {
      ...{ resourceType: 2, resourceName: asked.name, patternType: 3, principal: 'User:reader', host: '*' },
      ...{ operation: 3, permissionType: 3 },
    }
    rules.push(
      await seenAfter(
        () => one.changeBy(({ acls }) => planAclCreations(acls, [rule])),
        ({ acls }) => acls.size > i,
      ),
    )
  }
  for (const [what, figures] of [
    ['a topic', topics],
    ['an access rule', rules],
  ] as const) {
    add(`${engine.name}: ${what} is seen by others`, inMs, median(figures))
    add(`${engine.name}: ${what} is seen by others, worst`, inMs, Math.max(...figures))
  }
  for (const cluster of [three, two, one]) await cluster.close()
  return engine
}

/** Each partition differs from how it began, so that none is short to say. */
async function load(engine: Engine, add: Add): Promise<Engine> {
  const store = engine.another()
  const state: StoredPartition = {
    ...{ leader: 2, leaderEpoch: 7, starts: 3, partitionEpoch: 9, isr: replicas, offlineReplicas: [] },
  }
  const writes: Promise<unknown>[] = []
  for (let n = 0; n < loaded / partitionsEach; n++) {
    const topicId = `topic-${String(n).padStart(16, '0')}`
    const topic: StoredTopic = { topicId, replicas: new Array(partitionsEach).fill(replicas), made: [] }
    const partitions = topic.replicas.map((_, i) => ({ key: partitionKey(topicId, i), value: writeStored(state) }))
    writes.push(
      store.transact({ changes: [{ key: topicKey(`topic-${n}`), value: writeStored(topic) }] }),
      store.transact({ changes: partitions }),
    )
  }
  await Promise.all(writes)
  await store.close()
  const spent = spentSince(engine)
  const again = await engine.reopened()
  const cluster = await brokerOf(again, 1)
  spent(`${engine.name}: ${loaded.toLocaleString('en')} partitions are read`, add)
  if (cluster.image.topics.size !== loaded / partitionsEach) throw new Error('topics are missing')
  await cluster.close()
  return again
}

/** `ottla start --brokers 3` with a new directory, and a record that three have. */
async function start(add: Add): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  const begunMs = performance.now()
  const broker = await startOwnBroker(['--brokers', '3', '--port', '0', '--data', join(directory, 'c')])
  const readyMs = performance.now() - begunMs
  await produceFirst(broker.bootstrap)
  const firstMs = performance.now() - begunMs
  const cpuMs = secondsOf(broker.pid) * 1_000
  add('three brokers in one process are ready', inMs, readyMs)
  add('and have the first record', inMs, firstMs)
  add('and have the first record, of CPU', inMs, cpuMs)
  await broker.stop()
  rmSync(directory, { recursive: true, force: true })
}

/** What has been spent of the machine since: how much by the brokers, and how much by a store of its own. */
function spentSince({ pid }: Engine): (name: string, add: Add) => void {
  const [begunMs, cpu, ofStore] = [performance.now(), process.cpuUsage(), secondsOf(pid)]
  return (name, add) => {
    add(name, inSeconds, (performance.now() - begunMs) / 1_000)
    const { user, system } = process.cpuUsage(cpu)
    add(`${name}, of CPU`, inSeconds, (user + system) / 1e6)
    if (pid !== null) add(`${name}, of etcd's CPU`, inSeconds, secondsOf(pid) - ofStore)
  }
}

function secondsOf(pid: number | null): number {
  const { userSeconds, systemSeconds } = usageOf(pid)
  return userSeconds + systemSeconds
}
