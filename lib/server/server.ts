/** The network side of a broker: listens, receives requests, has them handled, and sends the answers in order. */
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Network } from '../network/network.ts'
import type { ConnectionInfo } from './connection-info.ts'
import { Connections } from './connections.ts'
import { Dispatcher } from './dispatcher.ts'
import { defaultErrorRules, type ErrorRules } from './error-rules.ts'
import { Gate } from './gate.ts'
import type { HandlerTable, MakeContext } from './handler-row.ts'
import { type Interceptor, noQuotas, type QuotaKeeping } from './interceptor.ts'
import { defaultLimits, type ServerLimits } from './limits.ts'
import { type BoundListener, type Listener, type Listening, listen } from './listener.ts'
import type { LoginRules } from './login.ts'
import { loadNativeSend } from './native-send.ts'
import { Outbox } from './outbox.ts'
import { RequestCounts } from './request-counts.ts'

export type { ConnectionInfo } from './connection-info.ts'
export type { ErrorRules } from './error-rules.ts'
export type { Answer, Exchange, HandlerRow, HandlerTable, MakeContext, Refusal } from './handler-row.ts'
export type { Aftermath, CallInfo, Interceptor, Question, QuotaKeeping, Verdict } from './interceptor.ts'
export { noQuotas } from './interceptor.ts'
export type { ServerLimits } from './limits.ts'
export type { BoundListener, Listener, ListenerTls } from './listener.ts'
export type { LoginRules } from './login.ts'
export { Outbox } from './outbox.ts'

export interface ServerOptions<Context> {
  readonly listeners: readonly Listener[]
  readonly handlers: HandlerTable<Context>
  readonly makeContext: MakeContext<Context>
  /** Missing ones are Kafka's defaults, or ours where Kafka has none. */
  readonly limits?: Partial<ServerLimits>
  readonly clock: Clock
  readonly logger: Logger
  /** What is done about errors that handlers throw. By default a KafkaError is answered, and any other error ends the process. */
  readonly errors?: Partial<ErrorRules>
  /** Sends the answers; handed in by a caller that gives answers within callbacks of its own. */
  readonly outbox?: Outbox
  readonly network: Network
  /** Interceptors around every request; read for each, so that the list may change. */
  readonly interceptors?: readonly Interceptor[]
  /** What holds clients to quotas; read for each request and connection. */
  readonly quotas?: QuotaKeeping
  /** Gives back descriptors that are kept for speed alone; false where there are none. */
  readonly freeDescriptors?: () => boolean
  /** What clients have to say of themselves; without it, nothing. */
  readonly logins?: LoginRules
}

export class Server<Context> {
  readonly #options: ServerOptions<Context>
  readonly #limits: ServerLimits
  readonly #logger: Logger
  readonly #connections: Connections
  readonly counts: RequestCounts
  #listening: Listening[] = []
  #isStopped = false

