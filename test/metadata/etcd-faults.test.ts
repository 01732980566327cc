/** The store in etcd through networks that lose, delay and repeat, and while etcd itself loses its leader. */
import t, { type Test } from 'tap'
import type { EtcdStore } from '../../lib/metadata/etcd.ts'
import { type Session, StoreUnavailable, type WatchEvent } from '../../lib/metadata/store.ts'
import { storeContract, until } from './contract.ts'
import { EtcdCluster, etcdMissing, post } from './etcd-server.ts'
import { storeAt } from './etcd-store.ts'
import { type Faults, FaultyProxy, noFaults } from './faulty-proxy.ts'

const bad: Faults = { lost: 0.05, unanswered: 0.05, doubled: 0.1, delayed: 0.2, delayMsMax: 30 }
const mild: Faults = { ...bad, lost: 0.02, unanswered: 0.02 }

let names = 0

function addressOf(proxies: readonly FaultyProxy[], prefix: string): string {
  return `etcd://${proxies.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${prefix}`
}

async function proxiesOf(t: Test, cluster: EtcdCluster, faults: Faults, seed: number): Promise<FaultyProxy[]> {
  return Promise.all(cluster.members.map(({ port }, i) => FaultyProxy.start(t, port, faults, seed + i)))
}

/** What etcd itself has under a prefix: how often each key was written since it was made. */
async function versions(url: string, prefix: string): Promise<Map<string, number>> {
  const encoded = (text: string) => Buffer.from(text).toString('base64')
  const body = { key: encoded(prefix), range_end: encoded(`${prefix.slice(0, -1)}0`) }
  const { kvs = [] } = await post(url, '/v3/kv/range', body)
  return new Map(
    kvs.map((kv: { key: string; version: string }) => [
      Buffer.from(kv.key, 'base64').toString().slice(prefix.length),
      Number(kv.version),
    ]),
  )
}

/** What several writers did, and were told of it. */
class Ledger {
  readonly applied = new Set<string>()
  readonly refused = new Set<string>()
  readonly unknown = new Set<string>()

  async write(store: EtcdStore, id: string): Promise<void> {
    const counter = await store.get('counter')
    try {
      const { applied } = await store.transact({
        conditions: [{ key: 'counter', revision: counter?.revision ?? 0 }],
        changes: [
          { key: 'counter', value: String(Number(counter?.value ?? 0) + 1) },
          { key: `done/${id}`, value: '1' },
        ],
      })
      ;(applied ? this.applied : this.refused).add(id)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      this.unknown.add(id)
    }
  }
}

/** Writers count up by compare-and-set and write without conditions, watchers look on, and in the end all has to agree. */
async function holds(
  t: Test,
  cluster: EtcdCluster,
  options: {
    readonly seed: number
    readonly faults: Faults
    /** As many by each writer, and more as long as something goes on meanwhile. */
    readonly writes: number
    readonly meanwhile?: () => Promise<void>
  },
): Promise<void> {
  const prefix = `agree-${++names}`
  const ledger = new Ledger()
  const stores: EtcdStore[] = []
  const allProxies: FaultyProxy[] = []
  const told: WatchEvent[][] = []
  let from: number | null = null
  for (let i = 0; i < 3; i++) {
    const proxies = await proxiesOf(t, cluster, options.faults, options.seed * 100 + 10 * i)
    const store = storeAt(addressOf(proxies, prefix))
    const events: WatchEvent[] = []
    from ??= (await store.list('')).revision
    await store.watch(
      '',
      from,
      event => events.push(event),
      () => t.fail('nothing is forgotten'),
    )
    allProxies.push(...proxies)
    stores.push(store)
    told.push(events)
  }
  let isOver = false
  const meanwhile = Promise.resolve(options.meanwhile?.()).finally(() => {
    isOver = true
  })
  const writers = stores.flatMap((store, i) => [
    (async () => {
      for (let n = 0; n < options.writes || !isOver; n++) await ledger.write(store, `${i}-${n}`)
    })(),
    (async () => {
      for (let n = 0; n < options.writes || !isOver; n++) {
        await store.transact({ changes: [{ key: `plain/${i}-${n}`, value: '1' }] }).catch(error => {
          if (!(error instanceof StoreUnavailable)) throw error
        })
      }
    })(),
  ])
  await Promise.all([...writers, meanwhile])
  for (const proxy of allProxies) proxy.faults = noFaults
  await cluster.ready()
  await Promise.all(allProxies.map(proxy => proxy.settled()))
  for (const store of stores) await store.transact({ changes: [{ key: 'end', value: '1' }] })
  const { entries } = await stores[0]!.list('')
  const keys = new Set(entries.map(({ key }) => key))
  for (const id of ledger.applied) if (!keys.has(`done/${id}`)) t.fail(`${id} was lost`)
  for (const id of ledger.refused) if (keys.has(`done/${id}`)) t.fail(`${id} was refused and done`)
  const done = entries.filter(({ key }) => key.startsWith('done/')).length
  t.equal(Number(entries.find(({ key }) => key === 'counter')?.value), done, 'each counted once')
  const member = cluster.members[0]!
  for (const [key, version] of await versions(member.url, `${prefix}/`)) {
    if (key.startsWith('plain/') && version !== 1) t.fail(`${key} was written ${version} times`)
  }
  t.ok(ledger.applied.size > 0)
  // Each watcher saw the same history, each revision once and in order.
  const last = (await stores[0]!.list('')).revision
  while (told.some(events => events.at(-1)!.changes[0]!.key !== 'end'))
    await new Promise(resolve => setTimeout(resolve, 10))
  const texts = told.map(events =>
    events.filter(({ revision }) => revision <= last).map(event => JSON.stringify(event)),
  )
  t.ok(texts[0]!.length >= done)
  const common = Math.min(...texts.map(({ length }) => length))
  for (const text of texts.slice(1)) t.same(text.slice(0, common), texts[0]!.slice(0, common))
  for (const events of told) {
    if (events.some(({ revision }, i) => i > 0 && revision <= events[i - 1]!.revision)) t.fail('out of order')
  }
  t.comment(`applied ${ledger.applied.size}, refused ${ledger.refused.size}, unknown ${ledger.unknown.size}`)
  for (const store of stores) await store.close()
}

