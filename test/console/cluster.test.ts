/** The console and the figures of brokers that are a cluster: what other brokers lead and hold is asked of them, by whatever listeners they have. */
import t, { type Test } from 'tap'
import { Admin } from '../../lib/admin/admin.ts'
import { alterGroupOffsets } from '../../lib/admin/groups.ts'
import { createTopics } from '../../lib/admin/topics.ts'
import { systemClock } from '../../lib/base/clock.ts'
import { systemRandom } from '../../lib/base/random.ts'
import { Secret } from '../../lib/base/secret.ts'
import { Cluster } from '../../lib/broker.ts'
import { Producer } from '../../lib/client/producer.ts'
import type {
  BrokerRow,
  ClusterAnswer,
  GroupAnswer,
  RecordsAnswer,
  ReplicationAnswer,
  TopicAnswer,
} from '../../lib/console/answers.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import { Scrape } from '../metrics/scrape.ts'
import { authority, sslProperties, trusting } from '../tls/secured-broker.ts'
import { browserFor, chromiumMissing, pageIn, seriousIn } from './browser.ts'
import { token, withoutRetention } from './served.ts'

const plain = (text: string) => `org.apache.kafka.common.security.plain.PlainLoginModule required ${text};`

interface Way {
  readonly name: string
  readonly properties: Record<string, string>
  readonly connecting: Pick<ConstructorParameters<typeof Admin>[0], 'tls' | 'login'>
  /** Who logs in at the console; null where nobody has to, undefined where nobody can. */
  readonly user: { readonly user: string; readonly password: string } | null | undefined
}

const ways: readonly Way[] = [
  { name: 'without security', properties: {}, connecting: {}, user: null },
  {
    name: 'by certificates that both sides show',
    properties: {
      ...sslProperties(authority.issue({ name: 'broker', hosts: ['127.0.0.1'] })),
      'security.inter.broker.protocol': 'SSL',
      'ssl.client.auth': 'required',
    },
    connecting: { tls: trusting(authority.issue({ name: 'operator' })) },
    user: undefined,
  },
  {
    name: 'by a login within TLS',
    properties: {
      ...sslProperties(),
      listeners: 'SASL_SSL://127.0.0.1:0',
      'security.inter.broker.protocol': 'SASL_SSL',
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': plain(
        'username="broker" password="of brokers" user_broker="of brokers" user_operator="of operators"',
      ),
    },
    connecting: {
      tls: trusting(),
      login: { mechanism: 'PLAIN', user: 'operator', password: new Secret('of operators') },
    },
    user: { user: 'operator', password: 'of operators' },
  },
]

async function start(t: Test, { properties, connecting }: Way): Promise<{ cluster: Cluster; admin: Admin }> {
  const isPlain = properties.listeners === undefined
  const cluster = await Cluster.start({
    ...{ brokers: 3, ephemeral: true, logLevel: 'error', http: { address: '127.0.0.1:0', token } },
    ...(isPlain && { port: 0 }),
    properties: {
      ...{ 'replica.lag.time.max.ms': '1000', 'group.initial.rebalance.delay.ms': '0' },
      ...withoutRetention,
      ...properties,
    },
  })
  t.teardown(() => cluster.stop())
  const admin = new Admin({
    ...{ bootstrap: cluster.bootstrap.split(','), clock: systemClock, random: systemRandom, network: systemNetwork },
    ...{ timeoutMs: 30_000, ...connecting },
  })
  t.teardown(() => admin.close())
  return { cluster, admin }
}

/** Each broker leads one partition of it, which all three hold. */
async function fill(admin: Admin, topic: string): Promise<void> {
  const assignments = [
    [1, 2, 3],
    [2, 3, 1],
    [3, 1, 2],
  ]
  const [made] = await createTopics(admin, [{ name: topic, assignments }])
  if (made!.errorCode !== 0) throw new Error(`${made!.errorCode} ${made!.errorMessage}`)
  const producer = new Producer({ routes: admin })
  await producer.find(topic)
  for (let n = 0; n < 30; n++) {
    producer.send(topic, { timestamp: n, key: null, value: Buffer.from(`record ${n}`) }, n % 3)
  }
  await producer.close()
}

/** Asks the console of one broker, as who has logged in there where somebody has to. */
async function asking(http: string, user: Way['user']) {
  let cookie = ''
  if (user) {
    const answer = await fetch(`http://${http}/api/login`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(user) },
    })
    if (answer.status !== 200) throw new Error(await answer.text())
    cookie = answer.headers.get('set-cookie')!.split(';')[0]!
  }
  return async <T>(path: string): Promise<T> => {
    const answer = await fetch(`http://${http}/api/${path}`, { headers: { cookie } })
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }
}

/** Asks again until the answer is as wanted: the cluster takes its time. */
async function until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  const untilMs = systemClock.monotonicMs() + 60_000
  for (;;) {
    const answer = await ask()
    if (isWanted(answer)) return answer
    if (systemClock.monotonicMs() > untilMs) throw new Error(`it stays ${JSON.stringify(answer)}`)
    await new Promise<void>(resolve => systemClock.schedule(100, resolve))
  }
}

