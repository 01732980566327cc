/** What comes encrypted is read into the receiver's own memory. */
import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import t from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { seededRandom } from '../../lib/base/random.ts'
import type { Wire, WireReceiver } from '../../lib/network/network.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import { Authority } from '../../lib/tls/authority.ts'

const random = seededRandom(7)
const authority = new Authority(systemClock.now())
const { certificate, key } = authority.issue({ name: 'localhost', hosts: ['localhost'] })
const sent = random.bytes(3 * 1024 * 1024)

/** Takes bytes into pieces of memory of all sizes, and now and then none until a while later. */
class Pieces implements WireReceiver {
  readonly wire: Wire
  readonly received: Buffer[] = []
  readonly isEnded: Promise<void>
  #end = () => {}
  #target = Buffer.alloc(0)
  pushed = 0
  paused = 0

  constructor(wire: Wire) {
    this.wire = wire
    this.isEnded = new Promise(resolve => {
      this.#end = resolve
    })
  }

  target(): Buffer {
    this.#target = Buffer.alloc(1 + random.int(40_000))
    return this.#target
  }

  filled(length: number): boolean {
    this.received.push(this.#target.subarray(0, length))
    if (random.int(10) > 0) return true
    this.paused++
    setImmediate(() => this.wire.resume())
    return false
  }

  push(bytes: Buffer): boolean {
    this.pushed += bytes.length
    return true
  }

  ended(): void {
    this.#end()
  }

  closed(): void {
    this.#end()
  }
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`with ${version} all bytes come in order, also those right behind the handshake and after pauses`, async t => {
    const accepted = new Promise<Pieces>((resolve, reject) => {
      void systemNetwork
        .listen({
          ...{ host: '127.0.0.1', port: 0, backlog: 10, failed: reject },
          tls: () => ({
            clientCertificate: 'none',
            options: { cert: certificate, key, minVersion: version, maxVersion: version },
          }),
          accept: wire => {
            t.ok(wire.receivesInPlace)
            wire.secure!(failure => {
              if (failure !== null) reject(failure)
              // Later than the first bytes are there.
              setTimeout(() => {
                const pieces = new Pieces(wire)
                wire.receive(pieces)
                resolve(pieces)
              }, 20)
            })
          },
        })
        .then(bound => {
          t.teardown(() => bound.close())
          const raw = net.connect(bound.port, '127.0.0.1')
          const socket = tls.connect({ socket: raw, ca: [authority.certificate], servername: 'localhost' })
          t.teardown(() => socket.destroy())
          // Node sends it as soon as hands are shaken.
          socket.write(sent.subarray(0, 100_000))
          return once(socket, 'secureConnect').then(() => socket.end(sent.subarray(100_000)))
        })
        .catch(reject)
    })
    const pieces = await accepted
    await pieces.isEnded
    t.equal(pieces.pushed, 0)
    t.ok(pieces.paused > 0)
    t.ok(Buffer.concat(pieces.received).equals(sent))
    pieces.wire.destroy()
  })
}
