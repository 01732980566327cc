/** Leader epochs, which go on with every start of a leader. */
import t from 'tap'
import { type Random, seededRandom } from '../../lib/base/random.ts'
import { applyChanges } from '../../lib/cluster/apply.ts'
import {
  countStartChanges,
  createPartitionsChanges,
  createTopicChanges,
  deleteTopicChanges,
} from '../../lib/cluster/changes.ts'
import { type ClusterImage, emptyImage } from '../../lib/cluster/image.ts'
import { epochWithoutLeader } from '../../lib/cluster/leader-epochs.ts'
import {
  partitionKey,
  type StoredChange,
  type StoredDeletion,
  type StoredPartition,
  writeStored,
} from '../../lib/cluster/stored.ts'
import { planDeletions, planPartitions, planTopics, type TopicRules } from '../../lib/cluster/topics.ts'
import { activeBroker } from './active-broker.ts'

let ids = 0
const rules: TopicRules = {
  numPartitions: 1,
  replicationFactor: 1,
  deleteEnabled: true,
  newTopicId: () => `id-${++ids}`,
  randomInt: () => 0,
  checkConfigs: () => undefined,
}

/** The cluster's image beside what a store would hold of it. */
class Cluster {
  image: ClusterImage = {
    ...emptyImage('c', 1),
    brokers: [1, 2, 3].map(id => activeBroker(id)),
  }
  readonly stored = new Map<string, string>()

  apply(changes: readonly StoredChange[]): void {
    for (const { key, value } of changes) {
      if (value === null) this.stored.delete(key)
      else this.stored.set(key, value)
    }
    this.image = applyChanges(this.image, changes, this.image.revision + 1).image
  }

