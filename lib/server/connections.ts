/** All connections of a server: which are accepted, what they share, and when idle ones are closed. */
import { Alarm } from '../base/alarm.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { Deadlines } from '../base/deadlines.ts'
import { LogLimit } from '../base/log-limit.ts'
import type { Logger } from '../base/logger.ts'
import type { Wire } from '../network/network.ts'
import { Admission, type Arrival } from './admission.ts'
import { Budget } from './budget.ts'
import { Connection, type ConnectionHost } from './connection.ts'
import type { ConnectionInfo } from './connection-info.ts'
import type { FrameBounds } from './frame-reader.ts'
import { Handshakes } from './handshakes.ts'
import { noQuotas, type QuotaKeeping } from './interceptor.ts'
import type { ServerLimits } from './limits.ts'
import type { Listener } from './listener.ts'
import { Login, type LoginRules, loginMsMax } from './login.ts'
import { nativeSend } from './native-send.ts'
import type { Outbox } from './outbox.ts'
import type { Slot } from './replies.ts'
import type { RequestCounts } from './request-counts.ts'
import { Slabs } from './slabs.ts'

/** The shortest request: API key, version and correlation id. */
const requestBytesMin = 8

/**
 * Bytes that all connections together may read in one turn of the event loop; a connection that reads more waits for the next turn. Nothing
 * else bounds requests without an answer (acks=0), and their memory is free only after the turn.
 */
const turnBytesMax = 8 * 1024 * 1024
/** Who has not said who it is. */
const anonymous = 'User:ANONYMOUS'

/** Smaller reads are not counted: it would take very many in one turn. */
const countedBytesMin = 64 * 1024

const outOfDescriptors =
  'this process has hardly any file descriptors left; allow it more (ulimit -n, LimitNOFILE of systemd) or lower max.connections'

/** Serves one request. */
export type Dispatch = (connection: Connection, slot: Slot, buffer: Buffer, start: number, end: number) => void

