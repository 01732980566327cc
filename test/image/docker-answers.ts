/**
 * Podman's socket with answers in Docker's form where podman 4 gives another: a published port without an address is on 0.0.0.0, which
 * Rust's Testcontainers look for, and a port that nobody asked to publish has no binding, which Node's wait for.
 */
import { createServer, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'

/** Listens on one path and asks the socket of the other; returns what ends it. */
export function dockerAnswers(path: string, podman: string): () => void {
  const server = createServer((asked, answer) => {
    const { method, url, headers } = asked
    const isInspection = method === 'GET' && /\/containers\/[^/]+\/json/.test(url!)
    const upstream = request({ socketPath: podman, method, path: url, headers }, async answered => {
      if (!isInspection) {
        answer.writeHead(answered.statusCode!, answered.headers)
        answered.pipe(answer)
        return
      }
      const text = await bodyOf(answered)
      answer.writeHead(answered.statusCode!, { 'content-type': 'application/json' })
      answer.end(answered.statusCode === 200 ? inDockersForm(text) : text)
    })
    upstream.on('error', () => answer.destroy())
    asked.pipe(upstream)
  })
  // What runs in a container talks on a connection that is no longer HTTP.
  server.on('upgrade', (asked: IncomingMessage, client: Socket, first: Buffer) => {
    const upstream = connect(podman)
    const lines = asked.rawHeaders.flatMap((text, i) => (i % 2 === 0 ? [`${text}: ${asked.rawHeaders[i + 1]}`] : []))
    upstream.write([`${asked.method} ${asked.url} HTTP/1.1`, ...lines, '', ''].join('\r\n'))
    upstream.write(first)
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy())
  })
  server.listen(path)
  return () => {
    server.close()
    server.closeAllConnections()
  }
}

function inDockersForm(inspection: string): string {
  const found = JSON.parse(inspection.replaceAll('"HostIp":""', '"HostIp":"0.0.0.0"'))
  const bindings = Object.entries(found.HostConfig?.PortBindings ?? {})
  if (bindings.length > 0) found.HostConfig.PortBindings = Object.fromEntries(bindings.filter(([, to]) => to !== null))
  return JSON.stringify(found)
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
