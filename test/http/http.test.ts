/** The HTTP server beside the broker: what it answers, and what it refuses. */
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { Broker } from '../../lib/broker.ts'
import { refusalOfRequest } from '../../lib/http/guard.ts'
import { handlerFor } from '../../lib/http/routes.ts'
import { HttpServer, httpAddressOf } from '../../lib/http/server.ts'

interface Answer {
  readonly status: number
  readonly text: string
}

function ask(
  address: string,
  path: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const [host, port] = address.split(':') as [string, string]
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ host, port, path, method, headers, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, text }))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

const routes = {
  '/echo': {
    isOpen: true as const,
    POST: ({ body }: { body: Buffer }) => ({ status: 200, body, contentType: 'text/x-echo' }),
  },
  '/text': { GET: () => ({ status: 200, body: 'hello' }) },
  '/bug': {
    GET: () => {
      throw new Error('this is a bug')
    },
  },
  '/below/': {
    GET: ({ path, query }: { path: string; query: URLSearchParams }) => ({
      status: 200,
      body: { path, q: query.get('q') },
    }),
  },
}

async function served(t: { teardown(run: () => unknown): void }): Promise<string> {
  const address = { host: '127.0.0.1', port: 0 }
  const server = await HttpServer.listen({ address, routes, logger: silentLogger, names: ['broker.example'] })
  t.teardown(() => server.close())
  return server.address
}

t.test('a broker says whether it lives, and whether clients can connect', async t => {
  const broker = await Broker.start({ port: 0, ephemeral: true, http: '0' })
  t.teardown(() => broker.stop())
  t.match(broker.http, /^127\.0\.0\.1:\d+$/, 'on this machine only')
  t.match(await ask(broker.http!, '/live'), { status: 200, text: '{"status":"live"}\n' })
  t.match(await ask(broker.http!, '/ready'), { status: 200, text: '{"status":"ready"}\n' })
  t.match(await ask(broker.http!, '/ready', { method: 'HEAD' }), { status: 200, text: '' })
})

t.test('it is live and not ready before its start is over, and gone at its end', async t => {
  let address = ''
  let release: () => void = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  async function* records() {
    await held
    yield { topic: 'orders', value: 'v' }
  }
  const probe = await HttpServer.listen({ address: { host: '127.0.0.1', port: 0 }, routes: {}, logger: silentLogger })
  address = probe.address
  await probe.close()
  const starting = Broker.start({ port: 0, ephemeral: true, http: address, records: records() })
  const asked = async (): Promise<Answer> => ask(address, '/ready').catch(() => asked())
  t.match(await asked(), { status: 503, text: '{"status":"starting"}\n' })
  t.match(await ask(address, '/live'), { status: 200 })
  release()
  const broker = await starting
  t.match(await ask(address, '/ready'), { status: 200 })
  await broker.stop()
  await t.rejects(ask(address, '/live'), { code: 'ECONNREFUSED' })
})

t.test('a start that fails lets go of the port', async t => {
  const probe = await HttpServer.listen({ address: { host: '127.0.0.1', port: 0 }, routes: {}, logger: silentLogger })
  const { address } = probe
  await t.rejects(Broker.start({ port: 0, ephemeral: true, http: address }), {
    message: /HTTP on 127\.0\.0\.1, port \d+: the port is taken .* another with --http/,
  })
  await probe.close()
  await t.rejects(Broker.start({ port: 0, ephemeral: true, http: address, properties: { 'num.partitions': 'x' } }))
  const broker = await Broker.start({ port: 0, ephemeral: true, http: address })
  await broker.stop()
})

t.test('the answer says what there is, where somebody asks for something else', async t => {
  const address = await served(t)
  t.match(await ask(address, '/nothing'), { status: 404, text: /there is no \/nothing.*"\/text"/ })
  t.match(await ask(address, '/text', { method: 'POST' }), { status: 405, text: /takes GET, not POST/ })
  t.match(await ask(address, '/constructor'), { status: 404 })
  t.match(await ask(address, '/bug'), { status: 500, text: /a fault of the server/ })
  t.match(await ask(address, '/below/a/b?q=1'), { status: 200, text: '{"path":"/below/a/b","q":"1"}\n' })
  const [query, body] = [new URLSearchParams(), Buffer.alloc(0)]
  const root = { method: 'GET', path: '/', query, body, headers: {}, session: null, mayWrite: false }
  t.equal((await handlerFor({}, 'GET', '/')(root)).status, 404)
})

t.test('pages of other origins, and names that somebody pointed here, are refused', async t => {
  const address = await served(t)
  const port = address.split(':')[1]
  for (const host of [
    address,
    `localhost:${port}`,
    `kafka:${port}`,
    `[::1]:${port}`,
    '10.0.0.7',
    `broker.example:${port}`,
  ]) {
    t.match(await ask(address, '/text', { headers: { host } }), { status: 200, text: 'hello' }, host)
  }
  for (const host of [`evil.example:${port}`, '127.0.0.1.evil.example', 'a b']) {
    t.match(await ask(address, '/text', { headers: { host } }), { status: 403, text: /Host header/ }, host)
  }
  t.match(await ask(address, '/text', { headers: { origin: `http://${address}` } }), { status: 200 })
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
  ] as Record<string, string>[]) {
    t.match(await ask(address, '/text', { headers }), {
      status: 403,
      text: /may not ask/,
    })
  }
  t.match(await ask(address, '/text', { headers: { 'sec-fetch-site': 'none' } }), { status: 200 })
  t.match(refusalOfRequest({}, { names: [] }), 'no Host')
})

t.test('what is too large is refused', async t => {
  const address = await served(t)
  t.match(await ask(address, '/echo', { method: 'POST', body: 'a'.repeat(1_000_000) }), { status: 200 })
  const large = await ask(address, '/echo', { method: 'POST', body: 'a'.repeat(1_100_000) }).catch(() => ({
    status: 413,
  }))
  t.equal(large.status, 413)
  t.match(await ask(address, `/${'a'.repeat(3_000)}`), { status: 414 })
  t.match(await ask(address, '/text', { headers: { long: 'a'.repeat(20_000) } }), { status: 431 })
  t.match(await ask(address, '/text'), { status: 200 }, 'and others are still served')
})

t.test('a connection without a request does not hold up the end', async t => {
  const server = await HttpServer.listen({ address: { host: '127.0.0.1', port: 0 }, routes, logger: silentLogger })
  const [host, port] = server.address.split(':') as [string, string]
  const socket = connect(Number(port), host)
  await new Promise(resolve => socket.once('connect', resolve))
  const closed = new Promise(resolve => socket.once('close', resolve))
  await server.close()
  await t.resolves(closed)
})

t.test('an address is a port, with a host before it where it is not this machine alone', async t => {
  t.same(httpAddressOf('8080'), { host: '127.0.0.1', port: 8080 })
  t.same(httpAddressOf('0.0.0.0:8080'), { host: '0.0.0.0', port: 8080 })
  t.same(httpAddressOf('[::1]:0'), { host: '::1', port: 0 })
  for (const text of ['', 'host', 'a:b', '70000', '::1:80', '80:']) t.equal(httpAddressOf(text), null, text)
  await t.rejects(Broker.start({ port: 0, ephemeral: true, http: 'nowhere' }), { message: /\[HOST:\]PORT/ })
})
