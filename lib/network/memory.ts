/**
 * A network in memory, for simulations: named hosts and connections between them. Bytes of one connection arrive in order; different
 * connections are delayed independently, so their bytes overtake each other. Links can be blocked, and connections cut. With a seeded
 * random and a manual clock, a run is repeatable.
 */
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { systemErrorOf } from '../base/system-error.ts'
import { MemoryWire, type WireHost } from './memory-wire.ts'
import type { Bound, Endpoint, ListenOptions, Network, Wire } from './network.ts'

export interface MemoryNetworkOptions {
  readonly clock: Clock
  /** Draws delays and where bytes are split; without it, bytes arrive at the end of the turn in which they are sent. */
  readonly random?: Random
  /** Least and greatest latency, of bytes and of setting up a connection. */
  readonly delayMs?: readonly [number, number]
}

/** The first port that is given out for port 0. */
const anyPortMin = 32_768
const loopbackNames = new Set(['', 'localhost', '127.0.0.1', '::1', '0.0.0.0', '::'])

export class MemoryNetwork implements WireHost {
  readonly clock: Clock
  readonly random: Random | null
  readonly #delayMs: readonly [number, number]
  readonly #listeners = new Map<string, ListenOptions>()
  readonly #wires = new Set<MemoryWire>()
  readonly #blocked = new Set<string>()
  #lastPort = anyPortMin

  constructor({ clock, random, delayMs = [0, 0] }: MemoryNetworkOptions) {
    this.clock = clock
    this.random = random ?? null
    this.#delayMs = delayMs
  }

  /** The network as one host sees it. Its name is its address; by `localhost` it reaches itself. */
  host(name: string): Network {
    return {
      listen: options => this.#listen(name, options),
      connect: (to, signal) => this.#connect(name, to, signal),
    }
  }

  /** How many connections there are, each counted once. */
  get connections(): number {
    return this.#wires.size / 2
  }

  /** Resets the connections between two hosts, at both ends at once; of one host all, and without hosts all there are. */
  cut(a?: string, b?: string): void {
    for (const wire of [...this.#wires]) {
      const { localAddress, remoteAddress } = wire
      const isOf = (host: string | undefined) => host === undefined || host === localAddress || host === remoteAddress
      if (isOf(a) && isOf(b)) {
        wire.destroy(systemErrorOf('ECONNRESET', 'the connection was cut'))
      }
    }
  }

  /** Nothing arrives between two hosts until `unblock`. Bytes wait, as TCP would retransmit them. */
  block(a: string, b: string): void {
    this.#blocked.add(linkOf(a, b))
  }

  unblock(a: string, b: string): void {
    if (!this.#blocked.delete(linkOf(a, b))) return
    for (const wire of [...this.#wires]) wire.deliver()
  }

  /** Removes all listeners of a host, as when its process has died. */
  unlisten(host: string): void {
    for (const at of [...this.#listeners.keys()]) if (at.startsWith(`${host}:`)) this.#listeners.delete(at)
  }

  isBlocked(a: string, b: string): boolean {
    return this.#blocked.has(linkOf(a, b))
  }

  /** The latency of the next bytes. */
  delayMs(): number {
    const [least, most] = this.#delayMs
    return this.random === null ? least : least + this.random.int(most - least + 1)
  }

  /** Runs `run` in so many milliseconds; for 0, at the end of this turn. */
  later(delayMs: number, run: () => void): void {
    if (delayMs <= 0) this.clock.immediate(run)
    else this.clock.schedule(delayMs, run)
  }

  /** The wire is closed. */
  forget(wire: MemoryWire): void {
    this.#wires.delete(wire)
  }

  #listen(host: string, options: ListenOptions): Promise<Bound> {
    const port = options.port === 0 ? this.#freePort() : options.port
    const at = placeOf(host, port)
    if (this.#listeners.has(at)) return Promise.reject(systemErrorOf('EADDRINUSE', `${at} is listened on already`))
    this.#listeners.set(at, options)
    const close = async () => {
      if (this.#listeners.get(at) === options) this.#listeners.delete(at)
    }
    return Promise.resolve({ port, close })
  }

  #connect(from: string, { host, port }: Endpoint, signal?: AbortSignal): Promise<Wire> {
    const to = loopbackNames.has(host) ? from : host
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal?.reason)
      if (signal?.aborted) abort()
      signal?.addEventListener('abort', abort, { once: true })
      const arrive = () => {
        if (signal?.aborted) return
        // Over a blocked link, connecting is retried until the caller aborts.
        if (this.isBlocked(from, to)) {
          this.clock.schedule(retryMs, arrive)
          return
        }
        signal?.removeEventListener('abort', abort)
        const listener = this.#listeners.get(placeOf(to, port))
        if (listener === undefined) {
          reject(systemErrorOf('ECONNREFUSED', `nobody listens on ${placeOf(to, port)}`))
          return
        }
        const [near, far] = MemoryWire.pair(this, { host: from, port: this.#freePort() }, { host: to, port })
        this.#wires.add(near).add(far)
        listener.accept(far)
        resolve(near)
      }
      this.later(this.delayMs(), arrive)
    })
  }

  #freePort(): number {
    return ++this.#lastPort
  }
}

/** Milliseconds between attempts to connect over a blocked link. */
const retryMs = 100

function placeOf(host: string, port: number): string {
  return `${host}:${port}`
}

function linkOf(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
