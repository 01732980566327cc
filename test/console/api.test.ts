/** What the console's interface tells of a cluster and changes in it, and what it refuses to whom. */
import t from 'tap'
import { Consumer } from '../../lib/client/consumer.ts'
import type { GroupAnswer, GroupEventRow, Listed, Refusal, TopicAnswer } from '../../lib/console/answers.ts'
import { adminOf, served } from './served.ts'

const post = (body: unknown) => ({ method: 'POST', body })

t.test('topics are made, grown, set, emptied and deleted', async t => {
  const { ask, send } = await served(t)
  t.match(await ask('topics', post({ name: 'orders', partitions: 2, configs: { 'retention.ms': '1000' } })), {
    status: 200,
  })
  t.match(await ask('topics', post({ name: 'orders' })), { status: 409, body: { code: 'TOPIC_ALREADY_EXISTS' } })
  t.match(await ask('topics', post({ name: 'b ad' })), { status: 409, body: { code: 'INVALID_TOPIC_EXCEPTION' } })
  await send('orders', [
    { value: 'a', partition: 0 },
    { value: 'b', partition: 1 },
  ])
  t.match((await ask('topics?filter=ORD')).body, {
    ...{ total: 1, matching: 1 },
    rows: [{ name: 'orders', partitions: 2, replicas: 1, underReplicated: 0, records: 2 }],
  })
  t.match(await ask('topics/orders/partitions', post({ count: 3 })), { status: 200 })
  const { body } = await ask<TopicAnswer>('topics/orders?from=1&limit=1')
  t.match(body.partitions, { total: 3, rows: [{ index: 1, leader: 1, replicas: [1], isr: [1], start: 0, end: 1 }] })
  t.ok(body.partitions.rows[0]!.bytes! > 0)
  const set = { changes: [{ name: 'retention.ms', value: '2000' }] }
  t.match(await ask('configs/topic/orders', post(set)), { status: 200 })
  const row = async () =>
    (await ask<{ name: string }[]>('configs/topic/orders')).body.find(({ name }) => name === 'retention.ms')
  t.match(await row(), {
    ...{ value: '2000', source: 'DYNAMIC_TOPIC_CONFIG', type: 'long', documentation: /\w/ },
    synonyms: [{ source: 'DYNAMIC_TOPIC_CONFIG', value: '2000' }],
  })
  await ask('configs/topic/orders', post({ changes: [{ name: 'retention.ms', value: null }] }))
  t.match(await row(), { value: '604800000', source: 'DEFAULT_CONFIG' }, 'back to what is behind it')
  const bad = post({ changes: [{ name: 'retention.ms', value: 'soon' }] })
  t.match(await ask('configs/topic/orders', bad), { status: 409, body: { code: 'INVALID_CONFIG' } })
  t.match(await ask('topics/orders/records', { method: 'DELETE' }), { status: 200 })
  t.match((await ask<TopicAnswer>('topics/orders')).body.partitions.rows[0], { start: 1, end: 1 }, 'emptied')
  t.match(await ask('topics/orders', { method: 'DELETE' }), { status: 200 })
  t.match((await ask('topics')).body, { total: 0, rows: [] }, 'gone from the list at once')
  t.match(await ask('topics/orders'), { status: 404, body: { code: 'UNKNOWN_TOPIC_OR_PARTITION' } })
})

