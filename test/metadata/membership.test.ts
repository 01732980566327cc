/** A broker's place in its cluster: runs, sessions that end, and who is let in. */
import t, { type Test } from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { isFenced } from '../../lib/cluster/image.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { Cluster, type ClusterOptions } from '../../lib/metadata/cluster.ts'
import { EmbeddedStore } from '../../lib/metadata/embedded.ts'
import { memoryJournal } from '../../lib/metadata/journal.ts'
import { agreedClusterId } from '../../lib/metadata/registration.ts'
import { sharedStore } from '../../lib/metadata/shared.ts'
import type { MetadataStore, Session } from '../../lib/metadata/store.ts'
import { ManualClock } from '../../lib/testing/clock.ts'

/** A store whose sessions a test ends. */
class Sessions {
  readonly store = new EmbeddedStore(memoryJournal())
  readonly opened: Session[] = []

  for(): MetadataStore {
    const shared = sharedStore(this.store)
    const openSession = async (ttlMs: number) => {
      const session = await shared.openSession(ttlMs)
      this.opened.push(session)
      return session
    }
    return new Proxy(shared, {
      get: (target, name) => {
        const value = name === 'openSession' ? openSession : Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
}

async function open(
  t: Test,
  store: MetadataStore,
  nodeId: number,
  options: Partial<ClusterOptions> = {},
): Promise<Cluster> {
  const cluster = await Cluster.open({
    ...{ store, nodeId, rack: null, clusterId: 'cluster-a', config: BrokerConfig.parse({}) },
    ...{ random: seededRandom(nodeId), logger: silentLogger, clock: new ManualClock() },
    description: { logDirs: [`dir-of-${nodeId}`] },
    ...options,
  })
  t.teardown(() => cluster.close())
  return cluster
}

/** Resolves once the image is as wanted. */
function until(cluster: Cluster, isWanted: () => boolean): Promise<void> {
  if (isWanted()) return Promise.resolve()
  return new Promise(resolve => {
    const stop = cluster.onChange(() => {
      if (!isWanted()) return
      stop()
      resolve()
    })
  })
}

const endpoint = { listener: 'PLAINTEXT', host: 'h', port: 1, securityProtocol: 'PLAINTEXT' }

t.test(
  'a broker alone takes part at once; one that joins does when it serves, and the controller has dealt with it',
  async t => {
    const sessions = new Sessions()
    const one = await open(t, sessions.for(), 1)
    t.match(one.image.brokers, [{ id: 1, epoch: 1, state: 'active' }])
    const two = await open(t, sessions.for(), 2)
    t.ok(isFenced(two.image, 2), 'it does not serve')
    await two.serve([endpoint])
    await until(two, () => !isFenced(two.image, 2))
    t.match(one.image.brokers, [{ id: 1 }, { id: 2, epoch: 1, state: 'active', endpoints: [endpoint] }])
  },
)

t.test('a broker whose session ends leads nothing, and comes back as another run', async t => {
  const sessions = new Sessions()
  const one = await open(t, sessions.for(), 1)
  const seen: boolean[] = []
  one.onChange(({ image }) => seen.push(isFenced(image, 1)))
  t.ok(one.isMember)
  const ending = sessions.opened[0]!.close()
  t.notOk(one.isMember, 'from that moment on')
  await ending
  await until(one, () => one.brokerEpoch === 2 && !isFenced(one.image, 1))
  t.ok(seen.includes(true), 'it was fenced meanwhile')
  t.ok(one.isMember)
  t.match(one.image.brokers, [{ id: 1, epoch: 2, previousEpoch: 1 }], 'it has lost nothing')
})

t.test('who starts again takes the place of the run before, by its directories; others are refused', async t => {
  const sessions = new Sessions()
  await open(t, sessions.for(), 1)
  const replaced: Error[] = []
  const two = await open(t, sessions.for(), 2, { onReplaced: error => replaced.push(error) })
  await t.rejects(open(t, sessions.for(), 2, { description: { logDirs: ['another'] } }), { name: 'DuplicateBroker' })
  t.equal(two.brokerEpoch, 1)
  const again = await open(t, sessions.for(), 2, { description: { logDirs: ['dir-of-2', 'more'], previousEpoch: 1 } })
  t.equal(again.brokerEpoch, 2)
  t.match(again.image.brokers, [{ id: 1 }, { id: 2, epoch: 2, previousEpoch: 1 }])
  t.equal(replaced.length, 1, 'the one before is told to stop')
  t.ok(isFenced(two.image, 2), 'and leads nothing')
})

t.test('brokers that begin together agree on one cluster', async t => {
  const { store } = new Sessions()
  const ids = await Promise.all(['a', 'b', 'c'].map(id => agreedClusterId(store, id)))
  t.equal(new Set(ids).size, 1)
})

t.test('a controller that is killed before it is told of what it has written ends at once', async t => {
  const { store } = new Sessions()
  let isDeaf = false
  let isWriting = () => {}
  const hasWritten = new Promise<void>(resolve => {
    isWriting = resolve
  })
  const shared = sharedStore(store)
  const watch: MetadataStore['watch'] = (prefix, after, listener, gone) =>
    shared.watch(prefix, after, event => isDeaf || listener(event), gone)
  const transact: MetadataStore['transact'] = async transaction => {
    isDeaf = sharesWithAnother
    const result = await shared.transact(transaction)
    if (isDeaf) isWriting()
    return result
  }
  const words: Partial<MetadataStore> = { watch, transact }
  const deaf = new Proxy(shared, {
    get: (target, name: keyof MetadataStore) => words[name] ?? Reflect.get(target, name, target).bind(target),
  })
  let sharesWithAnother = false
  const one = await open(t, deaf, 1)
  sharesWithAnother = true
  const two = await open(t, sharedStore(store), 2)
  await hasWritten
  t.notOk(one.image.admitted.has(2), 'it is not told that it has let the other in')
  await one.kill()
  await two.serve([endpoint])
  await until(two, () => !isFenced(two.image, 2))
})
