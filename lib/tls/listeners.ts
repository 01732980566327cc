/** The listeners that speak TLS: what each shakes hands by, and how that changes while the broker runs. */
import type { Logger } from '../base/logger.ts'
import { scopedName, valueFor } from '../config/scoped.ts'
import type { BrokerSettings } from '../config/settings.ts'
import { ConfigError } from '../config/values.ts'
import type { TlsAccepting } from '../network/network.ts'
import { DerError } from './der.ts'
import { subjectOf } from './distinguished-name.ts'
import { type ListenerSettings, listenerSettings } from './listener-settings.ts'
import type { ReadFile } from './ssl-properties.ts'

export interface TlsListenersOptions {
  readonly config: BrokerSettings
  readonly read: ReadFile
  readonly logger: Logger
}

interface Named {
  readonly name: string
  readonly securityProtocol: string
}

const ofStores = /\.ssl\.(?:keystore|truststore|key)\./

const anonymous = 'User:ANONYMOUS'

/** What the server is given for one listener. */
export class TlsListener {
  readonly named: Named
  current: ListenerSettings

  constructor(named: Named, current: ListenerSettings) {
    this.named = named
    this.current = current
  }

  accepting(): TlsAccepting {
    return this.current.accepting
  }

  /** The principal by the subject of the certificate; null where no rule fits it. */
  principalOf(certificate: Buffer | null): string | null {
    if (certificate === null) return anonymous
    try {
      const name = this.current.rules.nameOf(subjectOf(certificate))
      return name === undefined ? null : `User:${name}`
    } catch (error) {
      if (error instanceof DerError) return null
      throw error
    }
  }
}

/** See the head of the file. */
export class TlsListeners {
  readonly #options: TlsListenersOptions
  readonly #all = new Map<string, TlsListener>()

  constructor(options: TlsListenersOptions) {
    this.#options = options
  }

  /** What secures a listener; undefined where it does not speak TLS. Throws ConfigError. */
  of(named: Named): TlsListener | undefined {
    const key = named.name
    if (!speaksTls(named)) {
      this.#all.delete(key)
      return undefined
    }
    const known = this.#all.get(key)
    if (known?.named.securityProtocol === named.securityProtocol) return known
    const { config, read } = this.#options
    const made = new TlsListener(named, listenerSettings(config, named, read))
    this.#all.set(key, made)
    return made
  }

  /**
   * Throws ConfigError where these listeners cannot have these settings. As in Kafka, only stores are looked at: with other values that nothing can
   * be made of, a listener that is there keeps the ones it has.
   */
  check(next: BrokerSettings, listeners: readonly Named[]): void {
    for (const named of listeners) {
      if (!speaksTls(named)) continue
      const before = this.#all.get(named.name)?.current
      const after = this.#wouldBe(next, named, before)
      if (before !== undefined && before.madeFrom !== after.madeFrom) checkExchange(next, named.name, before, after)
    }
  }

  #wouldBe(next: BrokerSettings, named: Named, before: ListenerSettings | undefined): ListenerSettings {
    try {
      return listenerSettings(next, named, this.#options.read)
    } catch (error) {
      if (before === undefined || !(error instanceof ConfigError) || ofStores.test(error.property)) throw error
      return before
    }
  }

  /**
   * Takes what properties and files say now for connections to come; those that are open are left as they are. Where it cannot be taken, what was
   * before goes on to hold.
   */
  reload(): void {
    const { config, read, logger } = this.#options
    for (const listener of this.#all.values()) {
      const { name } = listener.named
      try {
        const next = listenerSettings(config, listener.named, read)
        if (next.madeFrom === listener.current.madeFrom) continue
        listener.current = next
        logger.info('keys or rules of a listener exchanged', { listener: name, subject: next.names.subject })
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        logger.error('a listener keeps its keys and rules, as the new ones cannot be used', {
          listener: name,
          reason: error.message,
        })
      }
    }
  }
}

/** Whether connections of a listener are encrypted. */
export function speaksTls({ securityProtocol }: { readonly securityProtocol: string }): boolean {
  return securityProtocol === 'SSL' || securityProtocol === 'SASL_SSL'
}

/** Clients that checked the old certificate must be able to check the new one by the same names. */
function checkExchange(
  config: BrokerSettings,
  listener: string,
  before: ListenerSettings,
  after: ListenerSettings,
): void {
  const refuse = (property: string, what: string) => {
    throw new ConfigError(scopedName(listener, property), `listener ${listener}: ${what}`)
  }
  const [was, is] = [before.names, after.names]
  if (was.subject !== is.subject && !valueFor(config, listener, 'ssl.allow.dn.changes')) {
    refuse(
      'ssl.keystore.location',
      `the new certificate is of ${is.subject}, the one in use of ${was.subject}; set ssl.allow.dn.changes=true to allow that`,
    )
  }
  if (was.alternatives !== is.alternatives && !valueFor(config, listener, 'ssl.allow.san.changes')) {
    refuse(
      'ssl.keystore.location',
      `the new certificate has the alternative names '${is.alternatives}', the one in use '${was.alternatives}'; set ssl.allow.san.changes=true to allow that`,
    )
  }
  if (before.hasTrustStore !== after.hasTrustStore) {
    refuse(
      'ssl.truststore.location',
      `a trust store cannot be ${after.hasTrustStore ? 'added to' : 'taken from'} a listener while it is open; restart the broker`,
    )
  }
}
