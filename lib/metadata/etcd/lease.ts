/** Leases of etcd: granted, kept alive on the wire clock, and revoked; a session is one whose holder stops in time. */
import type { Clock, Timer } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Session } from '../store.ts'
import { EtcdSilence, isLeaseGone } from './faults.ts'
import type { Gateway } from './gateway.ts'
import { insist } from './insist.ts'
import type { Header } from './messages.ts'

interface GrantResponse {
  readonly header?: Header
  readonly ID?: string
}

interface KeepAliveResponse {
  readonly header?: Header
  readonly result?: { readonly TTL?: string }
  readonly error?: unknown
}

/** Keep-alives that go to a lease before it runs out. */
const roundsPerLease = 3
const callMaxMs = 3_000

/** A lease of at least this long, which etcd counts in seconds. */
export async function grantLease(gateway: Gateway, ttlMs: number, clock: Clock, withinMs: number): Promise<string> {
  const ttl = String(Math.max(1, Math.ceil(ttlMs / 1_000)))
  const grant = () => gateway.call<GrantResponse>('/v3/lease/grant', { TTL: ttl }, callMaxMs)
  const { ID } = await insist(grant, clock, withinMs)
  if (typeof ID !== 'string') throw new EtcdSilence('an answer names no lease')
  return ID
}

/** False where the lease has run out. */
export async function keepAlive(gateway: Gateway, id: string, timeoutMs: number): Promise<boolean> {
  const { result } = await gateway.call<KeepAliveResponse>('/v3/lease/keepalive', { ID: id }, timeoutMs)
  return Number(result?.TTL ?? 0) > 0
}

/** The keys of the lease go. Resolves also where etcd cannot be told: the lease runs out then. */
export async function revokeLease(gateway: Gateway, id: string, clock: Clock, withinMs: number): Promise<void> {
  const revoke = () => gateway.call('/v3/lease/revoke', { ID: id }, Math.min(callMaxMs, withinMs))
  await insist(revoke, clock, withinMs).catch(() => undefined)
}

export interface EtcdSessionOptions {
  readonly id: string
  readonly ttlMs: number
  /** When the lease was asked for. */
  readonly grantedAtMs: number
  readonly gateway: Gateway
  /**
   * Writes something, and resolves once this store object's watches have been told, with the time at which it was sent. A lease may be
   * kept alive by a member that is cut off from the others, and a watch may stand still.
   */
  readonly prove: () => Promise<number>
  readonly clock: Clock
  readonly logger: Logger
}

export class EtcdSession implements Session {
  readonly id: string
  readonly #options: EtcdSessionOptions
  readonly #listeners: (() => void)[] = []
  /** When the last keep-alive that was answered was sent, and the last write that was seen. */
  #keptAtMs: number
  #provenAtMs: number
  #ended = false
  #round: Timer | null = null
  #end: Timer | null = null

  constructor(options: EtcdSessionOptions) {
    this.#options = options
    this.id = options.id
    this.#keptAtMs = options.grantedAtMs
    this.#provenAtMs = options.grantedAtMs
    this.#scheduleRound()
    this.#scheduleEnd()
  }

  get ended(): boolean {
    if (!this.#ended && this.#options.clock.monotonicMs() >= this.#endsAtMs) this.#lose('it was not kept alive in time')
    return this.#ended
  }

  onEnd(listener: () => void): void {
    if (this.#ended) listener()
    else this.#listeners.push(listener)
  }

  async close(): Promise<void> {
    if (this.#ended) return
    this.#stop()
    const { gateway, clock, ttlMs } = this.#options
    await revokeLease(gateway, this.id, clock, Math.min(callMaxMs, ttlMs))
    this.#tell()
  }

  /** Etcd says that the lease is gone. */
  lost(): void {
    if (!this.#ended) this.#lose('etcd does not know its lease any more')
  }

  get #endsAtMs(): number {
    return Math.min(this.#keptAtMs, this.#provenAtMs) + this.#options.ttlMs
  }

  #scheduleRound(): void {
    const { clock, ttlMs } = this.#options
    this.#round = clock.schedule(ttlMs / roundsPerLease, () => {
      this.#scheduleRound()
      void this.#keepAlive()
      void this.#prove()
    })
  }

  /** Whoever looks at `ended` may come first. A process that was held up reads first what was answered meanwhile. */
  #scheduleEnd(): void {
    const { clock } = this.#options
    this.#end = clock.schedule(this.#endsAtMs - clock.monotonicMs(), () => {
      clock.immediate(() => {
        if (!this.ended) this.#scheduleEnd()
      })
    })
  }

  async #keepAlive(): Promise<void> {
    const { gateway, clock, ttlMs } = this.#options
    const roundMs = ttlMs / roundsPerLease
    try {
      const { alive, sentAtMs } = await insist(
        async () => {
          const sentAtMs = clock.monotonicMs()
          return { alive: await keepAlive(gateway, this.id, Math.min(callMaxMs, roundMs)), sentAtMs }
        },
        clock,
        roundMs,
        () => this.#ended,
      )
      if (this.#ended) return
      if (alive) this.#keptAtMs = Math.max(this.#keptAtMs, sentAtMs)
      else this.lost()
    } catch (error) {
      if (isLeaseGone(error)) this.lost()
      else this.#options.logger.debug('a keep-alive was not answered', { reason: (error as Error).message })
    }
  }

  async #prove(): Promise<void> {
    try {
      this.#provenAtMs = Math.max(this.#provenAtMs, await this.#options.prove())
    } catch (error) {
      this.#options.logger.debug('a write was not seen on the watch', { reason: (error as Error).message })
    }
  }

  #lose(reason: string): void {
    const { gateway, clock, logger, ttlMs } = this.#options
    this.#stop()
    logger.warn('the session with etcd has ended', { lease: this.id, reason })
    // Its keys would stay until etcd thinks so too.
    void revokeLease(gateway, this.id, clock, ttlMs)
    clock.immediate(() => this.#tell())
  }

  #stop(): void {
    this.#ended = true
    this.#round?.cancel()
    this.#end?.cancel()
  }

  #tell(): void {
    for (const listener of this.#listeners.splice(0)) listener()
  }
}
