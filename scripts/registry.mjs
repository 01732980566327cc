/** A registry for a while: it has the packed `ottla`, as the public one will, and sends whoever asks for anything else to the registry that npm is set up for. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

/** Serves a tarball; gives the address for `npm_config_registry`, and how to end it. */
export async function registryWith(tarball) {
  const bytes = readFileSync(tarball)
  const text = execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' })
  const manifest = JSON.parse(text)
  const { name, version } = manifest
  const upstream = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim().replace(/\/$/, '')
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
  const server = createServer(({ url, headers }, response) => {
    if (url === `/${name}`) {
      const dist = { tarball: `http://${headers.host}/${name}/-/${name}-${version}.tgz`, integrity }
      const versions = { [version]: { ...manifest, dist } }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }))
    } else if (url.startsWith(`/${name}/-/`)) {
      response.end(bytes)
    } else {
      response.writeHead(307, { location: `${upstream}${url}` }).end()
    }
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${server.address().port}/`, close }
}
