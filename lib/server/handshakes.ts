/** Handshakes under way: each has a time, all together a number, and one that fails is told in a line. */
import { Alarm } from '../base/alarm.ts'
import type { Clock } from '../base/clock.ts'
import { Deadlines } from '../base/deadlines.ts'
import { LogLimit } from '../base/log-limit.ts'
import type { Logger } from '../base/logger.ts'
import type { Wire } from '../network/network.ts'

/** What `secure` of a wire is. */
type Secure = NonNullable<Wire['secure']>

/** How long a handshake may take; a client far away takes a second or two. */
const handshakeMsMax = 30_000

/** Handshakes that may be under way. Each keeps some 50 KB; beyond it, the one that has waited longest is given up, as that is hardly a client. */
const handshakesMax = 2_000

export class Handshakes {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #logLimit: LogLimit
  readonly #under = new Map<Wire, (reason: string, isTold?: boolean) => void>()
  readonly #deadlines = new Deadlines<Wire>()
  readonly #alarm: Alarm

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
    this.#logLimit = new LogLimit(clock)
    this.#alarm = new Alarm(clock, () => this.#expire(), 'monotonicMs')
  }

  /** Handshakes under way. */
  get size(): number {
    return this.#under.size
  }

  /** Secures a wire, and tells whether that came about; otherwise the wire is closed. */
  begin(wire: Wire, secure: Secure, listener: string, ended: (isSecured: boolean) => void): void {
    if (this.#under.size >= handshakesMax) this.#giveUpOldest()
    const over = (reason: string | null, isTold = true) => {
      if (!this.#under.delete(wire)) return
      this.#deadlines.cancel(wire)
      if (this.#deadlines.size === 0) this.#alarm.cancel()
      if (reason !== null) {
        if (isTold) this.#failed(wire, listener, reason)
        wire.destroy()
      }
      ended(reason === null)
    }
    this.#under.set(wire, over)
    this.#deadlines.set(wire, this.#clock.monotonicMs() + handshakeMsMax)
    this.#alarm.set(this.#deadlines.nextMs())
    secure(failure => over(failure === null ? null : failure.message))
  }

  /** Gives up those that `chosen` picks, without a word. */
  giveUp(chosen: (wire: Wire) => boolean = () => true): void {
    for (const [wire, over] of this.#under) if (chosen(wire)) over('', false)
  }

  #giveUpOldest(): void {
    for (const [, over] of this.#under) {
      over(`${handshakesMax} handshakes are under way, and this one has waited longest`)
      return
    }
  }

  #expire(): void {
    for (const wire of this.#deadlines.expire(this.#clock.monotonicMs())) {
      this.#under.get(wire)?.(
        `no handshake within ${handshakeMsMax} ms: the client may speak PLAINTEXT and wait for an answer, or be a port scan`,
      )
    }
    this.#alarm.set(this.#deadlines.nextMs())
  }

  #failed({ remoteAddress, remotePort }: Wire, listener: string, reason: string): void {
    const line = this.#logLimit.take()
    if (line === null) return
    this.#logger.warn('handshake failed', { reason, client: `${remoteAddress}:${remotePort}`, listener, ...line })
  }
}