export class Connections implements ConnectionHost {
  readonly limits: ServerLimits
  readonly bounds: FrameBounds
  readonly slabs: Slabs
  readonly inFlight: Budget
  readonly assembly: Budget
  readonly outbox: Outbox
  readonly counts: RequestCounts
  readonly dispatch: Dispatch
  readonly #all = new Set<Connection>()
  readonly #admission: Admission
  /** Connections delayed by the creation rate. They are counted, but not read yet. */
  readonly #held = new Map<Wire, { readonly arrival: Arrival; readonly timer: Timer }>()
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #logLimit: LogLimit
  readonly #freeDescriptors: () => boolean
  readonly #handshakes: Handshakes
  /** Who is counted, and not a connection yet: those whose handshake is under way. */
  readonly #arriving = new Map<Wire, Arrival>()
  readonly #loginRules: LoginRules | null
  readonly #quotas: QuotaKeeping
  readonly #tellClosed: (info: ConnectionInfo) => void
  readonly #deadlines = new Deadlines<Connection>()
  readonly #alarm: Alarm
  /** Unique in the process, of which several brokers may be a part. */
  static #lastId = 0
  #nowMs = 0
  #askedInCallback = 0
  /** Bytes of large reads in this turn. */
  #turnBytes = 0
  readonly #turnOver = () => {
    this.#turnBytes = 0
  }
  #emptied: (() => void) | null = null
  /** Those that hand on nothing for now; null while all do. */
  #stopped: Set<Connection> | null = null
  #saidBuffersAreSmall = false

  /** `freeDescriptors` gives back those that are kept for speed alone; false where there are none. */
  constructor(
    limits: ServerLimits,
    outbox: Outbox,
    dispatch: Dispatch,
    counts: RequestCounts,
    clock: Clock,
    logger: Logger,
    freeDescriptors: () => boolean,
    loginRules: LoginRules | null = null,
    tellClosed: (info: ConnectionInfo) => void = () => {},
    quotas: QuotaKeeping = noQuotas,
  ) {
    this.#quotas = quotas
    this.#tellClosed = tellClosed
    this.#loginRules = loginRules
    this.limits = limits
    this.outbox = outbox
    this.bounds = {
      frameBytesMin: requestBytesMin,
      get frameBytesMax() {
        return limits.requestBytesMax
      },
    }
    this.dispatch = dispatch
    this.counts = counts
    this.#admission = new Admission(limits)
    this.slabs = new Slabs()
    this.inFlight = new Budget(() => limits.requestBytesInFlightMax)
    this.assembly = new Budget(() => limits.assemblyBytesMax)
    this.#clock = clock
    this.#logger = logger
    this.#logLimit = new LogLimit(clock)
    this.#handshakes = new Handshakes(clock, logger)
    this.#freeDescriptors = freeDescriptors
    this.#alarm = new Alarm(clock, () => this.#expire(), 'monotonicMs')
  }

  get size(): number {
    return this.#all.size
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#all.values()
  }

  /** The time, read once per callback that the outbox knows of. */
  monotonicMs(): number {
    const { callback } = this.outbox
    if (callback === 0 || callback !== this.#askedInCallback) {
      this.#askedInCallback = callback
      this.#nowMs = this.#clock.monotonicMs()
    }
    return this.#nowMs
  }

  immediate(run: () => void): void {
    this.#clock.immediate(run)
  }

  /** Whether a connection may read more in this turn, after it has read so many bytes. */
  mayReadOn(bytes: number): boolean {
    if (bytes < countedBytesMin) return true
    if (this.#turnBytes === 0) this.#clock.immediate(this.#turnOver)
    this.#turnBytes += bytes
    return this.#turnBytes < turnBytesMax
  }

  /** Takes a connection that a listener has accepted, at once or when the creation rate allows, or closes it where there are too many. */
  accept(wire: Wire, listener: Listener): void {
    const arrival = { remoteAddress: wire.remoteAddress, listener: listener.name }
    if (wire.remoteAddress === '' || this.#tooMany(arrival, wire.descriptor)) {
      wire.destroy()
      return
    }
    const throttleMs = this.#quotas.connectionThrottleMs?.(arrival.remoteAddress) ?? 0
    if (throttleMs > 0) {
      // Closed at once, it would come again at once.
      this.#hold(wire, arrival, throttleMs, () => {
        wire.destroy()
        this.#admission.leave(arrival)
      })
      return
    }
    const waitMs = this.#admission.waitMs(arrival, this.#clock.monotonicMs())
    if (waitMs === 0) {
      this.#admit(wire, arrival, listener)
      return
    }
    this.#hold(wire, arrival, waitMs, () => this.#admit(wire, arrival, listener))
  }

  /** Has a connection wait, and then does what is to be done with it where it is still there. */
  #hold(wire: Wire, arrival: Arrival, waitMs: number, run: () => void): void {
    const timer = this.#clock.schedule(waitMs, () => {
      this.#held.delete(wire)
      if (wire.isDestroyed) this.#admission.leave(arrival)
      else run()
    })
    this.#held.set(wire, { arrival, timer })
  }

  /** Secures a connection where its listener does that, and begins to serve it. */
  #admit(wire: Wire, arrival: Arrival, listener: Listener): void {
    if (wire.secure === null) {
      this.#open(wire, listener, anonymous)
      return
    }
    this.#arriving.set(wire, arrival)
    this.#handshakes.begin(wire, wire.secure, listener.name, isSecured => {
      this.#arriving.delete(wire)
      const principal = isSecured ? (listener.tls?.principalOf(wire.peerCertificate) ?? null) : null
      if (principal !== null) this.#open(wire, listener, principal)
      else {
        if (isSecured)
          this.#refuse('no rule fits the name in its certificate', 'ssl.principal.mapping.rules', wire.remoteAddress)
        wire.destroy()
        this.#admission.leave(arrival)
      }
    })
  }

  #open(wire: Wire, listener: Listener, principal: string): void {
    const { remoteAddress, remotePort, localAddress, localPort } = wire
    const info = {
      id: ++Connections.#lastId,
      listener: listener.name,
      securityProtocol: listener.securityProtocol,
      remoteAddress,
      remotePort,
      localAddress,
      localPort,
      clientSoftwareName: 'unknown',
      clientSoftwareVersion: 'unknown',
      principal,
      isByToken: false,
    }
    this.#sizeBuffers(wire)
    const connection = new Connection(wire, info, this, this.#loginOf(info))
    this.#all.add(connection)
    if (this.#stopped !== null) this.#stopOne(connection, this.#stopped)
    this.#rest(connection)
    wire.receive(connection)
  }

  #loginOf(info: ConnectionInfo): Login | null {
    const authentication = this.#loginRules?.begin(info)
    return authentication ? new Login(authentication, this.#loginRules!.requestBytesMax(info), this.bounds) : null
  }

  #sizeBuffers({ descriptor }: Wire): void {
    const { sendBufferBytes, receiveBufferBytes } = this.limits
    const native = sendBufferBytes > 0 || receiveBufferBytes > 0 ? nativeSend() : null
    if (native === null || descriptor < 0) return
    for (const [direction, bytes] of [
      ['send', sendBufferBytes],
      ['receive', receiveBufferBytes],
    ] as const) {
      if (bytes === 0) continue
      native.setBufferBytes(descriptor, direction, bytes)
      const given = native.bufferBytesOf(descriptor, direction)
      if (given < bytes && !this.#saidBuffersAreSmall) {
        this.#saidBuffersAreSmall = true
        const property = `socket.${direction}.buffer.bytes`
        this.#logger.warn('the system keeps less than is set', { property, bytes, given })
      }
    }
  }

  /** Hands on no requests until `handOn`, of connections neither that come meanwhile. */
  handOnNothing(): void {
    if (this.#stopped !== null) return
    this.#stopped = new Set()
    for (const connection of this.#all) this.#stopOne(connection, this.#stopped)
  }

  handOn(): void {
    const stopped = this.#stopped ?? []
    this.#stopped = null
    for (const connection of stopped) connection.release()
  }

  #stopOne(connection: Connection, stopped: Set<Connection>): void {
    stopped.add(connection)
    connection.hold()
  }

  refused({ info }: Connection, reason: string): void {
    const line = this.#logLimit.take()
    const { id, listener, remoteAddress, remotePort, clientSoftwareName } = info
    const client = `${remoteAddress}:${remotePort}`
    if (line)
      this.#logger.warn('connection closed', { reason, client, listener, id, software: clientSoftwareName, ...line })
  }

  closing(connection: Connection): void {
    this.#due(connection, this.#clock.monotonicMs() + this.limits.lingerMsMax)
  }

  closed(connection: Connection): void {
    this.#deadlines.cancel(connection)
    if (!this.#all.delete(connection)) return
    this.#admission.leave(connection.info)
    this.#tellClosed(connection.info)
    if (this.#all.size === 0) this.#emptied?.()
  }

  /** Closes every connection after its open requests are answered; after `msMax`, also those whose requests are not. */
  async finish(msMax: number): Promise<void> {
    for (const [wire, { timer }] of this.#held) {
      timer.cancel()
      wire.destroy()
    }
    this.#held.clear()
    this.#handshakes.giveUp()
    if (this.#all.size > 0) {
      await new Promise<void>(resolve => {
        const timer = this.#clock.schedule(msMax, () => this.#destroyAll())
        this.#emptied = () => {
          timer.cancel()
          resolve()
        }
        for (const connection of this.#all) connection.finish()
      })
    }
    this.#alarm.cancel()
    this.slabs.close()
  }

  /** Answers what was asked by a listener's connections, and closes them. */
  finishOf(listener: string): void {
    for (const connection of this.#all) if (connection.info.listener === listener) connection.finish()
    for (const [wire, { arrival, timer }] of this.#held) {
      if (arrival.listener !== listener) continue
      timer.cancel()
      wire.destroy()
      this.#admission.leave(arrival)
      this.#held.delete(wire)
    }
    this.#handshakes.giveUp(wire => this.#arriving.get(wire)?.listener === listener)
  }

  #destroyAll(): void {
    this.#logger.warn('connections closed before all their requests were answered', { connections: this.#all.size })
    for (const connection of this.#all) connection.destroy()
  }

  #tooMany(arrival: Arrival, descriptor: number): boolean {
    const { remoteAddress } = arrival
    if (descriptor >= this.limits.descriptorMax && !this.#freeDescriptors()) {
      this.#refuse(`${outOfDescriptors}, and files need the rest`, 'descriptors', remoteAddress)
      return true
    }
    const limit = this.#admission.enter(arrival)
    if (limit === null) return false
    this.#refuse('too many', limit, remoteAddress)
    return true
  }

  #refuse(reason: string, limit: string, client: string): void {
    const line = this.#logLimit.take()
    if (line) this.#logger.warn(`connection refused: ${reason}`, { limit, client, ...line })
  }

  /** A listener could not accept. Without descriptors it would try again at once, and for ever. */
  acceptFailed(error: Error, listener: Listener): void {
    const isExhausted = ['EMFILE', 'ENFILE'].includes(String((error as NodeJS.ErrnoException).code))
    if (isExhausted) this.#freeDescriptors()
    const line = this.#logLimit.take()
    const reason = isExhausted ? `: ${outOfDescriptors}` : ''
    if (line) this.#logger.error(`a listener failed${reason}`, { listener: listener.name, error, ...line })
  }

  #rest(connection: Connection): void {
    const idleMs = this.limits.connectionIdleMsMax
    if (connection.login?.isKnown === false) this.#due(connection, connection.openedMs + loginMsMax)
    else if (idleMs >= 0) this.#due(connection, connection.lastActiveMs + idleMs)
  }

  #due(connection: Connection, atMs: number): void {
    this.#deadlines.set(connection, atMs)
    this.#alarm.set(this.#deadlines.nextMs())
  }

  /** Idle deadlines are not moved with each request: a connection that was active meanwhile is given another one here. */
  #expire(): void {
    const now = this.#clock.monotonicMs()
    for (const connection of this.#deadlines.expire(now)) {
      if (connection.isClosing) {
        connection.destroy()
      } else if (connection.login?.isKnown === false) {
        this.refused(connection, `it has not logged in within ${loginMsMax / 1000} s`)
        connection.destroy()
      } else if (
        connection.outstanding > 0 ||
        connection.isHeld ||
        connection.lastActiveMs + this.limits.connectionIdleMsMax > now
      ) {
        if (connection.outstanding > 0 || connection.isHeld) connection.lastActiveMs = now
        this.#rest(connection)
      } else {
        this.#logger.debug('idle connection closed', { id: connection.info.id, client: connection.info.remoteAddress })
        connection.destroy()
      }
    }
    this.#alarm.set(this.#deadlines.nextMs())
  }
}
