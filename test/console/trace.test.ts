/** The live trace: requests and answers in words, for who may write and may alter the cluster, told while somebody looks. */
import t, { type Test } from 'tap'
import { createAcls } from '../../lib/admin/acls.ts'
import { alterConfigs } from '../../lib/admin/configs.ts'
import { alterScramUser } from '../../lib/admin/users.ts'
import { Secret } from '../../lib/base/secret.ts'
import { operations, patternTypes, permissions, resourceTypes } from '../../lib/cluster/acls.ts'
import { LiveTrace } from '../../lib/composition/live-trace.ts'
import type { TraceAnswer } from '../../lib/console/answers.ts'
import type { CallInfo, Interceptor } from '../../lib/server/interceptor.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import type { TraceLine } from '../../lib/trace/line.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { browserFor, chromiumMissing, pageIn, seriousIn } from './browser.ts'
import { adminOf, served, token } from './served.ts'

const rules = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:admin',
}
const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required'

t.setTimeout(300_000)

function ofClients(lines: readonly TraceLine[]): TraceLine[] {
  return lines.filter(({ clientId }) => clientId !== 'ottla-console')
}

t.test('it begins when it is asked for, and tells of a produce in words', async t => {
  const { ask, admin, send } = await served(t, { topics: { orders: 1 } })
  await send('orders', [{ value: 'before' }])
  const first = await ask<TraceAnswer>('trace')
  t.match(first, { status: 200, body: { lines: [], last: 0, missed: 0, sinceMs: Number } })
  await send('orders', [{ key: 'customer-1', value: 'a contract' }, { value: 'another' }])
  const { body } = await ask<TraceAnswer>('trace?since=0')
  const produce = ofClients(body.lines).filter(({ api }) => api === 'Produce')
  t.match(produce, [
    { kind: 'request', text: /^2 records to orders-0, acks all/ },
    { kind: 'answer', text: 'orders-0 at 1', tookMs: Number },
  ])
  t.equal(produce[0]!.correlationId, produce[1]!.correlationId)
  await admin.metadata(['orders'])
  const { body: more } = await ask<TraceAnswer>(`trace?since=${body.last}`)
  t.match(ofClients(more.lines), [
    { api: 'Metadata', kind: 'request', text: 'orders' },
    { api: 'Metadata', kind: 'answer' },
  ])
  t.ok(more.lines.every(({ number }) => number > body.last))
  t.match(await ask('trace?since=x'), { status: 400 })
})

t.test('neither contents nor credentials stand in it', async t => {
  const { ask, admin, send } = await served(t, {
    topics: { orders: 1 },
    properties: {
      ...rules,
      'super.users': 'User:ANONYMOUS',
      listeners: 'PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
      'sasl.jaas.config': `${login} user_admin="word-of-admin";`,
    },
  })
  await ask('trace')
  await send('orders', [{ key: 'key-sent', value: 'value-sent', headers: [{ key: 'header-sent', value: null }] }])
  await alterConfigs(admin, { type: 'topic', name: 'orders' }, [{ name: 'retention.ms', value: '987654321' }])
  const salt = Buffer.from('salt-of-the-user')
  const set = [{ mechanism: 'SCRAM-SHA-256', password: new Secret('word-of-user'), iterations: 4096 }] as const
  await alterScramUser(admin, 'somebody', { set, deleted: [] }, () => salt)
  await ask('login', { method: 'POST', body: { user: 'admin', password: 'word-of-admin' } })
  const { body } = await ask<TraceAnswer>('trace?since=0')
  const apis = new Set(body.lines.map(({ api }) => api))
  for (const api of ['Produce', 'IncrementalAlterConfigs', 'AlterUserScramCredentials']) t.ok(apis.has(api), api)
  t.notOk(apis.has('SaslAuthenticate'), 'logins are none of its requests')
  t.notMatch(JSON.stringify(body), /-sent|word-of|salt-of|987654321/)
})

t.test('without the right to write it is refused, and does not begin', async t => {
  const { ask, askAsAnybody, send } = await served(t, { topics: { orders: 1 } })
  t.match(await askAsAnybody('trace'), { status: 401, body: { error: /may write/ } })
  await send('orders', [{ value: 'a' }])
  t.match(await ask('trace'), { status: 200, body: { lines: [], last: 0 } })
})

