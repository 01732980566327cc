/**
 * A network in memory: hosts with names, connections between them, and a hand on all of it. Bytes of one connection arrive in order; those of
 * different ones are delayed apart, so they overtake each other. Links can be blocked, and connections cut. With a seeded random and a clock
 * that is turned by hand, a run repeats itself.
 */
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { systemErrorOf } from '../base/system-error.ts'
import { MemoryWire, type WireHost } from './memory-wire.ts'
import type { Bound, Endpoint, ListenOptions, Network, Wire } from './network.ts'

export interface MemoryNetworkOptions {
  readonly clock: Clock
  /** Chance for delays and for where bytes are cut; without it, bytes arrive at the end of the turn in which they are sent. */
  readonly random?: Random
  /** Least and most milliseconds for which bytes, and the setting up of a connection, are on their way. */
  readonly delayMs?: readonly [number, number]
}

/** The first port that is given to who asks for any. */
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

  /** Connections between two hosts end at once for both; without hosts, all do. */
  cut(a?: string, b?: string): void {
    for (const wire of [...this.#wires]) {
      if (a === undefined || b === undefined || linkOf(a, b) === linkOf(wire.localAddress, wire.remoteAddress)) {
        wire.destroy(systemErrorOf('ECONNRESET', 'the connection was cut'))
      }
    }
  }

  /** Nothing arrives between two hosts until `unblock`: what is sent waits, as TCP would send it again. */
  block(a: string, b: string): void {
    this.#blocked.add(linkOf(a, b))
  }

  unblock(a: string, b: string): void {
    if (!this.#blocked.delete(linkOf(a, b))) return
    for (const wire of [...this.#wires]) wire.deliver()
  }

  /** Nobody listens on a host any more, as when its process is gone. */
  unlisten(host: string): void {
    for (const at of [...this.#listeners.keys()]) if (at.startsWith(`${host}:`)) this.#listeners.delete(at)
  }

  isBlocked(a: string, b: string): boolean {
    return this.#blocked.has(linkOf(a, b))
  }

  /** How long the next thing is on its way. */
  delayMs(): number {
    const [least, most] = this.#delayMs
    return this.random === null ? least : least + this.random.int(most - least + 1)
  }

  /** Runs `run` in so many milliseconds, and at the end of this turn where that is none. */
  later(delayMs: number, run: () => void): void {
    if (delayMs <= 0) this.clock.immediate(run)
    else this.clock.schedule(delayMs, run)
  }

  /** The wire is no more. */
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
        // Whoever is to be reached by a blocked link is tried again until the one who asked has had enough.
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

/** How often a connection over a blocked link is tried. */
const retryMs = 100

function placeOf(host: string, port: number): string {
  return `${host}:${port}`
}

function linkOf(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
