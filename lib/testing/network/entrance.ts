/**
 * Where clients of a broker for tests come in, some of which are for another: a virtual cluster that is chosen by the name of the server that a
 * client asks for in TLS, or by what it calls itself in its first request. What is chosen holds for the connection.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import { LogLimit } from '../../base/log-limit.ts'
import type { Logger } from '../../base/logger.ts'
import { systemErrorOf } from '../../base/system-error.ts'
import type { Network, Wire } from '../../network/network.ts'
import { Handshakes } from '../../server/handshakes.ts'
import { PeekedWire } from './peeked-wire.ts'

/** By what clients of a virtual cluster are told from others. */
export type ChosenBy = 'serverName' | 'clientId'

/** A virtual cluster that has no ports of its own. */
export interface Guest {
  readonly by: ChosenBy
  /** The name of the server, or what client ids begin with. */
  readonly name: string
  /** Clients that are for no such cluster are turned away. */
  readonly isStrict: boolean
}

type Accept = (wire: Wire) => void

/** How long a client may take for its first request, as it may for a login. */
const undecidedMsMax = 60_000
/** Connections of which it is not known yet who serves them. */
const undecidedMax = 2_000
/** Before the client's name: size, API key, version, correlation id and the name's length. */
const [sizeBytes, nameAt] = [4, 14]

/** See the head of the file. */
export class Entrance {
  readonly #clock: Clock
  readonly #logger: () => Logger
  /** Made with the first connection that has to be told apart. */
  #handshakes: Handshakes | null = null
  #limit: LogLimit | null = null
  /** Those who listen for a virtual cluster, by port. */
  readonly #guests = new Map<Guest, Map<number, Accept>>()
  readonly #ports = new Set<number>()
  readonly #undecided = new Map<Wire, Timer>()

  /** `logger` is there by the time that clients come. */
  constructor(clock: Clock, logger: () => Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** The network of the broker whose entrance this is. */
  around(network: Network): Network {
    return {
      listen: async options => {
        let port = 0
        const accept = (wire: Wire) => this.#came(wire, port, options.accept)
        const bound = await network.listen({ ...options, accept })
        port = bound.port
        this.#ports.add(port)
        return {
          port,
          close: () => {
            this.#ports.delete(port)
            return bound.close()
          },
        }
      },
      connect: (to, signal) => network.connect(to, signal),
    }
  }

  /** The network of a virtual cluster: it listens where the broker does, and gets the clients that are for it. */
  networkOf(guest: Guest, network: Network): Network {
    return {
      listen: async ({ port, accept }) => {
        if (!this.#ports.has(port)) throw systemErrorOf('EADDRNOTAVAIL', `the broker does not listen on port ${port}`)
        const accepts = this.#guests.get(guest) ?? new Map<number, Accept>()
        this.#guests.set(guest, accepts.set(port, accept))
        const close = async () => {
          accepts.delete(port)
          if (accepts.size === 0) this.#guests.delete(guest)
        }
        return { port, close }
      },
      connect: (to, signal) => network.connect(to, signal),
    }
  }

  /** Closes connections of which it is not known yet who serves them. */
  close(): void {
    this.#handshakes?.giveUp()
    for (const [wire, timer] of this.#undecided) {
      timer.cancel()
      wire.destroy()
    }
    this.#undecided.clear()
  }

  #came(wire: Wire, port: number, accept: Accept): void {
    if (this.#guests.size === 0 || wire.remoteAddress === '') accept(wire)
    else if (wire.secure === null) this.#decide(wire, port, accept)
    else {
      this.#handshakes ??= new Handshakes(this.#clock, this.#logger())
      this.#handshakes.begin(wire, wire.secure, `port ${port}`, isSecured => {
        if (isSecured) this.#decide(wire, port, accept)
      })
    }
  }

  /** Hands are shaken, where they have to be. */
  #decide(wire: Wire, port: number, accept: Accept): void {
    const asked = wire.serverName?.toLowerCase()
    const named = this.#acceptOf(port, ({ by, name }) => by === 'serverName' && name.toLowerCase() === asked)
    const peeked = new PeekedWire(wire, true)
    if (named !== undefined) named(peeked)
    else if (![...this.#guests.keys()].some(({ by }) => by === 'clientId')) {
      this.#noneOf(peeked, accept, `the server name '${asked ?? ''}'`)
    } else this.#awaitFirst(peeked, port, accept)
  }

  #awaitFirst(wire: PeekedWire, port: number, accept: Accept): void {
    if (this.#undecided.size >= undecidedMax) {
      this.#refuse(wire, 'too many have not said yet who they are')
      return
    }
    const decided = () => {
      this.#undecided.get(wire)?.cancel()
      this.#undecided.delete(wire)
    }
    const late = () => {
      decided()
      this.#refuse(wire, `no request within ${undecidedMsMax / 1000} s`)
    }
    this.#undecided.set(wire, this.#clock.schedule(undecidedMsMax, late))
    wire.peek({
      gone: decided,
      look: bytes => {
        const clientId = clientIdIn(bytes)
        if (clientId === undefined) return false
        decided()
        const chosen = this.#acceptOf(port, ({ by, name }) => by === 'clientId' && clientId.startsWith(name))
        if (chosen !== undefined) chosen(wire)
        else this.#noneOf(wire, accept, `the client id '${clientId}'`)
        return true
      },
    })
  }

  #noneOf(wire: Wire, accept: Accept, who: string): void {
    const isStrict = [...this.#guests.keys()].some(each => each.isStrict)
    if (isStrict) this.#refuse(wire, `${who} is of no virtual cluster, and others are not served`)
    else accept(wire)
  }

  /** Of several that fit, the one with the longest name. */
  #acceptOf(port: number, fits: (guest: Guest) => boolean): Accept | undefined {
    let found: { readonly guest: Guest; readonly accept: Accept } | undefined
    for (const [guest, accepts] of this.#guests) {
      const accept = accepts.get(port)
      if (accept === undefined || !fits(guest)) continue
      if (found === undefined || guest.name.length > found.guest.name.length) found = { guest, accept }
    }
    return found?.accept
  }

  #refuse(wire: Wire, reason: string): void {
    this.#limit ??= new LogLimit(this.#clock)
    const line = this.#limit.take()
    const client = `${wire.remoteAddress}:${wire.remotePort}`
    if (line !== null) this.#logger().warn('connection refused', { reason, client, ...line })
    wire.destroy()
  }
}

/** What the client of a first request calls itself; undefined where more has to come, '' where it says nothing of it. */
function clientIdIn(bytes: Buffer): string | undefined {
  if (bytes.length < nameAt) return undefined
  const end = nameAt + Math.max(0, bytes.readInt16BE(nameAt - 2))
  // What is no request is for who serves all others.
  if (bytes.readInt32BE(0) + sizeBytes < end) return ''
  return bytes.length < end ? undefined : bytes.toString('utf8', nameAt, end)
}
