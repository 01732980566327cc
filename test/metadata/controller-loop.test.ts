/** When the controller looks again, and when it lets that be. */
import t from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { applyChanges } from '../../lib/cluster/apply.ts'
import { countStartChanges, registerBrokerChanges } from '../../lib/cluster/changes.ts'
import { brokerOf, type ClusterImage, emptyImage } from '../../lib/cluster/image.ts'
import { type StoredChange, topicKey, writeStored } from '../../lib/cluster/stored.ts'
import type { BrokerServices } from '../../lib/handlers/context.ts'
import { partitionsOf } from '../../lib/handlers/partition-answers.ts'
import { type ControlledCluster, ControllerLoop } from '../../lib/metadata/controller-loop.ts'
import type { Condition } from '../../lib/metadata/store.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { activeBroker } from '../cluster/active-broker.ts'

/** More often than this, it would look again and again without a pause, in which nothing else of the process runs. */
const writesMax = 20

t.test('a broker that is the controller no more while it admits another does not try that without a pause', async t => {
  const image: ClusterImage = {
    ...emptyImage('cluster', 1),
    brokers: [activeBroker(1), activeBroker(2, { state: 'fenced', epoch: 2, previousEpoch: 1 })],
    admitted: new Map([
      [1, { epoch: 1, rack: null }],
      [2, { epoch: 1, rack: null }],
    ]),
    starts: new Map([
      [1, 1],
      [2, 2],
    ]),
  }
  const leadership = { epoch: 1, condition: { key: 'leaders/controller', revision: 1 }, resign: async () => {} }
  const clock = new ManualClock()
  let writes = 0
  let asked = 0
  const cluster: ControlledCluster = {
    image,
    get leadership() {
      if (++asked > writesMax) throw new Error('asked again and again')
      // Its session ends once it has begun.
      return asked === 1 ? leadership : null
    },
    unchanged: key => ({ key, revision: 1 }),
    put: async () => {
      writes++
      return false
    },
  }
  const loop = new ControllerLoop({
    ...{ cluster, clock, logger: silentLogger },
    rules: { minInsyncReplicas: () => 1, isUncleanElectionEnabled: () => false },
    rebalanceEveryMs: () => null,
  })
  loop.wake()
  await loop.settled()
  t.ok(asked <= 5, `${asked} times`)
  t.equal(writes, 0)
  await loop.close()
})

/** Brokers 1 and 2, and a topic that a third led, which is gone. */
function leaderless(partitions: number): ClusterImage {
  const stored = { topicId: 'a'.repeat(22), replicas: new Array(partitions).fill([3, 1, 2]), made: [] }
  const { image } = applyChanges(emptyImage('cluster', 1), [{ key: topicKey('a'), value: writeStored(stored) }], 1)
  const brokers = [activeBroker(1), activeBroker(2)]
  const starts = new Map(brokers.map(({ id, epoch }) => [id, epoch]))
  const admitted = new Map(brokers.map(({ id, epoch }) => [id, { epoch, rack: null }]))
  return { ...image, brokers, admitted, starts }
}

function loopOver(put: ControlledCluster['put'], clock: ManualClock): ControllerLoop {
  return new ControllerLoop({
    cluster: {
      image: leaderless(1_000),
      leadership: { epoch: 1, condition: { key: 'leaders/controller', revision: 1 }, resign: async () => {} },
      unchanged: key => ({ key, revision: 1 }),
      put,
    },
    ...{ clock, logger: silentLogger, rebalanceEveryMs: () => null },
    rules: { minInsyncReplicas: () => 1, isUncleanElectionEnabled: () => false },
  })
}

