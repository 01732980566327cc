/** Leader epochs over the starts of brokers: one write for a start, and none that a crash could take back. */
import t, { type Test } from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { silentLogger } from '../../lib/base/logger.ts'
import { type Random, seededRandom } from '../../lib/base/random.ts'
import type { TopicToCreate } from '../../lib/cluster/topics.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { Cluster } from '../../lib/metadata/cluster.ts'
import { EmbeddedStore } from '../../lib/metadata/embedded.ts'
import { joined } from '../../lib/metadata/joined.ts'
import { type Journal, memoryJournal } from '../../lib/metadata/journal.ts'
import { openJournal } from '../../lib/metadata/log-journal.ts'
import type { MetadataStore } from '../../lib/metadata/store.ts'
import type { Files } from '../../storage/files.ts'
import { SimulatedDisk } from '../simulation/storage-disk.ts'

function openCluster(store: MetadataStore, nodeId = 1): Promise<Cluster> {
  return Cluster.open({
    store,
    config: BrokerConfig.parse({}),
    nodeId,
    rack: null,
    clusterId: 'cluster-a',
    random: seededRandom(nodeId),
    logger: silentLogger,
  })
}

function journalOf(files: Files): Journal {
  return openJournal({
    dataDirectory: '/data',
    files,
    now: () => 0,
    schedule: run => systemClock.immediate(run),
  })
}

function topic(name: string, brokerIds: readonly (readonly number[])[] = [[1]]): TopicToCreate {
  const assignments = brokerIds.map((ids, partitionIndex) => ({ partitionIndex, brokerIds: [...ids] }))
  return { name, numPartitions: -1, replicationFactor: -1, assignments, configs: [] }
}

function epochsIn({ image }: Cluster, name: string): number[] {
  return image.topics.get(name)!.partitions.map(({ leaderEpoch }) => leaderEpoch)
}

/** A journal that tells which keys were written. */
function observed(journal: Journal, written: (keys: readonly string[]) => void): Journal {
  return {
    revision: journal.revision,
    replay: apply => journal.replay(apply),
    append: changes => {
      if (changes.length > 0) written(changes.map(({ key }) => key))
      journal.append(changes)
    },
    flush: () => journal.flush(),
    isOvergrown: keys => journal.isOvergrown(keys),
    rewrite: state => journal.rewrite(state),
    close: () => journal.close(),
  }
}

t.test('a broker that starts again leads all its partitions in new epochs, by one write', async t => {
  const files = new SimulatedDisk()
  const epochs: number[][] = []
  const writes: (readonly string[])[][] = []
  for (let life = 0; life < 4; life++) {
    const written: (readonly string[])[] = []
    const store = new EmbeddedStore(observed(journalOf(files), keys => written.push(keys)))
    const cluster = await openCluster(store)
    writes.push([...written])
    if (life === 0) await cluster.createTopics([topic('first', [[1], [1], [1]])])
    if (life === 2) await cluster.createTopics([topic('third')])
    epochs.push(['first', 'third'].flatMap(name => (cluster.image.topics.has(name) ? epochsIn(cluster, name) : [])))
    await cluster.close()
    await store.close()
  }
  t.same(epochs, [
    [0, 0, 0],
    [2, 2, 2],
    [4, 4, 4, 0],
    [6, 6, 6, 2],
  ])
  const [first, ...later] = writes
  t.same(first, [
    ['cluster', 'features'],
    ['starts/1', 'admitted/1'],
    ['leader-epochs/controller'],
    // What is kept for eligible leader replicas.
    ['configs/broker/'],
  ])
  for (const write of later) t.same(write, [['starts/1', 'admitted/1'], ['leader-epochs/controller']])
})

t.test('of brokers that share a store, one that starts again begins epochs for its own partitions', async t => {
  const store = new EmbeddedStore(memoryJournal())
  const one = await openCluster(store, 1)
  const two = await openCluster(store, 2)
  await two.serve([])
  await joined(one, 2, 2)
  await one.createTopics([topic('a', [[1], [2]])])
  t.same(
    [epochsIn(one, 'a'), epochsIn(two, 'a')],
    [
      [0, 0],
      [0, 0],
    ],
  )
  await two.close()
  t.same(epochsIn(one, 'a'), [0, 0])
  const again = await openCluster(store, 2)
  t.same(
    [epochsIn(one, 'a'), epochsIn(again, 'a')],
    [
      [0, 2],
      [0, 2],
    ],
  )
  await again.close()
  await one.close()
  await store.close()
})

t.test('no epoch in which a broker was up comes again, at whatever step of a start the power fails', async t => {
  let starts = 0
  for (let seed = 1; seed <= 40; seed++) starts += await oneHistory(t, seededRandom(seed))
  t.ok(starts > 150, `${starts} starts came through`)
})

/** Starts that end at any step, by a kill or a power failure; gives how many of them came through. */
async function oneHistory(t: Test, random: Random): Promise<number> {
  let disk = new SimulatedDisk()
  let led = -1
  let through = 0
  for (let life = 0; life < 10; life++) {
    disk.random = random
    disk.stepsLeft = life === 0 ? Number.POSITIVE_INFINITY : random.int(60)
    const up = await startAndStop(disk, life === 0)
    if (up !== null) {
      t.ok(up > led, `epoch ${up} after ${led}`)
      led = up
      through++
    }
    disk = random.int(2) === 0 ? disk.killed() : disk.lostPower(() => random.next())
  }
  return through
}

/** The epoch in which a broker came up, null where the process died before. Nothing is closed. */
async function startAndStop(disk: SimulatedDisk, isFirst: boolean): Promise<number | null> {
  let up: number | null = null
  const life = async () => {
    const cluster = await openCluster(new EmbeddedStore(journalOf(disk)))
    if (isFirst) await cluster.createTopics([topic('a')])
    up = epochsIn(cluster, 'a')[0]!
    // Something more, which the end may catch.
    await cluster.createTopics([topic(`at-${up}`)])
    await cluster.allocateProducerIds()
  }
  let over = false
  const ended = life()
    .catch(() => undefined)
    .finally(() => {
      over = true
    })
  for (let turns = 0; !over && turns < 10_000; turns++) {
    disk.waiting.shift()?.()
    await new Promise(resolve => setImmediate(resolve))
    if (disk.dead && disk.waiting.length === 0) break
  }
  if (!disk.dead) await ended
  return up
}
