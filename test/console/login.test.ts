/** Who the console is for its brokers: nobody in particular, or who has logged in; and what that lets it do. */
import t, { type Test } from 'tap'
import { createAcls } from '../../lib/admin/acls.ts'
import { Broker, type BrokerOptions } from '../../lib/broker.ts'
import { operations, patternTypes, permissions, resourceTypes } from '../../lib/cluster/acls.ts'
import type { ClusterAnswer, Refusal } from '../../lib/console/answers.ts'
import { browserFor, chromiumMissing, pageIn, seriousIn } from './browser.ts'
import { adminOf, served, token } from './served.ts'

const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule required'
const logins = {
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
  'sasl.jaas.config': `${plain} user_admin="secret" user_alice="word";`,
}
const rules = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:admin',
}

/** A broker whose listeners are as these properties say, and what it answers over HTTP. */
async function secured(t: Test, properties: Record<string, string>, options: BrokerOptions = {}) {
  const http = { address: '127.0.0.1:0', token }
  const broker = await Broker.start({
    ...{ ephemeral: true, dev: true, http, logLevel: 'error', topics: { orders: 1, other: 1 } },
    ...{ properties: { ...logins, ...properties } },
    ...options,
  })
  t.teardown(() => broker.stop())
  const ask = async <T>(path: string, cookie = '', body?: unknown) => {
    const response = await fetch(`http://${broker.http}/api/${path}`, {
      headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    })
    return {
      status: response.status,
      body: (await response.json()) as T,
      cookie: response.headers.get('set-cookie') ?? '',
    }
  }
  const logIn = async (user: string, password: string) => {
    const { status, body, cookie } = await ask<Refusal>('login', '', { user, password })
    return { status, body, cookie: cookie.split(';')[0]!, flags: cookie }
  }
  return { broker, ask, logIn }
}

t.test('where every listener asks for a login, so does the console', async t => {
  const { ask, logIn } = await secured(t, { listeners: 'SASL_PLAINTEXT://127.0.0.1:0' })
  t.match(await ask('cluster'), { status: 401, body: { needsLogin: true } })
  t.match(await ask('topics'), { status: 401, body: { needsLogin: true } })
  t.match(await logIn('alice', 'wrong'), { status: 401, body: { needsLogin: true }, cookie: '' })
  t.match(await logIn('nobody', 'x'), { status: 401, cookie: '' })
  const alice = await logIn('alice', 'word')
  t.match(alice, { status: 200, flags: /; HttpOnly; SameSite=Strict$/ })
  t.match(await ask<ClusterAnswer>('cluster', alice.cookie), {
    body: { user: 'alice', mayWrite: true, canLogIn: true },
  })
  t.match(await ask('topics', alice.cookie), { body: { total: 2 } })
  t.match(await ask('topics', 'ottla_1=guess'), { status: 401 })
  const out = await ask('logout', alice.cookie, {})
  t.match(out.cookie, /Max-Age=0/)
  t.match(await ask('topics', alice.cookie), { status: 401 }, 'the session is over, whoever has kept its cookie')
})

t.test('a listener for others, without logins, opens no way around them', async t => {
  const { ask, logIn } = await secured(t, {
    listeners: 'INTERNAL://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0',
    'listener.security.protocol.map': 'INTERNAL:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT',
    'inter.broker.listener.name': 'INTERNAL',
  })
  t.match(await ask('topics'), { status: 401, body: { needsLogin: true } })
  const { cookie } = await logIn('alice', 'word')
  t.match(await ask('topics', cookie), { body: { total: 2 } })
})

t.test('under access rules everybody sees what is theirs, and a login shows more', async t => {
  const { broker, ask, logIn } = await secured(t, {
    ...rules,
    listeners: 'PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0',
    'super.users': 'User:admin;User:ANONYMOUS',
  })
  const admin = adminOf(broker.listeners[0]!.address)
  t.teardown(() => admin.close())
  const rule = (
    principal: string,
    operation: number,
    resourceName: string,
    permissionType: number = permissions.allow,
  ) => ({
    ...{ resourceType: resourceTypes.topic, resourceName, patternType: patternTypes.literal },
    ...{ principal, host: '*', operation, permissionType },
  })
  await createAcls(admin, [rule('User:alice', operations.read, 'orders')])
  t.match(await ask('topics'), { body: { total: 2 } }, 'who has not logged in is a super user here')
  const { cookie } = await logIn('alice', 'word')
  t.match(await ask('topics', cookie), { body: { total: 1, rows: [{ name: 'orders' }] } }, 'and alice is not')
  t.match(await ask('topics/orders/records', cookie), { status: 200 })
  t.match(await ask('topics/orders/records', cookie, { value: '' }), {
    status: 403,
    body: { code: 'TOPIC_AUTHORIZATION_FAILED' },
  })
  t.match(await ask('topics/other/records', cookie), { status: 403 })
  t.match(await ask('topics', cookie, { name: 'mine' }), { status: 403 })
  t.match(await ask('groups/g/events', cookie), { status: 403 }, 'nor is it told of groups')
  t.match(await ask('configs/broker/1', cookie), { status: 403 })
})

t.test('where nobody in particular may nothing, the console offers a login', async t => {
  const { ask } = await secured(
    t,
    {
      ...rules,
      listeners: 'PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0',
      'super.users': 'User:admin',
    },
    { topics: {} },
  )
  t.match(await ask('cluster'), { status: 200, body: { user: null, canLogIn: true } })
  t.match(await ask('configs/broker/1'), { status: 403, body: { needsLogin: true } })
})

t.test('the page asks who is there, and goes on as them', { skip: chromiumMissing, timeout: 120_000 }, async t => {
  const { broker } = await secured(t, { listeners: 'SASL_PLAINTEXT://127.0.0.1:0' })
  const { page, failures } = await pageIn(await browserFor(t), t)
  await page.goto(`http://${broker.http}/#/groups`)
  await page.getByRole('heading', { name: 'Log in' }).waitFor()
  t.same(await seriousIn(page), [])
  await page.getByLabel('User').fill('alice')
  await page.getByLabel('Password').fill('wrong')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('alert').waitFor()
  await page.getByLabel('Password').fill('word')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByText('There are no groups yet.').waitFor()
  await page.getByText('User:alice, may write').waitFor()
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByRole('heading', { name: 'Log in' }).waitFor()
  t.same(failures, [])
})

t.test('without a login the console is who anybody is', async t => {
  const { ask, askAsAnybody } = await served(t)
  t.match(await ask('login', { method: 'POST', body: { user: 'a', password: 'b' } }), {
    ...{ status: 409, body: { error: /takes a login/ } },
  })
  t.match(await askAsAnybody('login', { method: 'POST', body: {}, headers: { 'content-type': 'text/plain' } }), {
    status: 415,
  })
})
