/** The hostile side of the HTTP port: what pages of other sites, names that point here, and scanners try, each by itself. */
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import { Broker } from '../../lib/broker.ts'

async function start(t: Test): Promise<{ broker: Broker; http: string; port: number }> {
  const broker = await Broker.start({
    ...{ port: 0, ephemeral: true, logLevel: 'silent', topics: { orders: 1 } },
    http: { address: '127.0.0.1:0', token: 'the-token-of-this-test' },
    records: [{ topic: 'orders', value: '<script>fetch("http://evil.example")</script><img src=x onerror=alert(1)>' }],
  })
  t.teardown(() => broker.stop())
  return { broker, http: broker.http!, port: Number(broker.http!.split(':')[1]) }
}

interface Answered {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Sends bytes as they stand, as a browser or `fetch` would not; an answer of status 0 where the connection is closed without one. */
function sent(port: number, text: string | Buffer): Promise<Answered> {
  return new Promise(resolve => {
    let all = ''
    const socket = connect(port, '127.0.0.1', () => socket.end(text))
    socket.setEncoding('utf8').on('data', chunk => {
      all += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      const [head = '', ...body] = all.split('\r\n\r\n')
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), head, body: body.join('\r\n\r\n') })
    })
  })
}

const request = (method: string, path: string, headers: Record<string, string>, body = '') =>
  `${method} ${path} HTTP/1.1\r\n${Object.entries({ ...headers, connection: 'close' })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}${body === '' ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`}\r\n${body}`

const json = { 'content-type': 'application/json' }
const newTopic = '{"name":"owned","partitions":1}'
const token = { authorization: 'Bearer the-token-of-this-test' }

t.test('each of these is refused, and changes nothing', async t => {
  const { broker, http, port } = await start(t)
  const host = { host: http }
  const attacks: readonly [name: string, bytes: string | Buffer, status: number][] = [
    ['a write without the token', request('POST', '/api/topics', { ...host, ...json }, newTopic), 401],
    [
      'a guessed token',
      request('POST', '/api/topics', { ...host, ...json, authorization: 'Bearer admin' }, newTopic),
      401,
    ],
    [
      'a form of another site (CSRF), with a cookie that is not ours',
      request(
        'POST',
        '/api/topics',
        { ...host, origin: 'https://evil.example', cookie: 'ottla=1', 'content-type': 'text/plain' },
        newTopic,
      ),
      403,
    ],
    [
      'a form without Origin that says that it is JSON in its own way',
      request('POST', '/api/topics', { ...host, ...token, 'content-type': 'text/plain' }, newTopic),
      415,
    ],
    [
      'DNS rebinding: a name of somebody else that points here',
      request('GET', '/api/topics', { host: `rebound.evil.example:${port}` }),
      403,
    ],
    [
      'a script of another site that reads',
      request('GET', '/api/topics', {
        ...host,
        origin: 'https://evil.example',
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'cors',
      }),
      403,
    ],
    [
      'a preflight of another site',
      request('OPTIONS', '/api/topics', {
        ...host,
        origin: 'https://evil.example',
        'access-control-request-method': 'DELETE',
      }),
      403,
    ],
    [
      'a frame (clickjacking)',
      request('GET', '/', {
        ...host,
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'iframe',
      }),
      403,
    ],
    ['two Host headers', `GET /live HTTP/1.1\r\nhost: ${http}\r\nhost: evil.example\r\n\r\n`, 400],
    [
      'two lengths (request smuggling)',
      `POST /api/topics HTTP/1.1\r\nhost: ${http}\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['a path to files', request('GET', '/../../etc/passwd', host), 404],
    ['the same, encoded', request('GET', '/%2e%2e/%2e%2e/etc/passwd', host), 404],
    ['a path of the prototype', request('GET', '/__proto__', host), 404],
    [
      'an address to fetch in our name (SSRF), as a proxy would',
      request('GET', 'http://169.254.169.254/latest/meta-data/', host),
      404,
    ],
    ['a tunnel', request('CONNECT', 'evil.example:443', host), 0],
    ['a header that is too long', request('GET', '/live', { ...host, x: 'a'.repeat(20_000) }), 431],
    ['a path that is too long', request('GET', `/${'a'.repeat(3_000)}`, host), 414],
    [
      'a body that is too long',
      request('POST', '/api/topics', { ...host, ...json, ...token, 'content-length': '99999999999' }),
      0,
    ],
    ['line ends within a redirect', request('GET', '/%0d%0aset-cookie:%20a=b?token=the-token-of-this-test', host), 303],
  ]
  for (const [name, bytes, status] of attacks) {
    const answered = await sent(port, bytes)
    if (status !== 0) t.equal(answered.status, status, name)
    else t.ok(answered.status === 0 || answered.status >= 400, `${name}: ${answered.status}`)
    t.notMatch(answered.head, /access-control-allow|^set-cookie: a=b/im, name)
    t.notMatch(answered.body, /root:|ami-id/, name)
  }
  const topics = await (await fetch(`http://${http}/metrics`)).text()
  t.notMatch(topics, 'owned', 'nobody has made a topic')
  t.equal((await fetch(`http://${broker.http}/ready`)).status, 200)
})

t.test('what scanners ask for leaves memory as it is', async t => {
  const { http, port } = await start(t)
  const paths = [
    '/.env',
    '/.git/config',
    '/wp-login.php',
    '/admin',
    '/actuator/env',
    '/cgi-bin/luci',
    '/phpmyadmin/',
    '/solr/admin',
    '/HNAP1',
    '/api/v1/pods',
  ]
  const round = async (from: number) => {
    for (let i = from; i < from + 20; i++) {
      const all = paths.map((path, j) => {
        const headers = {
          host: http,
          cookie: `ottla_${port}=${i}-${j}`,
          'user-agent': `scan/${i}`,
          authorization: `Bearer ${i}`,
        }
        return sent(
          port,
          j % 5 === 4 ? Buffer.from([0x16, 3, 1, 0, i & 0xff, 1, 0]) : request('GET', `${path}?${i}`, headers),
        )
      })
      for (const { status } of await Promise.all(all))
        if (status !== 404 && status !== 400) t.fail(`answered ${status}`)
    }
  }
  // What is compiled and allocated once.
  for (let i = 0; i < 3; i++) await round(i * 20)
  const before = heapBytes()
  for (let i = 3; i < 10; i++) await round(i * 20)
  const grownBytes = heapBytes() - before
  t.ok(grownBytes < 1_500_000, `${grownBytes} bytes after 1,400 requests`)
})

/** Bytes that are in use, once what is not was collected. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

t.test('connections that say nothing do not keep out those who ask', async t => {
  const { http, port } = await start(t)
  const idle = Array.from({ length: 30 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  t.teardown(() => idle.forEach(socket => void socket.destroy()))
  for (const socket of idle) socket.write('GET /live HTTP/1.1\r\nhost: ')
  t.equal((await fetch(`http://${http}/live`)).status, 200)
})
