/** `/testing/` over HTTP: who may use it, and how it says what it does not take. */
import { request as httpRequest } from 'node:http'
import t from 'tap'
import { Broker, ConfigError } from '../../lib/broker.ts'
import { TestKafka } from '../../lib/testing.ts'

interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

const json = { 'content-type': 'application/json' }

function ask(address: string, path: string, { method = 'GET', headers = {}, body = '' }: Asked = {}) {
  const [host, port] = address.split(':') as [string, string]
  return new Promise<{ status: number; body: unknown }>((resolve, reject) => {
    const asked = httpRequest({ host, port, path, method, headers, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, body: text === '' ? null : JSON.parse(text) }))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

t.test('a broker that is not for tests has none of it', async t => {
  await using broker = await Broker.start({ port: 0, ephemeral: true, http: 0 })
  t.match(await ask(broker.http!, '/testing/broker'), { status: 404 })
})

t.test('a broker for tests is in memory, on a free port, and tells of itself', async t => {
  await using kit = await TestKafka.start({ http: 0, topics: { orders: 3 } })
  t.ok(kit instanceof Broker)
  t.equal(kit.dataDirectory, null)
  const { bootstrap, clusterId } = kit
  t.match(await ask(kit.http!, '/testing/broker'), { status: 200, body: { bootstrap, clusterId, nodeId: 1 } })
  t.match(await ask(kit.http!, '/ready'), { status: 200 })
  const { body } = await ask(kit.http!, '/testing/openapi.json')
  t.match(body, { openapi: '3.1.0', paths: { '/broker': { get: { summary: String } } } })
})

t.test('what a web page could send is refused', async t => {
  await using kit = await TestKafka.start({ http: 0 })
  const origin = { ...json, origin: `http://${kit.http}` }
  t.match(await ask(kit.http!, '/testing/broker', { headers: origin }), { status: 403 }, 'its own origin, too')
  t.match(await ask(kit.http!, '/testing/broker', { headers: { host: 'evil.example' } }), { status: 403 })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  t.match(await ask(kit.http!, '/testing/verify', { method: 'POST', headers: form }), { status: 415 })
  t.match(await ask(kit.http!, '/testing/verify', { method: 'POST' }), { status: 415 })
})

t.test('the console of who opened the link with its token may say words, too, and nobody else’s', async t => {
  await using kit = await TestKafka.start({ http: { address: '127.0.0.1:0', token: 'opened' } })
  const entered = await fetch(`http://${kit.http}/?token=opened`, { redirect: 'manual' })
  const cookie = entered.headers.get('set-cookie')!.split(';')[0]!
  const own = { ...json, origin: `http://${kit.http}` }
  const freeze = (headers: Record<string, string>) =>
    ask(kit.http!, '/testing/clock/freeze', { method: 'POST', headers, body: '{}' })
  t.match(await freeze(own), { status: 403 })
  t.match(await freeze({ ...own, cookie: `${cookie}x` }), { status: 403 })
  t.match(await freeze({ ...own, cookie, origin: 'http://evil.example' }), { status: 403 })
  t.match(await freeze({ ...own, cookie, 'content-type': 'text/plain' }), { status: 415 })
  t.equal(kit.clock.state.frozen, false)
  t.match(await freeze({ ...own, cookie }), { status: 200 })
  t.equal(kit.clock.state.frozen, true)
})

t.test('who may write by a login, or as everybody may, is no test of the broker', async t => {
  await using kit = await TestKafka.start({ http: { address: '127.0.0.1:0', write: true } })
  const headers = { ...json, origin: `http://${kit.http}` }
  t.match(await ask(kit.http!, '/testing/clock/freeze', { method: 'POST', headers, body: '{}' }), { status: 403 })
})

t.test('beyond this machine it takes a token, or the word that none is wanted', async t => {
  await t.rejects(TestKafka.start({ http: '0.0.0.0:0' }), ConfigError)
  await using open = await TestKafka.start({ http: '0.0.0.0:0', testingToken: 'none', logLevel: 'silent' })
  t.match(await ask(open.http!, '/testing/broker'), { status: 200 })
  await using kit = await TestKafka.start({ http: '0.0.0.0:0', testingToken: 'sesame' })
  t.match(await ask(kit.http!, '/testing/broker'), { status: 401 })
  t.match(await ask(kit.http!, '/testing/broker', { headers: { authorization: 'Bearer sesamf' } }), { status: 401 })
  t.match(await ask(kit.http!, '/testing/broker', { headers: { authorization: 'Bearer sesame' } }), { status: 200 })
  t.match(await ask(kit.http!, '/ready'), { status: 200 }, 'probes need none')
})

t.test(
  'its description names what may stand in a query, what else is answered, and where virtual clusters are',
  async t => {
    await using kit = await TestKafka.start({ http: 0, topics: { orders: 2 }, seed: 1 })
    const { body } = await ask(kit.http!, '/testing/openapi.json')
    t.match(body, {
      servers: [
        { url: '/testing' },
        { url: '/testing/clusters/{cluster}', variables: { cluster: { default: 'NAME' } } },
      ],
      paths: {
        '/trace': { get: { parameters: [{ name: 'since', in: 'query', required: false }] } },
        '/topics/{topic}/records': { get: { parameters: [{ in: 'path' }, { name: 'partition' }, { name: 'from' }] } },
        '/lines': { get: { parameters: [{ name: 'topic', in: 'query' }] } },
        '/await': { post: { responses: { 408: { description: String } } } },
        '/verify': { post: { responses: { 409: { description: String } } } },
      },
    })
    await kit.topic('orders').produce(['a'])
    await kit.topic('other').produce(['b'])
    t.match(await ask(kit.http!, '/testing/lines?topic=other'), {
      status: 200,
      body: { lines: /^\{"topic":"other"[^\n]+\n?$/ },
    })
    const strange = await ask(kit.http!, '/testing/topics/orders/records?partiton=1')
    t.match(strange, { status: 400, body: { error: /there is no 'partiton' .*partition, from/ } })
    t.match(await ask(kit.http!, '/testing/clock?now'), { status: 400, body: { error: /known are: none/ } })
  },
)

t.test('what it does not know it names', async t => {
  await using kit = await TestKafka.start({ http: 0 })
  t.match(await ask(kit.http!, '/testing/nonsense'), { status: 404, body: { error: /openapi\.json tells/ } })
  t.match(await ask(kit.http!, '/testing/broker', { method: 'DELETE' }), { status: 405, body: { error: /takes GET/ } })
})
