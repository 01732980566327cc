/** What elections and reassignments rest on that an administrator asks for. */
import t from 'tap'
import { applyChanges } from '../../lib/cluster/apply.ts'
import { type ClusterImage, emptyImage } from '../../lib/cluster/image.ts'
import { startsKey, topicKey, writeStored } from '../../lib/cluster/stored.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import type { Planning } from '../../lib/metadata/change-isr.ts'
import { planAndElect } from '../../lib/metadata/elections.ts'
import { planAndReassign } from '../../lib/metadata/reassignments.ts'
import { operationsMax } from '../../lib/metadata/store.ts'
import { activeBroker } from '../cluster/active-broker.ts'

const config = BrokerConfig.parse({})
const topics = 90

/** Topics of one partition, each led by another broker, which is gone; brokers 1 and 2 have replicas of all. */
function leaderless(): ClusterImage {
  const changes = Array.from({ length: topics }, (_, i) => {
    const stored = { topicId: `${i}`.padEnd(22, 'a'), replicas: [[10 + i, 1, 2]], made: [] }
    return { key: topicKey(`topic-${i}`), value: writeStored(stored) }
  })
  const { image } = applyChanges(emptyImage('cluster', 1), changes, 1)
  const admitted = new Map(Array.from({ length: 10 + topics }, (_, id) => [id, { epoch: 1, rack: null }]))
  return { ...image, brokers: [activeBroker(1), activeBroker(2)], admitted }
}

/** A cluster that keeps the plans that it is given, and what each rests on. */
function recording() {
  const plans: { readonly keys: Set<string>; readonly changes: number }[] = []
  const image = leaderless()
  return {
    plans,
    async changeBy<T>(plan: Planning<T>): Promise<T> {
      const { changes, restsOn = [], result } = plan(image)
      plans.push({ keys: new Set([...changes.map(({ key }) => key), ...restsOn]), changes: changes.length })
      return result
    },
  }
}

const named = Array.from({ length: topics }, (_, i) => ({ topic: `topic-${i}`, index: 0 }))

for (const [what, ask] of [
  ['elections', (cluster: ReturnType<typeof recording>) => planAndElect(cluster, config, named, 'unclean')],
  [
    'reassignments',
    (cluster: ReturnType<typeof recording>) =>
      planAndReassign(
        cluster,
        config,
        named.map(each => ({ ...each, replicas: [2, 1, 5] })),
        { mayChangeFactor: true },
      ),
  ],
] as const) {
  t.test(`${what} that take the lead from brokers are not written once one of these has started again`, async t => {
    const cluster = recording()
    await ask(cluster)
    const all = new Set(cluster.plans.flatMap(({ keys }) => [...keys]))
    for (let i = 0; i < topics; i++) t.ok(all.has(startsKey(10 + i)), startsKey(10 + i))
    for (const { keys, changes } of cluster.plans) {
      t.ok(keys.size <= operationsMax, `${keys.size} conditions`)
      t.ok(changes <= operationsMax, `${changes} changes`)
    }
  })
}