t.test('under access rules it is for who may alter the cluster', async t => {
  const { broker, ask } = await served(t, {
    topics: { orders: 1 },
    properties: {
      ...rules,
      listeners: 'PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0',
      'super.users': 'User:admin;User:broker',
      'allow.everyone.if.no.acl.found': 'false',
      'sasl.enabled.mechanisms': 'PLAIN',
      'sasl.jaas.config': `${login} user_admin="secret" user_alice="word" user_olga="wort";`,
    },
  })
  t.match(await ask('trace'), { status: 403, body: { code: 'CLUSTER_AUTHORIZATION_FAILED', needsLogin: true } })
  const logIn = async (user: string, password: string) => {
    const { status, headers } = await ask('login', { method: 'POST', body: { user, password } })
    t.equal(status, 200, `${user} logs in`)
    const cookie = headers.get('set-cookie')!.split(';')[0]!
    return async (path: string) => {
      const response = await fetch(`http://${broker.http}/api/${path}`, { headers: { cookie } })
      return { status: response.status, body: await response.json() }
    }
  }
  const admin = await logIn('admin', 'secret')
  t.match(await admin('trace'), { status: 200 })
  const [alice, olga] = [await logIn('alice', 'word'), await logIn('olga', 'wort')]
  const client = adminOf(broker.listeners.find(({ name }) => name === 'SASL_PLAINTEXT')!.address, 'admin', 'secret')
  t.teardown(() => client.close())
  const rule = (principal: string, operation: number) => ({
    ...{ resourceType: resourceTypes.cluster, resourceName: 'kafka-cluster', patternType: patternTypes.literal },
    ...{ principal, host: '*', operation, permissionType: permissions.allow },
  })
  await createAcls(client, [rule('User:alice', operations.describe), rule('User:olga', operations.alter)])
  t.match(await alice('trace'), { status: 403 }, 'to describe it is not enough')
  t.match(await olga('trace'), { status: 200 })
})

/** A trace of requests that are made here, on a clock that is turned. */
function watched(t: Test) {
  const clock = new ManualClock()
  const interceptors: Interceptor[] = []
  const trace = new LiveTrace({ interceptors, clock, topicNameOf: () => undefined })
  t.teardown(() => trace.close())
  let count = 0
  const ask = (clientId = 'app', groups = 0) => {
    const call = {
      ...{ api: Metadata, apiVersion: 12, correlationId: count++, clientId, requestBytes: 20, startMs: 0 },
      connection: { id: 7 },
      request: { topics: [{ name: 'orders' }], groupId: 'g'.repeat(groups) },
    } as unknown as CallInfo
    for (const each of [...interceptors]) {
      each.before?.(call)
      each.after?.(call, {}, 1)
    }
  }
  return { clock, interceptors, trace, ask }
}

t.test('it ends when nobody looks any more, and nothing stands around requests then', async t => {
  const { clock, interceptors, trace, ask } = watched(t)
  t.equal(interceptors.length, 0, 'nor before')
  trace.look(0)
  t.equal(interceptors.length, 1)
  await clock.advance(9_000)
  ask()
  t.equal(trace.look(0).last, 2)
  await clock.advance(9_000)
  t.equal(interceptors.length, 1, 'each look has it go on')
  await clock.advance(1_001)
  t.equal(interceptors.length, 0)
  ask()
  const begun = trace.look(2)
  t.match(begun, { lines: [], last: 2, missed: 0 }, 'what was asked in between is not told')
  t.equal(begun.sinceMs, clock.now())
  ask()
  t.same(
    trace.look(2).lines.map(({ number }) => number),
    [3, 4],
    'and it counts on',
  )
  trace.close()
  t.equal(interceptors.length, 0, 'it ends with its broker')
  trace.look(0)
  t.equal(interceptors.length, 0, 'for good')
})

t.test('who looks too seldom is told how much went by, and nothing is kept for them', async t => {
  const { trace, ask } = watched(t)
  trace.look(0)
  ask()
  for (let n = 0; n < 3_000; n++) ask()
  const { lines, last, missed } = trace.look(2)
  t.match({ last, missed, lines: lines.length }, { last: 6_002, missed: 5_500, lines: 500 })
  t.equal(lines.at(-1)!.number, 6_002)
  t.equal(trace.look(0).lines.length, 500)
  t.equal(trace.look(1e9).lines.length, 500, 'as who has seen another broker')
})

t.test('names without end are cut, and brokers are left out', async t => {
  const { trace, ask } = watched(t)
  trace.look(0)
  ask('broker-2')
  ask('c'.repeat(30_000), 30_000)
  const { lines } = trace.look(0)
  t.match(lines, [{ kind: 'request', clientId: /^c{500}…$/, text: /^group g{494}…$/ }, { kind: 'answer' }])
})

t.test('in a browser it shows what comes', { skip: chromiumMissing, timeout: 120_000 }, async t => {
  const { broker, send } = await served(t, { topics: { orders: 1 } })
  const { page, failures } = await pageIn(await browserFor(t), t)
  await page.goto(`http://${broker.http}/?token=${token}`)
  await page.getByRole('link', { name: 'Trace' }).click()
  await page.getByText('It is told while somebody looks.').waitFor()
  await send('orders', [{ value: 'a' }, { value: 'b' }])
  await page.getByText('2 records to orders-0').waitFor()
  t.same(await seriousIn(page), [])
  t.same(failures, [])
})
