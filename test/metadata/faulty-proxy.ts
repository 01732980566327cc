/** A TCP proxy in front of a member of etcd that cuts connections, holds bytes back, and sends requests twice; from a seed. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'
import { type Random, seededRandom } from '../../lib/base/random.ts'

/** Shares of the pieces that pass, from 0 to 1. */
export interface Faults {
  /** Cut before a request gets through. */
  readonly lost: number
  /** Cut after a request got through, before its answer does. */
  readonly unanswered: number
  /** Sent once more, by itself, up to `delayMsMax` later. */
  readonly doubled: number
  readonly delayed: number
  readonly delayMsMax: number
}

export const noFaults: Faults = { lost: 0, unanswered: 0, doubled: 0, delayed: 0, delayMsMax: 0 }

export class FaultyProxy {
  faults: Faults
  /** What passes no answer any more, by what its request begins with; null where everything passes. */
  stuck: string | null = null
  /** Paths that were asked for, in their order. */
  readonly asked: string[] = []
  readonly #random: Random
  readonly #target: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #again = new Set<Promise<void>>()

  private constructor(target: number, faults: Faults, seed: number) {
    this.faults = faults
    this.#target = target
    this.#random = seededRandom(seed)
    this.#server = createServer(socket => this.#accept(socket))
  }

  static async start(t: Test, target: number, faults: Faults, seed: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target, faults, seed)
    await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => proxy.#close())
    return proxy
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  /** Resolves once nothing is on its way by itself any more: all that was to be sent again has been answered, or cut. */
  async settled(): Promise<void> {
    while (this.#again.size > 0) await Promise.race(this.#again)
  }

  /** Cuts what is connected. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(client: Socket): void {
    const member = this.#to(this.#target)
    const close = () => {
      client.destroy()
      member.destroy()
    }
    this.#track(client)
    client.on('close', close)
    member.on('close', close)
    let request = ''
    let chain: Promise<void> = Promise.resolve()
    const inOrder = (pass: () => void) => {
      chain = chain.then(() => this.#delay()).then(pass)
    }
    client.on('data', piece => {
      const { lost, unanswered, doubled, delayMsMax } = this.faults
      if (this.#happens(lost)) return close()
      request = piece.toString('latin1', 0, 200)
      const path = /^POST (\S+)/.exec(request)?.[1]
      if (path !== undefined) this.asked.push(path)
      if (this.#happens(doubled)) this.#doLater(this.#random.int(delayMsMax + 1), () => this.#sendAgain(piece))
      if (this.#happens(unanswered)) {
        client.removeAllListeners('close')
        client.destroy()
        member.end(piece)
        return
      }
      inOrder(() => member.write(piece))
    })
    member.on('data', piece => {
      if (client.destroyed) return
      inOrder(() => {
        if (this.stuck === null || !request.startsWith(this.stuck)) client.write(piece)
      })
    })
  }

  #sendAgain(piece: Buffer): Promise<void> {
    const socket = this.#to(this.#target)
    socket.on('data', () => socket.destroy())
    socket.end(piece)
    return new Promise(resolve => socket.once('close', () => resolve()))
  }

  #to(port: number): Socket {
    const socket = connect(port, '127.0.0.1')
    this.#track(socket)
    return socket
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
  }

  #happens(share: number): boolean {
    return share > 0 && this.#random.next() < share
  }

  #delay(): Promise<void> | void {
    const { delayed, delayMsMax } = this.faults
    if (!this.#happens(delayed)) return
    return new Promise(resolve => this.#later(this.#random.int(delayMsMax + 1), resolve))
  }

  #doLater(delayMs: number, run: () => Promise<void>): void {
    const again = new Promise<void>(resolve => this.#later(delayMs, () => run().then(resolve)))
    this.#again.add(again)
    void again.then(() => this.#again.delete(again))
  }

  #later(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, delayMs)
    this.#timers.add(timer)
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    this.cut()
    await new Promise(resolve => this.#server.close(resolve))
  }
}