t.test('a record is sent as it is written, null or empty too, by key or to a partition', async t => {
  const { ask } = await served(t, { topics: { orders: 4 } })
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const headers = [
    { key: 'h', value: null },
    { key: 'h', value: base64('x') },
  ]
  const to2 = await ask('topics/orders/records', post({ partition: 2, key: null, value: '', headers, timestamp: 5 }))
  t.match(to2.body, { partition: 2, offset: 0 })
  t.match((await ask('topics/orders/partitions/2/records/0')).body, {
    ...{
      key: null,
      value: { length: 0 },
      timestamp: 5,
      headerCount: 2,
      headers: [{ value: null }, { value: { length: 1 } }],
    },
  })
  const first = await ask<{ partition: number }>('topics/orders/records', post({ key: base64('k'), value: null }))
  const second = await ask<{ partition: number }>('topics/orders/records', post({ key: base64('k'), value: null }))
  t.equal(first.body.partition, second.body.partition, 'the same key goes to the same partition')
  for (const body of [
    { key: 'not base64!' },
    { key: 5 },
    { partition: 1.5 },
    { headers: [{}] },
    [],
    'x',
    { timestamp: '1' },
  ])
    t.match(
      await ask('topics/orders/records', post(body)),
      { status: 400, body: { error: /\w/ } },
      JSON.stringify(body),
    )
  t.match(await ask('topics/orders/records', post({ partition: 9 })), { status: 404 })
  t.match(await ask('topics/none/records', post({ value: null })), { status: 404 }, 'no topic is made by it')
  t.match((await ask('topics')).body, { total: 1 })
})

t.test('a group is told with members, lag and what happened to it, and its offsets can be set', async t => {
  const { ask, send, broker } = await served(t, { topics: { orders: 2 } })
  await send(
    'orders',
    Array.from({ length: 10 }, (_, n) => ({ value: `${n}`, partition: n % 2 })),
  )
  const admin = adminOf(broker.bootstrap)
  t.teardown(() => admin.close())
  const consumer = new Consumer({ routes: admin, reset: 'earliest', group: { groupId: 'a/b c' } })
  await consumer.subscribe({ topics: ['orders'] })
  while (consumer.assigned.length < 2) await consumer.wait(20)
  await consumer.commit([{ topic: 'orders', partition: 1, offset: 3 }])
  const name = encodeURIComponent('a/b c')
  const { body } = await ask<GroupAnswer>(`groups/${name}`)
  t.match(body, {
    groupId: 'a/b c',
    state: 'Stable',
    kind: 'classic',
    coordinator: 1,
    lag: 2,
    members: [{ partitions: { length: 2 } }],
  })
  const { memberId } = body.members[0]!
  t.match(body.partitions.rows, [
    { topic: 'orders', partition: 0, committed: null, lag: null, end: 5, memberId },
    { topic: 'orders', partition: 1, committed: 3, lag: 2, end: 5, memberId },
  ])
  t.match((await ask('groups')).body, { rows: [{ groupId: 'a/b c', members: 1, topics: 1, lag: 2, state: 'Stable' }] })
  t.match((await ask('topics/orders/groups')).body, { rows: [{ groupId: 'a/b c', lag: 2 }] })
  const events = (await ask<Listed<GroupEventRow>>(`groups/${name}/events`)).body.rows
  t.match(
    events.at(-1),
    { what: 'group rebalances', fields: { reason: /joins/ } },
    'the first thing that happened to it',
  )
  t.match(events[0], { what: 'group has a new generation', fields: { generation: 1, members: 1 } }, 'the last')

  const reset = (fields: object) => ask(`groups/${name}/offsets`, post({ topic: 'orders', ...fields }))
  t.match(
    (await reset({ to: 'latest', apply: true })).body,
    { partitions: [{ error: 'UNKNOWN_MEMBER_ID' }] },
    'not while somebody is in it',
  )
  await consumer.close()
  t.match((await reset({ to: 'shift', value: -2, partitions: [1] })).body, {
    ...{ applied: false, partitions: [{ partition: 1, from: 3, to: 1, error: null }] },
  })
  t.match(
    (await ask<GroupAnswer>(`groups/${name}`)).body.partitions.rows[0],
    { committed: 3 },
    'a plan changes nothing',
  )
  t.match((await reset({ to: 'offset', value: 99, apply: true })).body, {
    ...{
      applied: true,
      partitions: [
        { from: null, to: 5 },
        { from: 3, to: 5 },
      ],
    },
  })
  t.match((await ask(`groups/${name}`)).body, { lag: 0, state: 'Empty', members: [] })
  t.match((await reset({ to: 'earliest' })).body, { partitions: [{ to: 0 }, { to: 0 }] })
  t.match((await reset({ to: 'time', value: 9_000_000_000_000 })).body, { partitions: [{ to: 5 }, { to: 5 }] })
  t.match(await reset({ to: 'code' }), { status: 400 })
  t.match(await ask(`groups/${name}`, { method: 'DELETE' }), { status: 200 })
  t.match(await ask(`groups/${name}`), { status: 404, body: { code: 'GROUP_ID_NOT_FOUND' } })
  t.match(await ask(`groups/${name}/events`), { status: 404 })
})

