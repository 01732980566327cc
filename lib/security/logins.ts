/** Everybody's logins: begins them by the settings of the listener, and keeps figures and log lines of how they ended. */
import type { Clock } from '../base/clock.ts'
import { LogLimit } from '../base/log-limit.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { BrokerSettings } from '../config/settings.ts'
import { ConfigError } from '../config/values.ts'
import { Authentication } from './authentication.ts'
import { asksForLogin, SaslListener } from './sasl-listeners.ts'
import type { ScramHost } from './scram-exchange.ts'

export interface LoginsOptions {
  readonly config: BrokerSettings
  readonly random: Random
  /** What is kept of a user's password; undefined where there is nothing. */
  readonly credentialOf: ScramHost['credentialOf']
  /** Delegation tokens by which clients may log in as well. */
  readonly tokenOf: ScramHost['tokenOf']
  readonly clock: Clock
  readonly logger: Logger
}

/** Bytes of which nobody guesses the next. */
const nonceBytes = 24

/** What is logged of whom a client says to be. */
const userLettersMax = 64

interface Client {
  readonly listener: string
  readonly securityProtocol: string
  readonly remoteAddress: string
  readonly remotePort: number
}

interface Count {
  readonly listener: string
  readonly mechanism: string
  succeeded: number
  failed: number
}

export class Logins {
  readonly #config: BrokerSettings
  readonly #random: Random
  readonly #scram: ScramHost
  readonly #logger: Logger
  readonly #limit: LogLimit
  #listeners = new Map<string, SaslListener>()
  readonly #counts = new Map<string, Count>()

  constructor({ config, random, credentialOf, tokenOf, clock, logger }: LoginsOptions) {
    this.#config = config
    this.#random = random
    this.#scram = {
      credentialOf,
      tokenOf,
      nonce: () => random.bytes(nonceBytes).toString('base64url'),
      disguise: random.bytes(nonceBytes),
    }
    this.#logger = logger
    this.#limit = new LogLimit(clock)
  }

  /** Reads the settings of listeners; resolves once all of their users can log in. Throws ConfigError where nobody could. */
  async use(listeners: readonly { readonly name: string; readonly securityProtocol: string }[]): Promise<void> {
    const asking = listeners.filter(({ securityProtocol }) => asksForLogin(securityProtocol))
    const settings = asking.map(({ name }) => [name, new SaslListener(name, this.#config, this.#scram)] as const)
    for (const [, listener] of settings) await listener.prepare(() => this.#random.bytes(nonceBytes))
    this.#listeners = new Map(settings)
  }

  /** The same after a change of settings: where they are not good, those from before go on, and a line says so. */
  async useAnew(listeners: readonly { readonly name: string; readonly securityProtocol: string }[]): Promise<void> {
    try {
      await this.use(listeners)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      this.#logger.error('the settings of logins stay as they were', { error })
    }
  }

  /** Null where the listener does not ask. */
  begin({ listener, securityProtocol }: Client): Authentication | null {
    if (!asksForLogin(securityProtocol)) return null
    return new Authentication(this.#listeners.get(listener) ?? nobody)
  }

  requestBytesMax(): number {
    return this.#config.get('sasl.server.max.receive.size')
  }

  refusalDelayMs(): number {
    return this.#config.get('connection.failed.authentication.delay.ms')
  }

  succeeded({ listener }: Client, { mechanism }: Authentication): void {
    this.#count(listener, mechanism).succeeded++
  }

  failed(client: Client, { mechanism, user }: Authentication, reason: string | null): void {
    const { listener, remoteAddress, remotePort } = client
    this.#count(listener, mechanism).failed++
    const line = reason === null ? null : this.#limit.take()
    if (!line) return
    this.#logger.info('login failed', {
      listener,
      mechanism: mechanism ?? undefined,
      client: `${remoteAddress}:${remotePort}`,
      user: user?.slice(0, userLettersMax),
      reason,
      ...line,
    })
  }

  /** How many logins have ended well and badly, by listener and mechanism; '' for those that have chosen none. */
  *counts(): Iterable<Readonly<Count>> {
    yield* this.#counts.values()
  }

  #count(listener: string, mechanism: string | null): Count {
    const key = `${listener}/${mechanism ?? ''}`
    let count = this.#counts.get(key)
    if (count === undefined) {
      count = { listener, mechanism: mechanism ?? '', succeeded: 0, failed: 0 }
      this.#counts.set(key, count)
    }
    return count
  }
}

/** For a listener that is being closed. */
const nobody = {
  mechanisms: [],
  begin: () => {
    throw new Error('there is no mechanism to begin')
  },
  sessionMsOf: () => 0,
}