  constructor(options: ServerOptions<Context>) {
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#logger = options.logger.child('server')
    const rules = { ...defaultErrorRules, ...options.errors }
    const { handlers, makeContext, interceptors = [], quotas = noQuotas, clock } = options
    const gate = options.logins === undefined ? null : new Gate(handlers, options.logins, clock)
    this.counts = new RequestCounts(clock)
    const dispatcher = new Dispatcher(
      handlers,
      makeContext,
      rules,
      interceptors,
      this.counts,
      clock,
      this.#logger,
      gate,
      quotas,
    )
    this.#connections = new Connections(
      this.#limits,
      options.outbox ?? new Outbox(),
      (connection, slot, buffer, start, end) => dispatcher.dispatch(connection, slot, buffer, start, end),
      this.counts,
      options.clock,
      this.#logger,
      options.freeDescriptors ?? (() => false),
      options.logins ?? null,
      connection => {
        for (const each of interceptors) each.closed?.(connection)
      },
      quotas,
    )
  }

  /** Binds every listener, or none: rejects with an error that says what to do. */
  async start(): Promise<BoundListener[]> {
    // The first connection would come before it.
    if (this.#limits.sendBufferBytes > 0 || this.#limits.receiveBufferBytes > 0) await loadNativeSend()
    try {
      for (const listener of this.#options.listeners) this.#listening.push(await this.#listen(listener))
    } catch (error) {
      await this.#unlisten()
      throw error
    }
    return this.#listening.map(({ bound }) => bound)
  }

  /**
   * Listens on these and no others. A listener whose address or protocol changed is closed with its connections and opened anew. One
   * that cannot be bound is logged and left out. Gives those that are bound. Calls must not overlap.
   */
  async listenOn(listeners: readonly Listener[]): Promise<BoundListener[]> {
    const gone = this.#listening.filter(({ asked }) => !listeners.some(each => isSame(each, asked)))
    this.#listening = this.#listening.filter(listening => !gone.includes(listening))
    for (const listening of gone) {
      const { name, port } = listening.bound
      void listening.close()
      this.#connections.finishOf(name)
      this.#logger.info('listener closed', { listener: name, port })
    }
    for (const listener of listeners) {
      if (this.#isStopped || this.#listening.some(({ asked }) => isSame(asked, listener))) continue
      try {
        await this.#add(listener)
      } catch (error) {
        this.#logger.error('listener not opened', { listener: listener.name, error })
      }
    }
    return this.#listening.map(({ bound }) => bound)
  }

  async #add(listener: Listener): Promise<void> {
    const listening = await this.#listen(listener)
    if (this.#isStopped) {
      await listening.close()
      return
    }
    this.#listening.push(listening)
    this.#logger.info('listener opened', { listener: listener.name, port: listening.bound.port })
  }

  /** Takes no more connections or requests, answers those in flight (for at most `msMax`), and closes everything. */
  async stop(msMax = this.#limits.stopMsMax): Promise<void> {
    this.#isStopped = true
    const unlistened = this.#unlisten()
    await this.#connections.finish(msMax)
    await unlistened
  }

  /** How many connections are open, by listener. */
  connectionsByListener(): ReadonlyMap<string, number> {
    const counts = new Map(this.#listening.map(({ bound }) => [bound.name, 0]))
    for (const { info } of this.#connections) counts.set(info.listener, (counts.get(info.listener) ?? 0) + 1)
    return counts
  }

  /** Hands on no requests until `handOn`; those that were handed on are still answered. */
  handOnNothing(): void {
    this.#connections.handOnNothing()
  }

  handOn(): void {
    this.#connections.handOn()
  }

  /** Connections of which something was received and not handed on. */
  unread(): ConnectionInfo[] {
    return [...this.#connections].filter(({ hasUnread }) => hasUnread).map(({ info }) => info)
  }

  /** Closes connections at once, those of which the predicate says so; it is told how many requests are unanswered. */
  closeWhere(predicate: (connection: ConnectionInfo, outstanding: number) => boolean): void {
    for (const connection of [...this.#connections])
      if (predicate(connection.info, connection.outstanding)) connection.destroy()
  }

  /** Who is connected. */
  clients(): ConnectionInfo[] {
    return [...this.#connections].filter(({ isClosing }) => !isClosing).map(({ info }) => info)
  }

  /** Unanswered requests. */
  get outstanding(): number {
    let sum = 0
    for (const connection of this.#connections) sum += connection.outstanding
    return sum
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#connections.size
  }

  /** See `QuotaKeeping`. */
  get heldMs(): ReadonlyMap<string, number> {
    return (this.#options.quotas ?? noQuotas).heldMs
  }

  /** Bytes of unanswered requests. */
  get requestBytesInFlight(): number {
    return this.#connections.inFlight.taken
  }

  /** Bytes of large requests that are received only in part. */
  get requestBytesAssembled(): number {
    return this.#connections.assembly.taken
  }

  /** Changes limits while the server runs; they take effect with the next connection, request or idle period. */
  updateLimits(limits: Partial<ServerLimits>): void {
    Object.assign(this.#limits, limits)
  }

  #listen(listener: Listener): Promise<Listening> {
    return listen(
      this.#options.network,
      listener,
      this.#limits.listenBacklog,
      wire => this.#connections.accept(wire, listener),
      error => this.#connections.acceptFailed(error, listener),
    )
  }

  async #unlisten(): Promise<void> {
    const closing = this.#listening.map(listening => listening.close())
    this.#listening = []
    await Promise.all(closing)
  }
}

function isSame(a: Listener, b: Listener): boolean {
  return a.name === b.name && a.securityProtocol === b.securityProtocol && a.host === b.host && a.port === b.port
}