t.test('elections go to the store several transactions at a time, each within what it takes', async t => {
  const waiting: (() => void)[] = []
  const sizes: number[] = []
  let isOver = false
  const loop = loopOver((_, changes) => {
    sizes.push(changes.length)
    return isOver ? Promise.resolve(false) : new Promise(resolve => waiting.push(() => resolve(true)))
  }, new ManualClock())
  loop.wake()
  for (let done = 0; done < 10; done++) {
    await new Promise(resolve => setImmediate(resolve))
    t.equal(waiting.length, Math.min(4, 10 - done), `${done} are done`)
    isOver = done === 9
    waiting.shift()!()
  }
  t.equal(
    sizes.slice(0, 10).reduce((sum, size) => sum + size, 0),
    1_000,
  )
  t.ok(Math.max(...sizes) <= 100)
  await loop.close()
})

t.test('where the store fails no further elections are written, until it is tried again', async t => {
  const clock = new ManualClock()
  const answers: ((error: Error | null) => void)[] = []
  const loop = loopOver(
    () => new Promise((resolve, reject) => answers.push(error => (error === null ? resolve(true) : reject(error)))),
    clock,
  )
  loop.wake()
  await new Promise(resolve => setImmediate(resolve))
  const first = answers.splice(0)
  t.equal(first.length, 4)
  first[0]!(new Error('out of reach'))
  await new Promise(resolve => setImmediate(resolve))
  t.equal(answers.length, 0)
  for (const answer of first.slice(1)) answer(null)
  await loop.settled()
  t.equal(answers.length, 0)
  clock.advance(500)
  await new Promise(resolve => setImmediate(resolve))
  t.equal(answers.length, 4, 'it looks at the whole again')
  for (const answer of answers) answer(new Error('out of reach'))
  await loop.close()
})

const services = { nodeId: 1, partitions: { anyOffline: false } } as BrokerServices

/** Three brokers' metadata, of which the third, which led, is gone; a write is held up until it is let go. */
class SlowCluster implements ControlledCluster {
  readonly leadership = { epoch: 1, condition: { key: 'leaders/controller', revision: 0 }, resign: async () => {} }
  image = leaderless(3)
  readonly #revisions = new Map<string, number>()
  readonly #held: (() => void)[] = []
  readonly #onChange: () => void

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  unchanged(key: string) {
    return { key, revision: this.#revisions.get(key) ?? 0 }
  }

  async put(conditions: readonly Condition[], changes: readonly StoredChange[]): Promise<boolean> {
    await new Promise<void>(resolve => this.#held.push(resolve))
    if (conditions.some(({ key, revision }) => this.unchanged(key).revision !== revision)) return false
    this.write(changes)
    return true
  }

  write(changes: readonly StoredChange[]): void {
    const revision = this.image.revision + 1
    for (const { key } of changes) this.#revisions.set(key, revision)
    this.image = applyChanges(this.image, changes, revision).image
    this.#onChange()
  }

  async letGo(): Promise<void> {
    await turn()
    for (const go of this.#held.splice(0)) go()
  }

  /** As clients are told of the partitions. */
  told() {
    return partitionsOf(this.image.topics.get('a')!, this.image, services)
  }
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

t.test('no client is told of an earlier epoch where the old leader starts again while another is elected', async t => {
  const cluster: SlowCluster = new SlowCluster(() => loop?.wake())
  const loop = new ControllerLoop({
    ...{ cluster, clock: new ManualClock(), logger: silentLogger, rebalanceEveryMs: () => null },
    rules: { minInsyncReplicas: () => 1, isUncleanElectionEnabled: () => false },
  })
  const epochs = () => cluster.told().map(({ leaderEpoch }) => leaderEpoch)
  loop.wake()
  await turn()
  cluster.write([
    ...countStartChanges(3, 1),
    ...registerBrokerChanges(3, { epoch: 1, state: 'running', rack: null, previousEpoch: -1, endpoints: [] }),
  ])
  const before = epochs()
  for (let i = 0; i < 20; i++) {
    await cluster.letGo()
    await turn()
  }
  t.ok(cluster.told().every(({ leaderId }) => leaderId === 1))
  for (const [i, epoch] of epochs().entries()) t.ok(epoch > before[i]!, `${before[i]}, then ${epoch}`)
  t.equal(brokerOf(cluster.image, 3)!.state, 'active')
  await loop.close()
})
