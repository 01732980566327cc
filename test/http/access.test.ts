/** Who may write over HTTP, and what a page of another site, or a name that somebody pointed here, cannot do. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { HttpAccess } from '../../lib/http/access.ts'
import { type HttpOptions, HttpServer } from '../../lib/http/server.ts'
import { ManualClock } from '../../lib/testing/clock.ts'

interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

function ask(address: string, path: string, { method = 'GET', headers = {}, body = '' }: Asked = {}) {
  const [host, port] = address.split(':') as [string, string]
  return new Promise<{ status: number; text: string; headers: IncomingHttpHeaders }>((resolve, reject) => {
    const asked = httpRequest({ host, port, path, method, headers, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, text, headers: response.headers }))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

const clock = new ManualClock()
const json = { 'content-type': 'application/json' }

async function served(
  t: { teardown(run: () => unknown): void },
  more: Partial<HttpOptions> = {},
  access: { isOpen?: boolean } = {},
) {
  const written: string[] = []
  const server = await HttpServer.listen({
    address: { host: '127.0.0.1', port: 0 },
    routes: {
      '/topics': {
        GET: ({ mayWrite }) => ({ status: 200, body: { mayWrite } }),
        POST: ({ body }) => {
          written.push(String(body))
          return { status: 201, body: {} }
        },
      },
    },
    access: new HttpAccess({ random: seededRandom(1), clock, token: 'the-token', ...access }),
    logger: silentLogger,
    ...more,
  })
  t.teardown(() => server.close())
  return { server, address: server.address, written }
}

t.test('who has the token writes, and nobody else', async t => {
  const { address, server, written } = await served(t)
  t.equal(server.link, `http://${address}/?token=the-token`)
  const post = (headers: Record<string, string>) => ask(address, '/topics', { method: 'POST', headers, body: '{}' })
  t.match(await post(json), { status: 401, text: /Authorization: Bearer/ })
  t.match(await post({ ...json, authorization: 'Bearer wrong' }), { status: 401 })
  t.match(await post({ ...json, authorization: 'Basic dGhlLXRva2Vu' }), { status: 401 })
  t.same(written, [])
  t.match(await post({ ...json, authorization: 'Bearer the-token' }), { status: 201 })
  t.same(written, ['{}'])
  t.match(await ask(address, '/topics'), { status: 200, text: '{"mayWrite":false}\n' })
})

t.test('a browser that opens the link may write from then on, and keeps the token nowhere', async t => {
  const { address } = await served(t)
  const entered = await ask(address, '/topics?token=the-token&page=2')
  t.match(entered, { status: 303, headers: { location: './topics?page=2' } })
  const cookie = entered.headers['set-cookie']![0]!
  t.match(cookie, /^ottla_\d+=[\w-]{32}; Path=\/; HttpOnly; SameSite=Strict$/)
  t.notMatch(cookie, /the-token/)
  const headers = { ...json, cookie: `other=1; ${cookie.split(';')[0]}` }
  t.match(await ask(address, '/topics', { method: 'POST', headers }), { status: 201 })
  t.match(await ask(address, '/topics', { headers }), { text: '{"mayWrite":true}\n' })
  t.match(await ask(address, '/topics?token=the-tokem'), { status: 403 })
  t.equal((await ask(address, '/topics?token=')).status, 403)
  clock.advance(13 * 3_600_000)
  t.match(await ask(address, '/topics', { method: 'POST', headers }), { status: 401 }, 'not for ever')
})

t.test('a form of another site cannot write, even where everybody may', async t => {
  const { address, written, server } = await served(t, {}, { isOpen: true })
  t.equal(server.link, `http://${address}/`)
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/jsonp',
    '',
  ]) {
    const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
    t.match(await ask(address, '/topics', { method: 'POST', headers }), { status: 415 }, type)
  }
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `http://127.0.0.1:1` },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    { 'sec-fetch-site': 'same-site' },
    { host: 'evil.example' },
  ] as Record<string, string>[]) {
    t.match(
      await ask(address, '/topics', { method: 'POST', headers: { ...json, ...headers } }),
      { status: 403 },
      JSON.stringify(headers),
    )
  }
  t.match(await ask(address, '/topics', { method: 'OPTIONS', headers: { origin: 'https://evil.example' } }), {
    status: 403,
  })
  t.same(written, [])
  t.match(await ask(address, '/topics', { method: 'POST', headers: json }), { status: 201 })
})

t.test('an answer stands in no frame, loads nothing from elsewhere, and is not guessed to be a page', async t => {
  const { address } = await served(t)
  for (const path of ['/topics', '/nothing', '/?token=x']) {
    const { headers } = await ask(address, path)
    t.match(headers, {
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'content-security-policy': /default-src 'none';.*frame-ancestors 'none'/,
    })
    t.notOk(headers['access-control-allow-origin'])
  }
})

t.test('a link on another site leads here, and nothing else from there does', async t => {
  const { address } = await served(t)
  const linked = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  t.match(await ask(address, '/topics', { headers: linked }), { status: 200 })
  for (const destination of ['iframe', 'image', 'script', 'empty']) {
    const headers = { ...linked, 'sec-fetch-dest': destination }
    t.match(await ask(address, '/topics', { headers }), { status: 403 }, destination)
  }
})

t.test('behind a proxy it goes by names and a path that it was told', async t => {
  const { address } = await served(t, { proxies: ['kafka.example', 'ops.example:8443'], base: '/tools/kafka/' })
  const port = address.split(':')[1]
  const bearer = { ...json, authorization: 'Bearer the-token' }
  const post = (headers: Record<string, string>, path = '/topics') =>
    ask(address, path, { method: 'POST', headers: { ...bearer, ...headers } })
  t.match(await post({ host: 'kafka.example', origin: 'https://kafka.example' }), { status: 201 })
  t.match(await post({ host: `localhost:${port}`, origin: 'https://kafka.example' }), { status: 201 })
  t.match(await post({ origin: 'https://ops.example:8443' }, '/tools/kafka/topics'), { status: 201 })
  t.match(await post({ origin: 'https://ops.example' }), { status: 403 }, 'another port is another origin')
  t.match(await post({ host: 'evil.example' }), { status: 403 })
  const entered = await ask(address, '/tools/kafka/?token=the-token')
  t.match(entered, { status: 303, headers: { location: './' } })
  t.match(entered.headers['set-cookie'], [/; Path=\/tools\/kafka;/])
})

t.test('routes that come up later are served, and a body in pieces goes as fast as its reader', async t => {
  const { server, address } = await served(t)
  t.match(await ask(address, '/late'), { status: 404 })
  const piece = 'x'.repeat(100_000)
  let [given, ended] = [0, false]
  async function* pieces() {
    try {
      for (; given < 1_000; given++) yield piece
    } finally {
      ended = true
    }
  }
  server.add({ '/late': { GET: () => ({ status: 200, body: pieces() }) } })
  const [host, port] = address.split(':') as [string, string]
  await new Promise<void>(resolve => {
    const asked = httpRequest({ host, port, path: '/late', agent: false }, response => {
      response.once('readable', () => {
        asked.destroy()
        resolve()
      })
    })
    asked.on('error', () => {})
    asked.end()
  })
  while (!ended) await new Promise(resolve => setImmediate(resolve))
  t.ok(given < 1_000, 'who goes away ends it')
})
