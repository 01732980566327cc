/** The page's files: how large they are, what a browser may do with them, and that they work below any path. */
import { createServer, request } from 'node:http'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { pageFiles } from '../../lib/console/page.ts'
import { allSources } from '../sources.ts'
import { browserFor, chromiumMissing, pageIn } from './browser.ts'
import { served, token } from './served.ts'

t.test('the page is small, and asks for nothing from elsewhere', async t => {
  const files = await pageFiles()
  const bytes = [...files.values()].reduce((sum, { gzip }) => sum + gzip.length, 0)
  t.comment(`${bytes} bytes`)
  t.ok(bytes <= 250_000, `${bytes} bytes, packed`)
  for (const [path, { text, gzip }] of files) {
    t.equal(gunzipSync(gzip).toString(), text, path)
    // Names of namespaces are no addresses.
    t.same(
      [...text.matchAll(/https?:\/\/(?!www\.w3\.org\/)[\w.]+/g)].map(([address]) => address),
      [],
      path,
    )
  }
})

t.test('contents never become markup, and no text becomes code', async t => {
  const sources = allSources.filter(({ path }) => path.startsWith('console/'))
  t.ok(sources.length > 10)
  for (const { path, code } of sources)
    t.notOk(/innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|\bFunction\(|srcdoc/i.test(code), path)
})

t.test('it is served with what keeps other pages away from it, packed where a browser can unpack', async t => {
  const { broker } = await served(t)
  const page = await fetch(`http://${broker.http}/`)
  t.match(page.headers.get('content-security-policy'), /default-src 'none'; script-src 'self'.*frame-ancestors 'none'/)
  t.equal(page.headers.get('content-encoding'), 'gzip')
  t.match(await page.text(), /<script type="module" src="console\.js">/)
  const plain = await fetch(`http://${broker.http}/console.js`, { headers: { 'accept-encoding': 'identity' } })
  t.equal(plain.headers.get('content-encoding'), null)
  t.match(plain.headers.get('content-type'), /^text\/javascript/)
  t.equal((await fetch(`http://${broker.http}/console.js`, { method: 'HEAD' })).status, 200)
  t.equal((await fetch(`http://${broker.http}/console.map`)).status, 404)
})

/** A proxy that shows a server below a path, and takes that away from what it hands on. */
async function proxyBelow(t: Test, path: string, port: number): Promise<number> {
  const server = createServer((incoming, outgoing) => {
    if (!incoming.url!.startsWith(path)) return void outgoing.writeHead(404).end()
    const { method = 'GET', headers } = incoming
    const below = incoming.url!.slice(path.length - 1)
    const handed = request({ host: '127.0.0.1', port, method, headers, path: below }, answer => {
      outgoing.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(handed)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(resolve))
  })
  return (server.address() as { port: number }).port
}

t.test(
  'it works below the path of a proxy, with the token too',
  { skip: chromiumMissing, timeout: 100_000 },
  async t => {
    const { broker } = await served(t, { topics: { orders: 1 } })
    const port = await proxyBelow(t, '/tools/kafka/', Number(broker.http!.split(':')[1]))
    const { page, failures } = await pageIn(await browserFor(t), t)
    await page.goto(`http://127.0.0.1:${port}/tools/kafka/?token=${token}`)
    await page.getByRole('link', { name: 'orders' }).click()
    await page.getByText('There are none like that.').waitFor()
    t.equal(page.url(), `http://127.0.0.1:${port}/tools/kafka/#/topics/orders`)
    await page.getByRole('link', { name: 'Produce' }).click()
    await page.getByLabel('Value', { exact: true }).fill('through the proxy')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('Sent to partition 0 as offset 0').waitFor()
    t.same(failures, [])
  },
)