  /** As a store tells of a change. */
  #keysOf(change: StoredChange | StoredDeletion): StoredChange[] {
    if ('key' in change) return [change]
    return [...this.stored.keys()].filter(key => key.startsWith(change.prefix)).map(key => ({ key, value: null }))
  }

  /** The image that a broker makes of the store when it starts. */
  listed(): ClusterImage {
    const changes = [...this.stored].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key, value }))
    return applyChanges(emptyImage('c', 1), changes, this.image.revision).image
  }

  start(id: number): void {
    this.apply(countStartChanges(id, (this.image.starts.get(id) ?? 0) + 1))
  }

  create(name: string, leaders: readonly number[]): void {
    const assignments = leaders.map((id, partitionIndex) => ({ partitionIndex, brokerIds: [id] }))
    const request = { name, numPartitions: -1, replicationFactor: -1, assignments, configs: [] }
    this.apply(createTopicChanges(planTopics(this.image, [request], rules)[0]!.plan!))
  }

  enlarge(name: string, leaders: readonly number[]): void {
    const count = this.image.topics.get(name)!.partitions.length + leaders.length
    const assignments = leaders.map(id => ({ brokerIds: [id] }))
    this.apply(createPartitionsChanges(planPartitions(this.image, [{ name, count, assignments }], rules)[0]!.plan!))
  }

  delete(name: string): void {
    const [plan] = planDeletions(this.image, [{ name, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }], rules)
    this.apply(deleteTopicChanges(plan!.topic!).flatMap(change => this.#keysOf(change)))
  }

  /** Gives a partition another leader, in the next epoch. */
  lead(name: string, index: number, leader: number): void {
    const { topicId, partitions } = this.image.topics.get(name)!
    const { leaderEpoch, partitionEpoch, isr, offlineReplicas } = partitions[index]!
    const stored: StoredPartition = {
      leader,
      leaderEpoch: leaderEpoch + 1,
      starts: this.image.starts.get(leader) ?? 0,
      partitionEpoch: partitionEpoch + 1,
      isr,
      offlineReplicas,
    }
    this.apply([{ key: partitionKey(topicId, index), value: writeStored(stored) }])
  }

  epochs(name: string): number[] {
    return this.image.topics.get(name)!.partitions.map(({ leaderEpoch }) => leaderEpoch)
  }
}

t.test('each start of a broker begins two epochs for the partitions that it leads, and none for others', t => {
  const cluster = new Cluster()
  cluster.start(1)
  cluster.start(2)
  cluster.create('a', [1, 2, 1])
  t.same(cluster.epochs('a'), [0, 0, 0])
  const before = cluster.image.topics.get('a')!
  const { image, changed } = applyChanges(cluster.image, countStartChanges(1, 2), 9)
  t.same(
    changed.map(({ before, after }) => [before, after]),
    [[before, image.topics.get('a')]],
    'those who follow the image are told',
  )
  cluster.start(1)
  t.same(cluster.epochs('a'), [2, 0, 2])
  cluster.start(2)
  cluster.start(1)
  t.same(cluster.epochs('a'), [4, 2, 4])
  t.same([...cluster.listed().topics], [...cluster.image.topics])
  t.end()
})

t.test('what is made later begins at epoch 0: topics, more partitions, a topic under the name of a deleted one', t => {
  const cluster = new Cluster()
  for (let i = 0; i < 3; i++) cluster.start(1)
  cluster.create('a', [1])
  cluster.start(1)
  cluster.enlarge('a', [1, 2])
  cluster.enlarge('a', [1])
  t.same(cluster.epochs('a'), [2, 0, 0, 0])
  t.equal(cluster.image.topics.get('a')!.made.length, 2, 'nothing more is kept where no leader has started since')
  cluster.start(1)
  t.same(cluster.epochs('a'), [4, 2, 0, 2])
  t.same([...cluster.listed().topics], [...cluster.image.topics])
  cluster.delete('a')
  cluster.create('a', [1])
  t.same(cluster.epochs('a'), [0])
  t.end()
})

t.test('a partition that another broker leads goes on in epochs of its own', t => {
  const cluster = new Cluster()
  for (const id of [1, 1, 1, 2]) cluster.start(id)
  cluster.create('a', [1])
  cluster.start(1)
  cluster.lead('a', 0, 2)
  t.same(cluster.epochs('a'), [3])
  cluster.start(1)
  t.same(cluster.epochs('a'), [3])
  cluster.start(2)
  t.same(cluster.epochs('a'), [5])
  cluster.lead('a', 0, -1)
  cluster.start(1)
  cluster.start(2)
  t.same(cluster.epochs('a'), [6], 'where nobody leads, nothing begins')
  t.same([...cluster.listed().topics], [...cluster.image.topics])
  t.end()
})

t.test('what a build wrote that counted no starts goes on in new epochs', t => {
  const cluster = new Cluster()
  const replicas = [[1], [1], [1]]
  const led = { leader: 1, leaderEpoch: 7, partitionEpoch: 9, isr: [1], offlineReplicas: [] }
  cluster.apply([
    { key: 'topics/old', value: JSON.stringify({ topicId: 'old', replicas }) },
    { key: 'partitions/old/1', value: JSON.stringify(led) },
  ])
  t.same(cluster.epochs('old'), [0, 7, 0])
  cluster.start(1)
  t.same(cluster.epochs('old'), [2, 9, 2])
  t.end()
})

t.test('while its leader is away a partition is in the epoch in between', t => {
  t.equal(epochWithoutLeader({ leader: 1, leaderEpoch: 4 }), 5)
  t.equal(epochWithoutLeader({ leader: -1, leaderEpoch: 5 }), 5)
  t.end()
})

t.test(
  'in any history epochs only grow, and a broker that lists the store sees those that one that watched it sees',
  t => {
    const wrong: string[] = []
    for (let seed = 1; seed <= 50; seed++) {
      const random = seededRandom(seed)
      const cluster = new Cluster()
      const highest = new Map<string, number>()
      for (let step = 0; step < 60; step++) {
        oneStep(cluster, random)
        for (const { topicId, partitions } of cluster.image.topics.values()) {
          for (const { index, leaderEpoch } of partitions) {
            const key = `${topicId}/${index}`
            if (leaderEpoch < (highest.get(key) ?? 0)) wrong.push(`seed ${seed}: ${key} fell to epoch ${leaderEpoch}`)
            highest.set(key, leaderEpoch)
          }
        }
        const [watched, listed] = [cluster.image, cluster.listed()].map(({ topics, starts }) =>
          JSON.stringify([[...topics.values()], [...starts].sort()]),
        )
        if (listed !== watched) wrong.push(`seed ${seed}: listed ${listed}, watched ${watched}`)
      }
    }
    t.same(wrong.slice(0, 3), [])
    t.end()
  },
)

function oneStep(cluster: Cluster, random: Random): void {
  const names = [...cluster.image.topics.keys()]
  const name = names[random.int(Math.max(1, names.length))]
  const leaders = Array.from({ length: 1 + random.int(3) }, () => 1 + random.int(3))
  const chance = random.int(10)
  if (chance < 4) cluster.start(1 + random.int(3))
  else if (chance < 6 || name === undefined) cluster.create(`topic-${++ids}`, leaders)
  else if (chance < 7) cluster.enlarge(name, leaders)
  else if (chance < 8 && names.length > 2) cluster.delete(name)
  else cluster.lead(name, random.int(cluster.epochs(name).length), random.int(4) || -1)
}