/** All of them wait for a network most of the time, so they do it side by side. */
const together = { buffered: true, timeout: 120_000 } as const
t.setTimeout(together.timeout)
t.jobs = 3

t.test('through a proxy that cuts, delays and repeats', { ...together, skip: etcdMissing, jobs: 5 }, async t => {
  for (const seed of [1, 2]) {
    t.test(`the contract is kept, seed ${seed}`, together, async t => {
      // Its revisions are those of this test alone.
      const cluster = await EtcdCluster.start(t)
      const { url } = cluster.members[0]!
      const [proxy] = await proxiesOf(t, cluster, mild, seed)
      const make = async (t: Test) => {
        const store = storeAt(addressOf([proxy!], `proxied-${++names}`))
        t.teardown(() => store.close())
        return store
      }
      const expire = async (session: Session) => {
        await post(url, '/v3/lease/revoke', { ID: session.id })
      }
      storeContract(t, { make, expire, forget: store => store.compact(0) })
    })
  }
  const cluster = await EtcdCluster.start(t)
  for (const seed of [1, 2, 3]) {
    t.test(`what is told of transactions is true, seed ${seed}`, together, t =>
      holds(t, cluster, { seed, faults: bad, writes: 40 }),
    )
  }
})

t.test('while etcd loses its leader', { ...together, skip: etcdMissing }, async t => {
  // It takes a fifth of the usual time to choose the next one.
  const cluster = await EtcdCluster.start(t, 3, ['--heartbeat-interval', '40', '--election-timeout', '400'])
  await t.test('what is told of transactions is true', t =>
    holds(t, cluster, {
      seed: 7,
      faults: { ...noFaults, delayed: 0.1, delayMsMax: 10 },
      writes: 30,
      meanwhile: async () => {
        const first = await cluster.leader()
        await first.kill()
        cluster.start(first)
        const second = await cluster.leader()
        second.pause()
        await cluster.leader(second)
        second.resume()
      },
    }),
  )
  await t.test('the contract is kept', async t => {
    const make = async (t: Test) => {
      const store = storeAt(cluster.address(`leaderless-${++names}`))
      t.teardown(() => store.close())
      return store
    }
    const expire = async (session: Session) => {
      const { url } = await cluster.leader()
      await post(url, '/v3/lease/revoke', { ID: session.id })
    }
    const leader = await cluster.leader()
    await leader.kill()
    storeContract(t, { make, expire, forget: store => store.compact(0) })
    t.teardown(() => cluster.start(leader))
  })
})

t.test('a session ends', { ...together, skip: etcdMissing, jobs: 4 }, async t => {
  const cluster = await EtcdCluster.start(t)
  for (const [name, stuck] of [
    ['where nothing is answered any more', 'POST'],
    ['where keep-alives are not answered', 'POST /v3/lease/keepalive'],
    ['where the watch stands still', 'POST /v3/watch'],
    ['where nothing can be written', 'POST /v3/kv/txn'],
  ] as const) {
    t.test(name, together, async t => {
      const [proxy] = await proxiesOf(t, cluster, noFaults, 1)
      const store = storeAt(addressOf([proxy!], `clock-${++names}`))
      await store.watch(
        '',
        (await store.list('')).revision,
        () => {},
        () => {},
      )
      const session = await store.openSession(1_500)
      let told = false
      session.onEnd(() => {
        told = true
      })
      proxy!.stuck = stuck
      await until(() => session.ended)
      await until(() => told)
      proxy!.stuck = null
      proxy!.cut()
      await store.close()
    })
  }
})
