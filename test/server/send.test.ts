/** How answers leave a socket: whole, in order, and with word of each, whichever way they go. */
import { once } from 'node:events'
import net from 'node:net'
import t, { type Test as Tap } from 'tap'
import { type ReceivePath, receive } from '../../lib/server/receive.ts'
import { Outlet } from '../../lib/server/send.ts'

/** An outlet and the client at its other end, which does not read yet. */
async function connect(path: ReceivePath, t: Tap): Promise<{ outlet: Outlet; socket: net.Socket; client: net.Socket }> {
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  client.pause()
  client.on('error', () => {})
  const [accepted] = (await once(server, 'connection')) as [net.Socket]
  const socket = await new Promise<net.Socket>(resolve => {
    receive(accepted, path, Buffer.alloc(1024), taken => {
      resolve(taken)
      return { target: () => Buffer.alloc(1024), filled: () => true, push: () => true }
    })
  })
  socket.on('error', () => {})
  t.teardown(() => {
    client.destroy()
    socket.destroy()
    server.close()
  })
  return { outlet: new Outlet(socket, path), socket, client }
}

/** Chunks of many sizes with bytes that tell their order. */
function answersOf(count: number): Buffer[][] {
  const sizes = [10, 70_000, 1, 300_000, 4_096]
  return Array.from({ length: count }, (_, answer) =>
    Array.from({ length: (answer % 3) + 1 }, (_, chunk) =>
      Buffer.alloc(sizes[(answer + chunk) % sizes.length]!, (answer * 7 + chunk) % 251),
    ),
  )
}

for (const path of ['slab', 'events'] as const) {
  t.test(`answers by way of ${path} come whole and in order where the client reads late`, async t => {
    const { outlet, client } = await connect(path, t)
    const answers = answersOf(200)
    const sent: number[] = []
    for (const [index, chunks] of answers.entries()) outlet.send(chunks, () => sent.push(index))
    t.ok(outlet.bytesPending > 0, 'the kernel does not take all at once')
    t.ok(sent.length < answers.length)
    const expected = Buffer.concat(answers.flat())
    const came: Buffer[] = []
    let bytes = 0
    while (bytes < expected.length) {
      const chunk: Buffer | null = client.read()
      if (chunk === null) await once(client, 'readable')
      else {
        came.push(chunk)
        bytes += chunk.length
      }
    }
    t.ok(Buffer.concat(came).equals(expected))
    while (sent.length < answers.length) await new Promise(resolve => setImmediate(resolve))
    // The very first goes by the stream, to learn from it, and its word comes a tick later.
    t.same(
      [...sent].sort((a, b) => a - b),
      [...answers.keys()],
    )
    t.equal(outlet.bytesPending, 0)
  })

  t.test(`who waits for answers by way of ${path} hears of their end when the client is gone`, async t => {
    const { outlet, socket, client } = await connect(path, t)
    let ended = 0
    for (let index = 0; index < 50; index++) outlet.send([Buffer.alloc(200_000)], () => ended++)
    t.ok(outlet.bytesPending > 0)
    const closed = new Promise(resolve => socket.on('close', resolve))
    client.destroy()
    await closed
    while (ended < 50) await new Promise(resolve => setImmediate(resolve))
    outlet.send([Buffer.alloc(10)], () => ended++)
    while (ended < 51) await new Promise(resolve => setImmediate(resolve))
    t.equal(ended, 51)
  })

  t.test(`an end that is asked for comes after all answers by way of ${path}`, async t => {
    const { outlet, socket, client } = await connect(path, t)
    for (let index = 0; index < 20; index++) outlet.send([Buffer.alloc(200_000, index)], () => undefined)
    socket.destroySoon()
    let bytes = 0
    client.on('data', chunk => {
      bytes += chunk.length
    })
    client.resume()
    await once(client, 'end')
    t.equal(bytes, 20 * 200_000)
  })
}
