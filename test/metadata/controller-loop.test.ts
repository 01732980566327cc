/** When the controller looks again, and when it lets that be. */
import t from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { applyChanges } from '../../lib/cluster/apply.ts'
import { type ClusterImage, emptyImage } from '../../lib/cluster/image.ts'
import { topicKey, writeStored } from '../../lib/cluster/stored.ts'
import { type ControlledCluster, ControllerLoop } from '../../lib/metadata/controller-loop.ts'
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
