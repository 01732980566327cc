/** Takes away delegation tokens that are good no more, now and then: the controller does, as long as there are tokens. */
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { planSweep } from '../cluster/tokens.ts'
import type { Cluster } from './cluster.ts'
import { StoreClosed } from './store.ts'

export interface TokenExpiryOptions {
  readonly cluster: Pick<Cluster, 'image' | 'changeBy' | 'onChange'>
  readonly nodeId: number
  readonly clock: Clock
  /** `delegation.token.expiry.check.interval.ms` */
  readonly intervalMs: number
  readonly logger: Logger
}

export class TokenExpiry {
  readonly #options: TokenExpiryOptions
  readonly #stopListening: () => void
  #timer: Timer | null = null
  #sweep: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: TokenExpiryOptions) {
    this.#options = options
    this.#stopListening = options.cluster.onChange(() => this.#wake())
    this.#wake()
  }

  close(): void {
    this.#closed = true
    this.#stopListening()
    this.#timer?.cancel()
  }

  /** Resolves once what was due is done. */
  settled(): Promise<void> {
    return this.#sweep
  }

  #wake(): void {
    const { cluster, clock, intervalMs } = this.#options
    if (this.#closed || this.#timer !== null || cluster.image.tokens.size === 0) return
    this.#timer = clock.schedule(intervalMs, () => {
      this.#sweep = this.#look().finally(() => {
        this.#timer = null
        this.#wake()
      })
    })
  }

  async #look(): Promise<void> {
    const { cluster, nodeId, clock, logger } = this.#options
    if (cluster.image.controllerId !== nodeId || planSweep(cluster.image.tokens, clock.now()).result === 0) return
    try {
      const count = await cluster.changeBy(({ tokens }) => planSweep(tokens, clock.now()))
      logger.info('delegation tokens have expired', { count })
    } catch (error) {
      if (!(error instanceof StoreClosed))
        logger.warn('delegation tokens that have expired could not be taken away', { error })
    }
  }
}