t.test('brokers tell of their disks, settings and what is not replicated', async t => {
  const { ask } = await served(t, { topics: { orders: 3 } })
  t.match((await ask('brokers')).body, [
    {
      nodeId: 1,
      isController: true,
      isFenced: false,
      leads: 3,
      replicas: 3,
      underReplicated: 0,
      directories: [{ error: null }],
    },
  ])
  t.match((await ask('replication')).body, { partitions: 3, rows: { matching: 0 } })
  const configs = (await ask<{ name: string; isSecret: boolean; value: unknown }[]>('configs/broker/1')).body
  t.ok(configs.length > 100)
  t.ok(
    configs.filter(({ isSecret }) => isSecret).every(({ value }) => value === null),
    'secrets are not told',
  )
  t.match(await ask('configs/broker/x'), { status: 400 })
  t.match(await ask('configs/secrets/1'), { status: 400 })
})

t.test('who has not the token reads, and changes nothing', async t => {
  const { ask, askAsAnybody } = await served(t, { topics: { orders: 1 } })
  t.match((await askAsAnybody('cluster')).body, { mayWrite: false, user: null, canLogIn: false })
  t.match((await ask('cluster')).body, { mayWrite: true })
  t.match((await askAsAnybody('topics')).body, { total: 1 })
  const writes = [
    ...['topics', 'topics/orders/partitions', 'topics/orders/records', 'configs/topic/orders', 'groups/g/offsets'].map(
      path => ['POST', path] as const,
    ),
    ...['topics/orders', 'topics/orders/records', 'groups/g'].map(path => ['DELETE', path] as const),
    ['POST', 'transactions/x/abort'] as const,
  ]
  for (const [method, path] of writes) {
    t.match(await askAsAnybody<Refusal>(path, { method, body: {} }), { status: 401 }, `${method} ${path}`)
  }
  t.match((await ask('topics')).body, { total: 1, rows: [{ name: 'orders', partitions: 1, records: 0 }] })
  const plain = { method: 'POST', body: { name: 'x' }, headers: { 'content-type': 'text/plain' } }
  t.match(await ask('topics', plain), { status: 415 }, 'as a form of another site could send it')
})

t.test('what there is not is refused, and nothing of it is looked for elsewhere', async t => {
  const { ask } = await served(t)
  for (const path of [
    '',
    'none',
    'topics/a/b/c/d/e/f',
    '../live',
    'constructor',
    'topics/%',
    '__proto__',
    'GET topics',
  ]) {
    const { status } = await ask(path)
    t.ok(status === 404 || status === 400 || (path === '../live' && status === 200), `${path}: ${status}`)
  }
  t.match(await ask('topics?limit=100000'), { status: 400 })
  t.match(await ask('topics?from=-1'), { status: 400 })
  // Rather than looked up as another: numbers here are exact up to 2^53.
  for (const path of [
    'topics/a/records?start=offset:9007199254740993',
    'topics/a/partitions/0/records/9007199254740993',
  ])
    t.match(await ask(path), { status: 400, body: { error: /9007199254740993/ } }, path)
})