t.setTimeout(300_000)

for (const way of ways) {
  t.test(`lag, records and brokers of a cluster, ${way.name}`, { timeout: 120_000 }, async t => {
    const { cluster, admin } = await start(t, way)
    await fill(admin, 'orders')
    const offsets = [0, 1, 2].map(partition => ({ topic: 'orders', partition, offset: 1 + partition, metadata: '' }))
    await alterGroupOffsets(admin, 'billing', offsets)
    const scrapes = async () => {
      const all = await Promise.all(cluster.brokers.map(broker => Scrape.of(broker, '?detail=partition')))
      return all.map(scrape => scrape.named('ottla_group_lag{'))
    }
    const lag = (partition: number) => `ottla_group_lag{group="billing",topic="orders",partition="${partition}"}`
    const isTold = (told: Record<string, number>[]) =>
      told.some(each => Object.keys(each).length === 3 && each[lag(0)] === 9)
    const told = await until(scrapes, isTold)
    const telling = told.filter(each => Object.keys(each).length > 0)
    t.same(telling, [{ [lag(0)]: 9, [lag(1)]: 8, [lag(2)]: 7 }], 'its coordinator alone, of what all of them lead')
    const [first] = cluster.brokers
    if (way.user === undefined) {
      const answer = await fetch(`http://${first!.http}/api/topics`)
      t.not(answer.status, 200, 'by a listener that wants certificates, the console cannot come')
      return
    }
    const ask = await asking(first!.http!, way.user)
    t.match(await ask<ClusterAnswer>('cluster'), { brokers: 3, nodeId: 1 })
    t.match(await ask<GroupAnswer>('groups/billing'), { lag: 24, partitions: { total: 3 } })
    const { records } = await ask<RecordsAnswer>('topics/orders/records?order=newest')
    t.equal(records.length, 30, 'records of what others lead')
    t.same(
      records.map(({ timestamp }) => timestamp),
      Array.from({ length: 30 }, (_, n) => 29 - n),
      'merged by time',
    )
    const isInSync = ({ partitions: { rows } }: TopicAnswer) => rows.every(({ isr }) => isr.length === 3)
    const { partitions } = await until(() => ask<TopicAnswer>('topics/orders'), isInSync)
    t.match(partitions.rows, [
      { leader: 1, replicas: [1, 2, 3], end: 10 },
      { leader: 2, replicas: [2, 3, 1], end: 10 },
      { leader: 3, replicas: [3, 1, 2], end: 10 },
    ])
    const brokers = await ask<BrokerRow[]>('brokers')
    t.same(
      brokers.map(({ nodeId }) => nodeId),
      [1, 2, 3],
    )
    t.equal(brokers.filter(({ isController }) => isController).length, 1)
    for (const { directories } of brokers) t.ok(directories![0]!.bytes > 0, 'each broker tells of its disks')
    await until(
      () => ask<ReplicationAnswer>('replication'),
      ({ rows }) => rows.matching === 0,
    )
    await cluster.broker(3).kill()
    const isShort = ({ rows: { rows } }: ReplicationAnswer) =>
      [0, 1, 2].every(index =>
        rows.some(row => row.topic === 'orders' && row.partition === index && !row.isr.includes(3)),
      )
    const { rows } = await until(() => ask<ReplicationAnswer>('replication?limit=200'), isShort)
    const orders = rows.rows.filter(({ topic }) => topic === 'orders')
    t.match(
      orders,
      [0, 1, 2].map(() => ({ trouble: 'under-replicated' })),
    )
    const left = await until(
      () => ask<BrokerRow[]>('brokers'),
      all => all.every(({ nodeId, isFenced }) => nodeId !== 3 || isFenced),
    )
    t.match(left.filter(({ nodeId }) => nodeId !== 3).length, 2)
  })
}

t.test(
  'the page shows a cluster, and what is not well with it',
  { skip: chromiumMissing, timeout: 200_000 },
  async t => {
    const { cluster, admin } = await start(t, ways[0]!)
    await fill(admin, 'orders')
    const { page, failures } = await pageIn(await browserFor(t), t)
    await page.goto(cluster.broker(2).httpLink!)
    await page.getByText('3 brokers, Ottla').waitFor({ timeout: 60_000 })
    await page.getByRole('link', { name: 'orders' }).click()
    await page.getByText('30 records').waitFor({ timeout: 60_000 })
    await page.getByRole('link', { name: 'Partitions' }).click()
    await page.getByRole('cell', { name: '2, 3, 1' }).first().waitFor({ timeout: 60_000 })
    await cluster.broker(3).kill()
    await page.getByRole('link', { name: 'Brokers' }).click()
    await page.getByRole('cell', { name: 'under-replicated' }).first().waitFor({ timeout: 60_000 })
    t.same(await seriousIn(page), [])
    t.same(failures, [])
  },
)
